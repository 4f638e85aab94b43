"""LimeSurvey's questions, type by type, as items of ours."""

from typing import Any

import msgspec

from survey.formats.limesurvey.context import (
    LimesurveyContext,
    choice_count_fields,
    date_condition,
    number_fields,
    text_fields,
    validation_fields,
)
from survey.formats.limesurvey.expressions import (
    LimesurveyUnconvertible,
    LimesurveyVariable,
    to_xpath,
)
from survey.formats.limesurvey.outline import other_option_name
from survey.formats.limesurvey.records import (
    LimesurveyQuestion,
    joined_wording,
    plain_wording,
    to_options,
)
from survey.surveys.instruments import AnyPart, Option, Wording

PICTURES = frozenset({"png", "jpg", "jpeg", "gif", "webp", "heic"})
PartList = list[AnyPart]


def to_part(**fields: Any) -> AnyPart:
    """The part with these fields; empty ones are left to the type's defaults."""
    filled = {
        key: value
        for key, value in fields.items()
        # None means no limit, where leaving it out would mean 0 and a million.
        if key in ("least", "most") or not (value is None or value in ("", {}))
    }
    return msgspec.convert(filled, AnyPart)  # type: ignore[no-any-return]


def shared_fields(question: LimesurveyQuestion, context: LimesurveyContext) -> dict[str, Any]:
    """The fields that every question has."""
    if question.row.get("mandatory") == "S":
        context.leave(
            question, "mandatory = S", "people are asked again for an answer, but need not give one"
        )
    return {
        "name": question.name,
        "text": question.text,
        "hint": question.hint,
        "required": question.row.get("mandatory") == "Y",
        "relevant": context.relevant(question),
    }


def extra_text(
    question: LimesurveyQuestion,
    context: LimesurveyContext,
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
        default=context.default(question, special=ending),
    )


def other_wording(question: LimesurveyQuestion, context: LimesurveyContext) -> Wording:
    said = context.by_language(question.words("other_replace_text"))
    return plain_wording(said, question.where, context.report) or context.english(question, "Other")


def select_one_parts(question: LimesurveyQuestion, context: LimesurveyContext) -> PartList:
    options, fields = to_options(question.answers), shared_fields(question, context)
    more: PartList = []
    if question.other and question.row["type"] in ("L", "!"):
        words, name = other_wording(question, context), other_option_name(question)
        options += (Option(name, words),)
        chosen = f"${{{question.name}}} = '{name}'"
        more.append(extra_text(question, context, "other", chosen, words))
    if question.row["type"] == "O":
        comment = context.english(question, "Comment")
        more.append(extra_text(question, context, "comment", fields["relevant"], comment))
    if len(options) == 1:
        return [consent_part(question, fields, options[0], context), *more]
    codes = {one.code: one.option for one in question.answers}
    default = context.default(question)
    dropped = "minimal" if question.row["type"] == "!" else ""
    rules = validation_fields(question, context)
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


def consent_part(
    question: LimesurveyQuestion, fields: dict[str, Any], option: Option, context: LimesurveyContext
) -> AnyPart:
    context.leave(question, "its only answer", "it is one box to tick here")
    return to_part(type="consent", **fields | {"text": joined_wording(fields["text"], option.text)})


def select_multiple_parts(question: LimesurveyQuestion, context: LimesurveyContext) -> PartList:
    options = [Option(sub.name, sub.text) for sub in question.subs]
    fields, more = shared_fields(question, context), []
    for sub in question.subs:
        if context.relevant(sub):
            context.leave(sub, f"relevance = {sub.row['relevance']}", "it is offered to everyone")
        if question.row["type"] == "P":
            context.leave(sub, "the comment next to it", "options have no text field here")
    if question.other:
        words, name = other_wording(question, context), other_option_name(question)
        options.append(Option(name, words))
        chosen = f"selected(${{{question.name}}}, '{name}')"
        more.append(extra_text(question, context, "other", chosen, words))
    if len(options) == 1:
        return [consent_part(question, fields, options[0], context)]
    defaults = [sub.name for sub in question.subs if context.default(question, sub.id) == "Y"]
    rules = validation_fields(question, context, single=False)
    rules |= choice_count_fields(question, context, len(options))
    return [
        to_part(
            type="choices", **fields, **rules, options=tuple(options), default=" ".join(defaults)
        ),
        *more,
    ]


def rank_parts(question: LimesurveyQuestion, context: LimesurveyContext) -> PartList:
    options, fields = to_options(question.answers), shared_fields(question, context)
    for name in ("min_answers", "max_answers"):
        if limit := question.setting(name):
            context.leave(question, f"{name} = {limit}", "every answer is put in order here")
    return [to_part(type="rank", **fields, options=options)]


def five_point_parts(question: LimesurveyQuestion, context: LimesurveyContext) -> PartList:
    fields = shared_fields(question, context)
    return [to_part(type="scale", **fields, **validation_fields(question, context), low=1, high=5)]


def number_parts(question: LimesurveyQuestion, context: LimesurveyContext) -> PartList:
    fields, rules = shared_fields(question, context), validation_fields(question, context)
    return [
        to_part(
            **fields, **number_fields(question, context, rules), default=context.default(question)
        )
    ]


def text_parts(question: LimesurveyQuestion, context: LimesurveyContext) -> PartList:
    fields, rules = shared_fields(question, context), validation_fields(question, context)
    long = question.row["type"] != "S"
    kind = text_fields(question, long=long) | rules
    if question.is_on("numbers_only"):
        kind = number_fields(question, context, rules)
    return [to_part(**fields, **kind, default=context.default(question))]


def date_parts(question: LimesurveyQuestion, context: LimesurveyContext) -> PartList:
    shape = question.setting("date_format")
    clock = "H" in shape
    kind = "date" if not clock else "moment" if any(part in shape for part in "dy") else "time"
    fields, rules = shared_fields(question, context), validation_fields(question, context)
    limits = [
        one for one in (date_condition(question, context, kind), rules.get("constraint", "")) if one
    ]
    both = limits[0] if len(limits) == 1 else " and ".join(f"({one})" for one in limits)
    future = kind != "time"
    if shape and kind == "date" and not ("d" in shape and "m" in shape):
        context.leave(
            question, f"date_format = {shape}", "a date has a day, a month and a year here"
        )
    return [to_part(type=kind, **fields, **rules | {"constraint": both}, future=future)]


def file_parts(question: LimesurveyQuestion, context: LimesurveyContext) -> PartList:
    fields = shared_fields(question, context)
    types = {one.strip().lower() for one in question.setting("allowed_filetypes").split(",")}
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


def note_parts(question: LimesurveyQuestion, context: LimesurveyContext) -> PartList:
    fields = shared_fields(question, context)
    # A required note blocks the way here; LimeSurvey's is only read.
    return [to_part(type="note", **fields | {"required": False})]


def equation_parts(question: LimesurveyQuestion, context: LimesurveyContext) -> PartList:
    """A calculation; other expressions can use it only after this point, as in LimeSurvey."""
    base = context.file.languages[0]
    spoken = question.text.get(base, "")
    written = question.setting("equation") or spoken
    fields = shared_fields(question, context)
    try:
        worked_out = to_xpath(written, context.known, test=False)
    except LimesurveyUnconvertible as wrong:
        context.leave(question, f"the equation {written}", f"{wrong}; it is not worked out")
        return []
    if spoken not in (written, question.code):
        context.leave(question, "its words", "calculated values are not shown here")
    # A calculation is shown to nobody here either, so nothing of this is lost.
    question.taken.add("hidden")
    context.learn(question, {"": LimesurveyVariable(f"${{{question.name}}}")})
    return [
        to_part(
            type="calculate",
            name=fields["name"],
            relevant=fields["relevant"],
            calculation=worked_out,
        )
    ]
