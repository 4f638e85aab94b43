"""Read the form of one question in the builder, and create new questions."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from api.pages.forms import Form
from api.pages.organiser.building.conditions import offers_before, parse_condition
from survey.surveys.instruments import (
    Agreement,
    AnyPart,
    Borough,
    Calculate,
    Consent,
    Date,
    DateTime,
    Decimal,
    File,
    Grid,
    GridRow,
    Image,
    Integer,
    Item,
    Note,
    Option,
    Postcode,
    QuestionGroup,
    QuestionPage,
    Range,
    Rank,
    Repeat,
    Scale,
    SelectMultiple,
    SelectOne,
    Text,
    Time,
    Wording,
)
from survey.surveys.instruments.drafts import InstrumentDraft, free_name, name_from_words

MOST_CHARACTERS = 5_000
# The types of question an organiser can add: name, label and class, in the order of the list.
QUESTION_TYPES: dict[str, tuple[str, type]] = {
    "choice": ("One choice", SelectOne),
    "choices": ("Several choices", SelectMultiple),
    "agreement": ("Agreement, five points", Agreement),
    "grid": ("Agreement, several statements", Grid),
    "scale": ("Scale, such as 0 to 10", Scale),
    "text": ("Own words", Text),
    "whole": ("Whole number", Integer),
    "decimal": ("Number", Decimal),
    "range": ("Number in steps", Range),
    "date": ("Date", Date),
    "time": ("Time of day", Time),
    "moment": ("Date and time", DateTime),
    "rank": ("Put answers in order", Rank),
    "consent": ("Consent", Consent),
    "borough": ("Borough", Borough),
    "postcode": ("Postcode (only the borough is stored)", Postcode),
    "image": ("Picture", Image),
    "file": ("File", File),
    "note": ("Text only", Note),
    "calculate": ("Calculated", Calculate),
    "group": ("Group of questions", QuestionGroup),
    "page": ("Questions on one page", QuestionPage),
    "repeat": ("Questions asked several times", Repeat),
}
AGREEMENT_LABELS: tuple[Wording, ...] = (
    {"en": "Strongly disagree", "ar": "أعارض بشدة"},
    {"en": "Disagree", "ar": "أعارض"},
    {"en": "Neither agree nor disagree", "ar": "لا أوافق ولا أعارض"},
    {"en": "Agree", "ar": "أوافق"},
    {"en": "Strongly agree", "ar": "أوافق بشدة"},
)
YES_NO_OPTIONS = (Option("yes", {"en": "Yes", "ar": "نعم"}), Option("no", {"en": "No", "ar": "لا"}))
WORDING_FIELDS = (
    "text",
    "short",
    "hint",
    "constraint_message",
    "required_message",
    "low_label",
    "high_label",
)
PLAIN_FIELDS = ("constraint", "required_when", "default", "filter", "calculation", "count")
TICK_FIELDS = ("required", "may_decline", "future", "long", "reverse", "table")


def new_part(draft: InstrumentDraft, kind: str, words: str, answers: Sequence[str] = ()) -> AnyPart:
    """A new question of a type, with its first words and, if it has options, its answers."""
    languages = draft.spoken()
    name = free_name(draft, words)
    fields: dict[str, Any] = {"name": name, "text": {languages[0]: words}}
    made = QUESTION_TYPES[kind][1]
    if made in (SelectOne, SelectMultiple, Rank):
        fields["options"] = [option_in_languages(option, languages) for option in YES_NO_OPTIONS]
        if answers:
            fields["options"] = options_from_answers(answers, languages[0])
    if made in (Agreement, Grid):
        fields["labels"] = tuple(
            wording_in_languages(label, languages) for label in AGREEMENT_LABELS
        )
    if made is Grid:
        fields["rows"] = (GridRow(free_name(draft, words, [name]), {languages[0]: "–"}),)
    if made in (QuestionGroup, QuestionPage, Repeat):
        fields["items"] = ()
    if made is Calculate:
        fields["calculation"] = "''"
    found: AnyPart = made(**fields)
    return found


def options_from_answers(answers: Iterable[str], language: str) -> list[Option]:
    """An option for each answer, under a name made of its words."""
    found: dict[str, Option] = {}
    for words in answers:
        name = name_from_words(words, found, "answer")
        found[name] = Option(name, {language: words})
    return list(found.values())


def option_in_languages(option: Option, languages: list[str]) -> Option:
    return msgspec.structs.replace(option, text=wording_in_languages(option.text, languages))


def wording_in_languages(wording: Wording, languages: list[str]) -> Wording:
    return {code: wording[code] for code in languages if code in wording} or wording


def parse_question(draft: InstrumentDraft, part: AnyPart, form: Form) -> AnyPart:
    """The question with what the form says; what is wrong with it is added to the form."""
    languages = draft.spoken()
    numbers = parse_limits(part, form)
    fields: dict[str, Any] = {
        field: parse_wording(form, field, languages) for field in WORDING_FIELDS
    }
    fields |= {field: form[field] for field in PLAIN_FIELDS}
    fields |= {field: form[field] == "yes" for field in TICK_FIELDS}
    fields |= numbers | parse_lists(draft, part, form, languages)
    fields["name"] = form["name"] or part.name
    fields["relevant"], _, unclear = parse_condition(
        form, part.relevant, offers_before(draft, part.name)
    )
    form.errors += unclear
    needed = isinstance(part, Item) and not isinstance(part, Calculate)
    form.require(fields["text"] or not needed, f"text-{languages[0]}", "Enter the question")
    if form.errors:
        return part
    fields = {field: value for field, value in fields.items() if hasattr(part, field)}
    return validated_part(msgspec.structs.replace(part, **fields), form)


def parse_limits(part: AnyPart, form: Form) -> dict[str, Any]:
    """The limits of a question; fields that are not numbers are added to the form's errors.

    An empty limit is no limit, except for free text, which always has one.
    """
    found: dict[str, Any] = {}
    for field, (read, words) in NUMBER_FIELDS.items():
        if hasattr(part, field):
            try:
                found[field] = read(form[field], getattr(part, field))
            except ValueError:
                form.add_error(field, f"Enter {words}")
    if isinstance(part, Text) and found.get("most") is None:
        found["most"] = MOST_CHARACTERS
    return found


def parse_lists(
    draft: InstrumentDraft, part: AnyPart, form: Form, languages: list[str]
) -> dict[str, Any]:
    """Options, labels and rows, which the form has one per line."""
    found: dict[str, Any] = {}
    if isinstance(part, SelectOne | SelectMultiple | Rank):
        found["options"] = parse_options(part.options, form, languages)
    if isinstance(part, Agreement | Grid):
        found["labels"] = tuple(parse_wording(form, f"label-{n}", languages) for n in range(1, 6))
    if isinstance(part, Grid):
        found["rows"] = parse_rows(draft, part, form, languages)
    return found


def validated_part(part: AnyPart, form: Form) -> AnyPart:
    """The question converted once more, so that a value of a wrong type is refused."""
    try:
        found: AnyPart = msgspec.convert(msgspec.to_builtins(part), AnyPart)
    except msgspec.ValidationError as wrong:
        field = str(wrong).rpartition("$.")[2].strip("`")
        form.add_error(field, "Enter a whole number")
        return part
    return found


def parse_wording(form: Form, field: str, languages: Iterable[str]) -> Wording:
    found = {code: form[f"{field}-{code}"] for code in languages}
    return {code: text for code, text in found.items() if text}


def parse_optional_whole(text: str, _: object) -> int | None:
    return int(text) if text.strip() else None


def parse_optional_number(text: str, _: object) -> float | None:
    return parse_number(text, None) if text.strip() else None


def parse_number(text: str, usual: Any) -> float:
    found = float(text.replace(",", ".")) if text.strip() else usual
    return int(found) if float(found).is_integer() else found


def parse_limit(text: str, usual: Any) -> Any:
    """The limit that was typed, in the type that this limit had before."""
    return (
        int(text) if text.strip() and isinstance(usual, int) else parse_optional_number(text, usual)
    )


NUMBER_FIELDS: dict[str, tuple[Callable[[str, Any], Any], str]] = {
    "least": (parse_limit, "a number, or leave it empty for no lower limit"),
    "most": (parse_limit, "a number, or leave it empty for no upper limit"),
    "low": (parse_number, "a number"),
    "high": (parse_number, "a number"),
    "step": (parse_number, "a number"),
    "most_pixels": (parse_optional_whole, "a whole number, or leave it empty"),
}


def parse_options(
    options: Iterable[Option], form: Form, languages: list[str]
) -> tuple[Option, ...]:
    """The options as typed, one per line; an empty line removes its option."""
    known = {option.name: option for option in options}
    found: dict[str, Option] = {}
    for number in range(1, 201):
        text = parse_wording(form, f"option-{number}", languages)
        if not text:
            continue
        name = form[f"option-{number}-name"]
        if name not in known:
            name = name_from_words(next(iter(text.values())), {*known, *found}, "answer")
        base = known.get(name) or Option(name, {})
        found[name] = msgspec.structs.replace(base, text=text)
    return tuple(found.values())


def parse_rows(
    draft: InstrumentDraft, grid: Grid, form: Form, languages: list[str]
) -> tuple[GridRow, ...]:
    known = {row.name: row for row in grid.rows}
    found: dict[str, GridRow] = {}
    for number in range(1, 101):
        text = parse_wording(form, f"row-{number}", languages)
        if not text:
            continue
        name = form[f"row-{number}-name"]
        if name not in known:
            name = free_name(draft, next(iter(text.values())), {*known, *found})
        found[name] = GridRow(name, text, form[f"row-{number}-reverse"] == "yes")
    return tuple(found.values())
