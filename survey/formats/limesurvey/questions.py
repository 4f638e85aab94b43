"""The questions of LimeSurvey, type by type, as items of ours."""

from typing import Any

import msgspec

from survey.formats.limesurvey.limits import days, how_many, number, rules_of, text
from survey.formats.limesurvey.records import Question, options_of
from survey.formats.limesurvey.scripting import converted
from survey.formats.limesurvey.telling import Teller
from survey.formats.limesurvey.terms import Unconvertible, Variable
from survey.formats.limesurvey.variables import option_of_other
from survey.formats.limesurvey.words import joined, worded
from survey.instruments import AnyPart, Option, Wording

PICTURES = frozenset({"png", "jpg", "jpeg", "gif", "webp", "heic"})
Made = list[AnyPart]


def made(**fields: Any) -> AnyPart:
    """A part of these fields; what says nothing is left to the type."""
    kept = {
        key: value
        for key, value in fields.items()
        if key in ("least", "most") or not (value is None or value in ("", {}))
    }
    return msgspec.convert(kept, AnyPart)  # type: ignore[no-any-return]


def asked(question: Question, tell: Teller) -> dict[str, Any]:
    """What every question has."""
    if question.row.get("mandatory") == "S":
        tell.leave(
            question, "mandatory = S", "people are asked again for an answer, but need not give one"
        )
    return {
        "name": question.name,
        "text": question.text,
        "hint": question.hint,
        "required": question.row.get("mandatory") == "Y",
        "relevant": tell.relevant(question),
    }


def beside(question: Question, tell: Teller, ending: str, relevant: str, words: Wording) -> AnyPart:
    """The field next to an answer, as a question of its own."""
    figures = ending == "other" and question.is_on("other_numbers_only")
    kind: dict[str, Any] = (
        {"type": "decimal", "least": None, "most": None} if figures else text(question, long=False)
    )
    required = ending == "other" and (
        question.is_on("other_comment_mandatory") or question.row.get("type") in ("M", "P")
    )
    return made(
        **kind,
        name=question.names[ending],
        text=words,
        relevant=relevant,
        required=required,
        default=tell.default(question, special=ending),
    )


def other_words(question: Question, tell: Teller) -> Wording:
    said = tell.by_language(question.words("other_replace_text"))
    return worded(said, question.where, tell.report) or tell.english(question, "Other")


def choice(question: Question, tell: Teller) -> Made:
    options, fields = options_of(question.answers), asked(question, tell)
    more: Made = []
    if question.other and question.row["type"] in ("L", "!"):
        words, name = other_words(question, tell), option_of_other(question)
        options += (Option(name, words),)
        chosen = f"${{{question.name}}} = '{name}'"
        more.append(beside(question, tell, "other", chosen, words))
    if question.row["type"] == "O":
        comment = tell.english(question, "Comment")
        more.append(beside(question, tell, "comment", fields["relevant"], comment))
    if len(options) == 1:
        return [single(question, fields, options[0], tell), *more]
    codes = {one.code: one.option for one in question.answers}
    default = tell.default(question)
    dropped = "minimal" if question.row["type"] == "!" else ""
    rules = rules_of(question, tell)
    return [
        made(
            type="choice",
            **fields,
            **rules,
            options=options,
            appearance=dropped,
            default=codes.get(default, ""),
        ),
        *more,
    ]


def single(question: Question, fields: dict[str, Any], option: Option, tell: Teller) -> AnyPart:
    tell.leave(question, "its only answer", "it is one box to tick here")
    return made(type="consent", **fields | {"text": joined(fields["text"], option.text)})


def choices(question: Question, tell: Teller) -> Made:
    options = [Option(sub.name, sub.text) for sub in question.subs]
    fields, more = asked(question, tell), []
    for sub in question.subs:
        if tell.relevant(sub):
            tell.leave(sub, f"relevance = {sub.row['relevance']}", "it is offered to everyone")
        if question.row["type"] == "P":
            tell.leave(sub, "the comment next to it", "options have no text field here")
    if question.other:
        words, name = other_words(question, tell), option_of_other(question)
        options.append(Option(name, words))
        chosen = f"selected(${{{question.name}}}, '{name}')"
        more.append(beside(question, tell, "other", chosen, words))
    if len(options) == 1:
        return [single(question, fields, options[0], tell)]
    defaults = [sub.name for sub in question.subs if tell.default(question, sub.id) == "Y"]
    rules = rules_of(question, tell, single=False)
    rules |= how_many(question, tell, len(options))
    return [
        made(type="choices", **fields, **rules, options=tuple(options), default=" ".join(defaults)),
        *more,
    ]


def rank(question: Question, tell: Teller) -> Made:
    options, fields = options_of(question.answers), asked(question, tell)
    for name in ("min_answers", "max_answers"):
        if limit := question.setting(name):
            tell.leave(question, f"{name} = {limit}", "every answer is put in order here")
    return [made(type="rank", **fields, options=options)]


def scale(question: Question, tell: Teller) -> Made:
    fields = asked(question, tell)
    return [made(type="scale", **fields, **rules_of(question, tell), low=1, high=5)]


def numeric(question: Question, tell: Teller) -> Made:
    fields, rules = asked(question, tell), rules_of(question, tell)
    return [made(**fields, **number(question, tell, rules), default=tell.default(question))]


def words(question: Question, tell: Teller) -> Made:
    fields, rules = asked(question, tell), rules_of(question, tell)
    long = question.row["type"] != "S"
    kind = text(question, long=long) | rules
    if question.is_on("numbers_only"):
        kind = number(question, tell, rules)
    return [made(**fields, **kind, default=tell.default(question))]


def date(question: Question, tell: Teller) -> Made:
    shape = question.setting("date_format")
    clock = "H" in shape
    kind = "date" if not clock else "moment" if any(part in shape for part in "dy") else "time"
    fields, rules = asked(question, tell), rules_of(question, tell)
    limits = [one for one in (days(question, tell, kind), rules.get("constraint", "")) if one]
    both = limits[0] if len(limits) == 1 else " and ".join(f"({one})" for one in limits)
    future = kind != "time"
    if shape and kind == "date" and not ("d" in shape and "m" in shape):
        tell.leave(question, f"date_format = {shape}", "a date has a day, a month and a year here")
    return [made(type=kind, **fields, **rules | {"constraint": both}, future=future)]


def document(question: Question, tell: Teller) -> Made:
    fields = asked(question, tell)
    types = {one.strip().lower() for one in question.setting("allowed_filetypes").split(",")}
    pictures = types <= PICTURES
    if not pictures:
        question.taken.discard("allowed_filetypes")
    least = question.whole("min_num_of_files") or 0
    if least > 1:
        question.taken.discard("min_num_of_files")
    fields["required"] = fields["required"] or least > 0
    return [made(type="image" if pictures else "file", **fields)]


def note(question: Question, tell: Teller) -> Made:
    fields = asked(question, tell)
    return [made(type="note", **fields | {"required": False})]


def equation(question: Question, tell: Teller) -> Made:
    """What is worked out; it is known to expressions only after this, as LimeSurvey wants it."""
    base = tell.file.languages[0]
    spoken = question.text.get(base, "")
    written = question.setting("equation") or spoken
    fields = asked(question, tell)
    try:
        worked_out = converted(written, tell.known, test=False)
    except Unconvertible as wrong:
        tell.leave(question, f"the equation {written}", f"{wrong}; it is not worked out")
        return []
    if spoken not in (written, question.code):
        tell.leave(question, "its words", "calculated values are not shown here")
    question.taken.add("hidden")
    tell.learn(question, {"": Variable(f"${{{question.name}}}")})
    return [
        made(
            type="calculate",
            name=fields["name"],
            relevant=fields["relevant"],
            calculation=worked_out,
        )
    ]


def language(question: Question, tell: Teller) -> Made:
    tell.leave(question, "the question", "every page lets a person change the language here")
    return []
