"""From the form of one question in the builder to the question, and what a new one begins with."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from api.pages.organiser.conditions import condition_in, offers_before
from survey.instruments import (
    Agreement,
    AnyPart,
    Borough,
    Calculate,
    Choice,
    Choices,
    Consent,
    Date,
    Decimal,
    File,
    Grid,
    Group,
    Image,
    Item,
    Moment,
    Note,
    Option,
    Page,
    Postcode,
    Range,
    Rank,
    Repeat,
    Row,
    Scale,
    Text,
    Time,
    Whole,
    Wording,
)
from survey.instruments.drafts import Draft, free_name, free_of

Form = Mapping[str, str]
Wrong = list[tuple[str, str]]
MOST_SIGNS = 5_000
# What an organiser may add, in the words of the list, in its order.
KINDS: dict[str, tuple[str, type]] = {
    "choice": ("One choice", Choice),
    "choices": ("Several choices", Choices),
    "agreement": ("Agreement, five points", Agreement),
    "grid": ("Agreement, several statements", Grid),
    "scale": ("Scale, such as 0 to 10", Scale),
    "text": ("Own words", Text),
    "whole": ("Whole number", Whole),
    "decimal": ("Number", Decimal),
    "range": ("Number in steps", Range),
    "date": ("Date", Date),
    "time": ("Time of day", Time),
    "moment": ("Date and time", Moment),
    "rank": ("Put answers in order", Rank),
    "consent": ("Consent", Consent),
    "borough": ("Borough", Borough),
    "postcode": ("Postcode (only the borough is stored)", Postcode),
    "image": ("Picture", Image),
    "file": ("File", File),
    "note": ("Text only", Note),
    "calculate": ("Calculated", Calculate),
    "group": ("Group of questions", Group),
    "page": ("Questions on one page", Page),
    "repeat": ("Questions asked several times", Repeat),
}
LABELS: tuple[Wording, ...] = (
    {"en": "Strongly disagree", "ar": "أعارض بشدة"},
    {"en": "Disagree", "ar": "أعارض"},
    {"en": "Neither agree nor disagree", "ar": "لا أوافق ولا أعارض"},
    {"en": "Agree", "ar": "أوافق"},
    {"en": "Strongly agree", "ar": "أوافق بشدة"},
)
TWO = (Option("yes", {"en": "Yes", "ar": "نعم"}), Option("no", {"en": "No", "ar": "لا"}))
WORDS = (
    "text",
    "short",
    "hint",
    "constraint_message",
    "required_message",
    "low_label",
    "high_label",
)
PLAIN = ("constraint", "required_when", "default", "filter", "calculation", "count")
TICKS = ("required", "may_decline", "future", "long", "reverse", "table")


def new_part(draft: Draft, kind: str, words: str, answers: Sequence[str] = ()) -> AnyPart:
    """A question of a type with its first words, and its answers where it offers some."""
    languages = draft.spoken()
    name = free_name(draft, words)
    fields: dict[str, Any] = {"name": name, "text": {languages[0]: words}}
    made = KINDS[kind][1]
    if made in (Choice, Choices, Rank):
        fields["options"] = [said_in(option, languages) for option in TWO]
        if answers:
            fields["options"] = named_options(answers, languages[0])
    if made in (Agreement, Grid):
        fields["labels"] = tuple(in_languages(label, languages) for label in LABELS)
    if made is Grid:
        fields["rows"] = (Row(free_name(draft, words, [name]), {languages[0]: "–"}),)
    if made in (Group, Page, Repeat):
        fields["items"] = ()
    if made is Calculate:
        fields["calculation"] = "''"
    found: AnyPart = made(**fields)
    return found


def named_options(answers: Iterable[str], language: str) -> list[Option]:
    """An option for each answer, under a name made of its words."""
    found: dict[str, Option] = {}
    for words in answers:
        name = free_of(words, found, "answer")
        found[name] = Option(name, {language: words})
    return list(found.values())


def said_in(option: Option, languages: list[str]) -> Option:
    return msgspec.structs.replace(option, text=in_languages(option.text, languages))


def in_languages(wording: Wording, languages: list[str]) -> Wording:
    return {code: wording[code] for code in languages if code in wording} or wording


def edited(draft: Draft, part: AnyPart, form: Form) -> tuple[AnyPart, Wrong]:
    """The question as the form has it, and which fields cannot be read."""
    languages = draft.spoken()
    numbers, wrong = numbers_in(part, form)
    fields: dict[str, Any] = {field: wording_in(form, field, languages) for field in WORDS}
    fields |= {field: form.get(field, "").strip() for field in PLAIN}
    fields |= {field: form.get(field) == "yes" for field in TICKS}
    fields |= numbers | listed_in(draft, part, form, languages)
    fields["name"] = form.get("name", "").strip() or part.name
    fields["relevant"], _, unclear = condition_in(
        form, part.relevant, offers_before(draft, part.name)
    )
    wrong += unclear
    if isinstance(part, Item) and not isinstance(part, Calculate) and not fields["text"]:
        wrong.append((f"text-{languages[0]}", "Enter the question"))
    if wrong:
        return part, wrong
    fields = {field: value for field, value in fields.items() if hasattr(part, field)}
    return kept_to_its_type(msgspec.structs.replace(part, **fields))


def numbers_in(part: AnyPart, form: Form) -> tuple[dict[str, Any], Wrong]:
    """The limits of a question; one that is left empty is none, but for words there is one."""
    found: dict[str, Any] = {}
    wrong = Wrong()
    for field, (read, words) in NUMBERS.items():
        if hasattr(part, field):
            try:
                found[field] = read(form.get(field, ""), getattr(part, field))
            except ValueError:
                wrong.append((field, f"Enter {words}"))
    if isinstance(part, Text) and found.get("most") is None:
        found["most"] = MOST_SIGNS
    return found, wrong


def listed_in(draft: Draft, part: AnyPart, form: Form, languages: list[str]) -> dict[str, Any]:
    """Options, labels and rows, which stand in the form one a line."""
    found: dict[str, Any] = {}
    if isinstance(part, Choice | Choices | Rank):
        found["options"] = options_in(part.options, form, languages)
    if isinstance(part, Agreement | Grid):
        found["labels"] = tuple(wording_in(form, f"label-{n}", languages) for n in range(1, 6))
    if isinstance(part, Grid):
        found["rows"] = rows_in(draft, part, form, languages)
    return found


def kept_to_its_type(part: AnyPart) -> tuple[AnyPart, Wrong]:
    """What is kept must be read again, so a value of a wrong type is refused here."""
    try:
        return msgspec.convert(msgspec.to_builtins(part), AnyPart), []
    except msgspec.ValidationError as wrong:
        field = str(wrong).rpartition("$.")[2].strip("`")
        return part, [(field, "Enter a whole number")]


def wording_in(form: Form, field: str, languages: Iterable[str]) -> Wording:
    found = {code: form.get(f"{field}-{code}", "").strip() for code in languages}
    return {code: text for code, text in found.items() if text}


def whole_or_none(text: str, _: object) -> int | None:
    return int(text) if text.strip() else None


def number_or_none(text: str, _: object) -> float | None:
    return number(text, None) if text.strip() else None


def number(text: str, usual: Any) -> float:
    found = float(text.replace(",", ".")) if text.strip() else usual
    return int(found) if float(found).is_integer() else found


def limit(text: str, usual: Any) -> Any:
    """A limit of the type that it had."""
    return int(text) if text.strip() and isinstance(usual, int) else number_or_none(text, usual)


NUMBERS: dict[str, tuple[Callable[[str, Any], Any], str]] = {
    "least": (limit, "a number, or leave it empty for no lower limit"),
    "most": (limit, "a number, or leave it empty for no upper limit"),
    "low": (number, "a number"),
    "high": (number, "a number"),
    "step": (number, "a number"),
    "most_pixels": (whole_or_none, "a whole number, or leave it empty"),
}


def options_in(options: Iterable[Option], form: Form, languages: list[str]) -> tuple[Option, ...]:
    """The options as written, one a line; a line left empty is one option less."""
    known = {option.name: option for option in options}
    found: dict[str, Option] = {}
    for number in range(1, 201):
        text = wording_in(form, f"option-{number}", languages)
        if not text:
            continue
        name = form.get(f"option-{number}-name", "")
        if name not in known:
            name = free_of(next(iter(text.values())), {*known, *found}, "answer")
        base = known.get(name) or Option(name, {})
        found[name] = msgspec.structs.replace(base, text=text)
    return tuple(found.values())


def rows_in(draft: Draft, grid: Grid, form: Form, languages: list[str]) -> tuple[Row, ...]:
    known = {row.name: row for row in grid.rows}
    found: dict[str, Row] = {}
    for number in range(1, 101):
        text = wording_in(form, f"row-{number}", languages)
        if not text:
            continue
        name = form.get(f"row-{number}-name", "")
        if name not in known:
            name = free_name(draft, next(iter(text.values())), {*known, *found})
        found[name] = Row(name, text, form.get(f"row-{number}-reverse") == "yes")
    return tuple(found.values())
