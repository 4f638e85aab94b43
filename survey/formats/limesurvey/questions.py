"""LimeSurvey's questions, type by type, as items of ours."""

import math
import re
from typing import Any

import msgspec

from survey.formats.foreign import Unconvertible, all_conditions, joined_wording
from survey.formats.limesurvey import expressions
from survey.formats.limesurvey.outline import learn, options_by_code, other_option_name
from survey.formats.limesurvey.records import LimesurveyQuestion, to_options
from survey.surveys.instruments import AnyPart, Option, Wording

NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,9})?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
FREE = "any answer of its type may be given"


def validation_fields(question: LimesurveyQuestion, *, single: bool = True) -> dict[str, Any]:
    """The constraint and message of a question, from its pattern and validation equations."""
    conditions = [pattern_condition(question)]
    here = expressions.LimesurveyVariable(".", options_by_code(question))
    own = {"this": here, "self": here, question.code: here}
    for name in ("em_validation_q", "em_validation_sq"):
        written = question.setting(name)
        # It compares several answers, and a rule here is about one.
        if written and not single and name == "em_validation_q":
            question.leave(f"{name} = {written}", f"it is about several answers; {FREE}")
        elif written:
            conditions.append(question.expression(written, name, FREE, own))
    tips = question.words("em_validation_q_tip") or question.words("em_validation_sq_tip")
    constraint = all_conditions(*conditions)
    if not constraint:
        return {}
    return {"constraint": constraint, "constraint_message": question.wording(tips)}


def pattern_condition(question: LimesurveyQuestion) -> str:
    written = question.row.get("preg", "")
    if not written:
        return ""
    try:
        return f"regex(., {expressions.xpath_literal(expressions.whole_pattern(written))})"
    except Unconvertible as wrong:
        question.leave(f"the pattern {written}", f"{wrong}; {FREE}")
        return ""


def limit_or_condition(
    question: LimesurveyQuestion, sign: str, name: str
) -> tuple[float | None, str]:
    """A limit as a number; if it is an expression, as a condition."""
    written = question.setting(name)
    if not written:
        return None, ""
    if NUMBER.fullmatch(written):
        return float(written), ""
    limit = question.expression(written, name, FREE, test=False)
    return None, f". {sign} ({limit})" if limit else ""


def fixed_limit(question: LimesurveyQuestion, name: str) -> float | None:
    """A limit that has to be a number; None, with a line in the report, if it is not."""
    written = question.setting(name)
    if NUMBER.fullmatch(written):
        return float(written)
    if written:
        question.leave(f"{name} = {written}", f"it is not a number; {FREE}")
    return None


def number_fields(question: LimesurveyQuestion, rules: dict[str, Any]) -> dict[str, Any]:
    """The fields of a number question: integer or decimal, and its limits."""
    least, from_least = limit_or_condition(question, ">=", "min_num_value_n")
    most, to_most = limit_or_condition(question, "<=", "max_num_value_n")
    limits = all_conditions(from_least, to_most, rules.get("constraint", ""))
    fields: dict[str, Any] = rules | ({"constraint": limits} if limits else {})
    if question.is_on("num_value_int_only"):
        ends = {
            # Rounded inwards: from 0.5 on means from 1 on where only whole numbers may be given.
            "least": None if least is None else math.ceil(least),
            "most": None if most is None else math.floor(most),
        }
        return fields | {"type": "whole"} | ends
    return fields | {"type": "decimal", "least": least, "most": most}


def text_fields(question: LimesurveyQuestion, *, long: bool) -> dict[str, Any]:
    most = question.whole("maximum_chars")
    return {"type": "text", "long": long} | ({"most": most} if most and most > 0 else {})


def choice_count_fields(question: LimesurveyQuestion, options: int) -> dict[str, Any]:
    """The fields for how many options may be chosen, and which one excludes all others."""
    conditions: list[str] = []
    least, from_least = limit_or_condition(question, ">=", "min_answers")
    most, to_most = limit_or_condition(question, "<=", "max_answers")
    if least and least > 0:
        conditions.append(f"count-selected(.) >= {int(least)}")
    # Only the first '.' is the answer; any other belongs to the expression of the limit.
    conditions += [
        limit.replace(".", "count-selected(.)", 1) for limit in (from_least, to_most) if limit
    ]
    alone = [
        answer_code
        for answer_code in re.split(r"[;,\s]+", question.setting("exclude_all_others"))
        if answer_code
    ]
    names = {sub.code: sub.name for sub in question.subs}
    for code in alone:
        if code in names:
            chosen = f"selected(., {expressions.xpath_literal(names[code])})"
            conditions.append(f"not({chosen}) or count-selected(.) = 1")
        else:
            question.leave(f"exclude_all_others = {code}", "there is no such answer")
    # A limit that allows every option limits nothing.
    fixed = {"most": int(most)} if most and 0 < most < options else {}
    return fixed | ({"constraint": all_conditions(*conditions)} if conditions else {})


PICTURES = frozenset({"png", "jpg", "jpeg", "gif", "webp", "heic"})
PartList = list[AnyPart]


def to_part(**fields: Any) -> AnyPart:
    """The survey part with these fields; an empty field is left out, so that its type's default
    holds.
    """
    filled = {
        key: value
        for key, value in fields.items()
        # None means no limit, where leaving it out would mean 0 and a million.
        if key in ("least", "most") or not (value is None or value in ("", {}))
    }
    return msgspec.convert(filled, AnyPart)  # type: ignore[no-any-return]


def shared_fields(question: LimesurveyQuestion) -> dict[str, Any]:
    """The fields that every question has."""
    if question.row.get("mandatory") == "S":
        question.leave(
            "mandatory = S", "people are asked again for an answer, but need not give one"
        )
    return {
        "name": question.name,
        "text": question.text,
        "hint": question.hint,
        "required": question.row.get("mandatory") == "Y",
        "relevant": question.relevant(),
    }


def extra_text(
    question: LimesurveyQuestion,
    ending: str,
    relevant: str,
    words: Wording,
) -> AnyPart:
    """The text field next to an option or question, as a question of its own."""
    figures = ending == "other" and question.is_on("other_numbers_only")
    kind: dict[str, Any] = (
        {"type": "decimal", "least": None, "most": None}
        if figures
        else text_fields(question, long=False)
    )
    required = ending == "other" and (
        question.is_on("other_comment_mandatory") or question.row.get("type") in ("M", "P")
    )
    return to_part(
        **kind,
        name=question.names[ending],
        text=words,
        relevant=relevant,
        required=required,
        default=question.default(special=ending),
    )


def other_wording(question: LimesurveyQuestion) -> Wording:
    return question.wording(question.words("other_replace_text")) or question.english("Other")


def select_one_parts(question: LimesurveyQuestion) -> PartList:
    options, fields = to_options(question.answers), shared_fields(question)
    more: PartList = []
    if question.other and question.row["type"] in ("L", "!"):
        words, name = other_wording(question), other_option_name(question)
        options += (Option(name, words),)
        chosen = f"${{{question.name}}} = '{name}'"
        more.append(extra_text(question, "other", chosen, words))
    if question.row["type"] == "O":
        comment = question.english("Comment")
        more.append(extra_text(question, "comment", fields["relevant"], comment))
    if len(options) == 1:
        return [consent_part(question, fields, options[0]), *more]
    codes = {answer.code: answer.option for answer in question.answers}
    default = question.default()
    dropped = "minimal" if question.row["type"] == "!" else ""
    rules = validation_fields(question)
    return [
        to_part(
            type="choice",
            **fields,
            **rules,
            options=options,
            appearance=dropped,
            default=codes.get(default, ""),
        ),
        *more,
    ]


def consent_part(question: LimesurveyQuestion, fields: dict[str, Any], option: Option) -> AnyPart:
    question.leave("its only answer", "it is one box to tick here")
    return to_part(type="consent", **fields | {"text": joined_wording(fields["text"], option.text)})


def select_multiple_parts(question: LimesurveyQuestion) -> PartList:
    options = [Option(sub.name, sub.text) for sub in question.subs]
    fields, more = shared_fields(question), []
    for sub in question.subs:
        if sub.relevant():
            sub.leave(f"relevance = {sub.row['relevance']}", "it is offered to everyone")
        if question.row["type"] == "P":
            sub.leave("the comment next to it", "options have no text field here")
    if question.other:
        words, name = other_wording(question), other_option_name(question)
        options.append(Option(name, words))
        chosen = f"selected(${{{question.name}}}, '{name}')"
        more.append(extra_text(question, "other", chosen, words))
    if len(options) == 1:
        return [consent_part(question, fields, options[0])]
    defaults = [sub.name for sub in question.subs if question.default(sub.id) == "Y"]
    rules = validation_fields(question, single=False)
    rules |= choice_count_fields(question, len(options))
    return [
        to_part(
            type="choices", **fields, **rules, options=tuple(options), default=" ".join(defaults)
        ),
        *more,
    ]


def rank_parts(question: LimesurveyQuestion) -> PartList:
    options, fields = to_options(question.answers), shared_fields(question)
    for name in ("min_answers", "max_answers"):
        if limit := question.setting(name):
            question.leave(f"{name} = {limit}", "every answer is put in order here")
    return [to_part(type="rank", **fields, options=options)]


def five_point_parts(question: LimesurveyQuestion) -> PartList:
    fields = shared_fields(question)
    return [to_part(type="scale", **fields, **validation_fields(question), low=1, high=5)]


def number_parts(question: LimesurveyQuestion) -> PartList:
    fields, rules = shared_fields(question), validation_fields(question)
    return [to_part(**fields, **number_fields(question, rules), default=question.default())]


def text_parts(question: LimesurveyQuestion) -> PartList:
    fields, rules = shared_fields(question), validation_fields(question)
    long = question.row["type"] != "S"
    kind = text_fields(question, long=long) | rules
    if question.is_on("numbers_only"):
        kind = number_fields(question, rules)
    return [to_part(**fields, **kind, default=question.default())]


def date_parts(question: LimesurveyQuestion) -> PartList:
    shape = question.setting("date_format")
    clock = "H" in shape
    kind = "date" if not clock else "moment" if any(part in shape for part in "dy") else "time"
    fields, rules = shared_fields(question), validation_fields(question)
    limits = []
    for name, sign, edge in (("date_min", ">=", "-01-01"), ("date_max", "<=", "-12-31")):
        written = question.setting(name)
        day = written + edge if re.fullmatch(r"[0-9]{4}", written) else written[:10]
        if DAY.fullmatch(day) and kind != "time":
            limits.append(f". {sign} date('{day}')")
        elif written:
            question.leave(f"{name} = {written}", f"it is not a date; {FREE}")
    both = all_conditions(all_conditions(*limits), rules.get("constraint", ""))
    future = kind != "time"
    if shape and kind == "date" and not ("d" in shape and "m" in shape):
        question.leave(f"date_format = {shape}", "a date has a day, a month and a year here")
    return [to_part(type=kind, **fields, **rules | {"constraint": both}, future=future)]


def file_parts(question: LimesurveyQuestion) -> PartList:
    fields = shared_fields(question)
    types = {
        extension.strip().lower() for extension in question.setting("allowed_filetypes").split(",")
    }
    pictures = types <= PICTURES
    # Given back to the report, as nothing here restricts which documents may be sent.
    if not pictures:
        question.taken.discard("allowed_filetypes")
    least = question.whole("min_num_of_files") or 0
    # Only one file is accepted here, so that two are needed has to be in the report.
    if least > 1:
        question.taken.discard("min_num_of_files")
    fields["required"] = fields["required"] or least > 0
    return [to_part(type="image" if pictures else "file", **fields)]


def note_parts(question: LimesurveyQuestion) -> PartList:
    fields = shared_fields(question)
    # A required note blocks the way here; LimeSurvey's is only read.
    return [to_part(type="note", **fields | {"required": False})]


def equation_parts(question: LimesurveyQuestion) -> PartList:
    """A calculation; other expressions can use it only after this point, as in LimeSurvey."""
    context = question.context
    base = context.file.languages[0]
    spoken = question.text.get(base, "")
    written = question.setting("equation") or spoken
    fields = shared_fields(question)
    try:
        worked_out = expressions.to_xpath(written, context.known, test=False)
    except Unconvertible as wrong:
        question.leave(f"the equation {written}", f"{wrong}; it is not worked out")
        return []
    if spoken not in (written, question.code):
        question.leave("its words", "calculated values are not shown here")
    # A calculation is shown to nobody here either, so nothing of this is lost.
    question.taken.add("hidden")
    learn(question, {"": expressions.LimesurveyVariable(f"${{{question.name}}}")})
    return [
        to_part(
            type="calculate",
            name=fields["name"],
            relevant=fields["relevant"],
            calculation=worked_out,
        )
    ]
