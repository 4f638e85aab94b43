"""A form as somebody sent it, what is wrong with it, and fields that are declared once."""

import datetime
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import msgspec
from litestar import Request
from litestar.datastructures import FormMultiDict, UploadFile

from api import clock
from survey.formats.foreign import printable_text
from survey.problems import Fault, Problem

AnyRequest = Request[Any, Any, Any]
Values = dict[str, Any]
Errors = list[tuple[str, str]]
DAY_PARTS = ("day", "month", "year")
MOST_FILE_NAME = 120


MOST_DIGITS = 9  # what an integer of the database holds; int() refuses 4,300 with an error
Made = TypeVar("Made")


def whole_number(text: str) -> int | None:
    """The number in digits that a browser sent; None for anything else, and for more digits."""
    digits = text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS
    return int(text) if digits else None


class Form(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The text fields of a form as they were typed, and what is wrong with them.

    A page that is shown again takes both from here, so a refusal loses nothing that was typed, and
    each error names its field. An error without a field is about the whole form. `code`, `remedy`
    and `faults` are set if what the form asked for was refused.
    """

    values: Values = {}
    errors: Errors = []
    code: str = ""
    remedy: str = ""
    faults: tuple[Fault, ...] = ()
    status: int = 422

    def get(self, name: str, default: str = "") -> str:
        """The text of a field; the last one if a field comes twice."""
        texts = self.values.get(name)
        return printable_text(str(texts[-1])) if texts else default

    def __getitem__(self, name: str) -> str:
        return self.get(name)

    def __contains__(self, name: object) -> bool:
        return name in self.values

    def typed_words(self) -> list[str]:
        """What a person wrote into the form, so that they can copy it; never a password."""
        names = (name for name in self.values if "pass" not in name)
        return [text for name in names for text in self.all(name) if is_typed(text)]

    def number(self, name: str) -> int | None:
        """The whole number in a field, such as a version; None if there is none or it has too many
        digits.
        """
        return whole_number(self[name])

    def all(self, name: str) -> list[str]:
        """Every value of a field, such as of boxes that were ticked."""
        return [printable_text(str(text)) for text in self.values.get(name, [])]

    def day(self, name: str) -> datetime.date | None:
        """The date in three fields; None if they are not a date."""
        try:
            day, month, year = (int(self.get(f"{name}-{part}")) for part in DAY_PARTS)
            return datetime.date(year, month, day)
        except (ValueError, OverflowError):
            # A year of very many digits is an OverflowError, not a ValueError.
            return None

    def has_day(self, name: str) -> bool:
        """Whether anything was typed into the three fields of a date."""
        return any(self.get(f"{name}-{part}") for part in DAY_PARTS)

    def require_day(self, name: str, fits: bool, sentence: str) -> None:
        """Add an error at a date that does not exist, or that is missing or does not fit."""
        if self.day(name) is None and self.has_day(name):
            sentence = "This day does not exist: check the day and the month"
        self.require(fits, f"{name}-day", sentence)

    @property
    def typed_values(self) -> dict[str, str]:
        return {name: self.get(name) for name in self.values}

    def set(self, name: str, value: str) -> None:
        self.values[name] = [value]

    def add_error(self, field: str, sentence: str) -> None:
        self.errors.append((field, sentence))

    def require(self, ok: object, field: str, sentence: str) -> None:
        """Add an error to the field if the condition is false."""
        if not ok:
            self.add_error(field, sentence)

    def require_length(self, field: str, least: int, most: int, sentence: str) -> None:
        """Add an error if the text of a field is shorter or longer than allowed."""
        self.require(least <= len(self.get(field)) <= most, field, sentence)

    def refuse(self, refused: Problem, errors: Sequence[tuple[str, str]]) -> None:
        """Add the sentences of a refusal, each at its field, with the refusal's status and
        remedy.
        """
        self.errors += errors
        self.code, self.remedy = refused.code, refused.remedy
        self.faults, self.status = refused.faults, refused.status


def filled_form(typed: Mapping[str, str]) -> Form:
    """A form as a page shows it at first, with these fields filled in."""
    return Form(values={name: [value] for name, value in typed.items()})


async def read_form(request: AnyRequest) -> Form:
    return Form(values=form_values(await request.form()))


def form_values(form: FormMultiDict) -> Values:
    """The text fields of a form, each as a list; files are left out."""
    return {name: [value for value in form.getall(name) if isinstance(value, str)] for name in form}


def example_day() -> str:
    """An example of a typed date, for messages; it is in the past like most dates that forms ask
    for.
    """
    return f"10 12 {clock.today().year - 1}"


def first_value(values: Values, name: str) -> str:
    texts = values.get(name) or [""]
    return str(texts[0]).strip()


async def read_file(request: AnyRequest, field: str = "file") -> tuple[str, bytes]:
    """The name and the content of an uploaded file; both empty if none was chosen."""
    chosen = (await request.form()).get(field)
    if not isinstance(chosen, UploadFile):
        return "", b""
    return clean_file_name(chosen.filename), await chosen.read()


def clean_file_name(given: str) -> str:
    """The last part of an uploaded file's name, in printable characters."""
    # A path from Windows has backslashes; what is left of the name can point to no folder.
    last = given.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable())[-MOST_FILE_NAME:] or "file"


def day_fields(name: str, day: datetime.date) -> dict[str, str]:
    """The three form fields for a date."""
    return {f"{name}-{part}": str(getattr(day, part)) for part in DAY_PARTS}


def is_typed(value: str) -> bool:
    """True for text that a person typed: several words, or one word with a capital letter. Choices
    have names in small letters, and an expression can be made again from the sentence next to
    it.
    """
    word = value.strip()
    several = re.search(r"\s", word) is not None and "${" not in word
    return several or (word.isalpha() and not word.islower())


class Field(Protocol):
    """One thing that a form asks for, by its name in the form."""

    def read(self, form: Form, name: str) -> object:
        """What was typed, converted to its type; if that fails, the form gets an error at the
        field.
        """

    def fill(self, name: str, value: Any) -> Values:
        """The form's values that show `value`."""


class Text(msgspec.Struct, frozen=True):
    """Words of `least` to `most` characters; a name has them on one line."""

    most: int
    refusal: str
    least: int = 0
    one_line: bool = False

    def read(self, form: Form, name: str) -> str:
        fit = self.least <= len(form[name]) <= self.most
        form.require(fit and (form[name].isprintable() or not self.one_line), name, self.refusal)
        return form[name]

    def fill(self, name: str, value: Any) -> Values:
        return {name: [value or ""]}


class Choice(msgspec.Struct, frozen=True):
    """One of several options."""

    options: Collection[str]
    refusal: str

    def read(self, form: Form, name: str) -> str:
        form.require(form[name] in self.options, name, self.refusal)
        return form[name]

    def fill(self, name: str, value: Any) -> Values:
        return {name: [value or ""]}


class Several(msgspec.Struct, frozen=True):
    """Any number of several options."""

    options: Collection[str]
    refusal: str

    def read(self, form: Form, name: str) -> tuple[str, ...]:
        form.require(set(form.all(name)) <= set(self.options), name, self.refusal)
        return tuple(form.all(name))

    def fill(self, name: str, value: Any) -> Values:
        return {name: [*value]}


class Tick(msgspec.Struct, frozen=True):
    """A box with the value `yes`; `refusal` is set if the box has to be ticked."""

    refusal: str = ""

    def read(self, form: Form, name: str) -> bool:
        ticked = form[name] == "yes"
        form.require(ticked or not self.refusal, name, self.refusal)
        return ticked

    def fill(self, name: str, value: Any) -> Values:
        return {name: ["yes"]} if value else {}


class Number(msgspec.Struct, frozen=True):
    """A whole number from `least` to `most`, in digits."""

    least: int
    most: int
    refusal: str

    def read(self, form: Form, name: str) -> int | None:
        number = form.number(name)
        form.require(number is not None and self.least <= number <= self.most, name, self.refusal)
        return number

    def fill(self, name: str, value: Any) -> Values:
        return {name: [str(value)]}


class Day(msgspec.Struct, frozen=True):
    """A date in three fields, from `first` to `last`; one that is not needed may be left empty."""

    first: datetime.date
    last: datetime.date
    refusal: str
    needed: bool = True

    def read(self, form: Form, name: str) -> datetime.date | None:
        day = form.day(name)
        near = day is not None and self.first <= day <= self.last
        left = not self.needed and not form.has_day(name)
        form.require_day(name, near or left, self.refusal)
        return day

    def fill(self, name: str, value: Any) -> Values:
        return {key: [part] for key, part in day_fields(name, value).items()} if value else {}


class Lines(msgspec.Struct, frozen=True):
    """Different lines of text, `least` to `most` of them, each of up to `longest` characters."""

    most: int
    longest: int
    refusal: str
    least: int = 0

    def read(self, form: Form, name: str) -> tuple[str, ...]:
        stripped = (line.strip() for line in form[name].splitlines())
        lines = tuple(dict.fromkeys(line for line in stripped if line))
        fit = self.least <= len(lines) <= self.most
        form.require(fit and all(len(line) <= self.longest for line in lines), name, self.refusal)
        return lines

    def fill(self, name: str, value: Any) -> Values:
        return {name: ["\n".join(value)]}


class Fields:
    """The fields of a form, by the attribute that each fills; `names` gives the names in the form
    that differ from these attributes.
    """

    def __init__(self, names: Mapping[str, str] | None = None, /, **fields: Field) -> None:
        self.fields = fields
        self.names = dict(zip(fields, fields, strict=True)) | dict(names or {})

    def read(self, form: Form, into: Callable[..., Made], **more: object) -> Made | None:
        """The object made by `into` from what was typed and `more`; None if the form has any
        error.
        """
        typed = {key: field.read(form, self.names[key]) for key, field in self.fields.items()}
        return None if form.errors else into(**typed, **more)

    def fill(self, known: object) -> Values:
        """The values that the form shows at first: those of `known`, or none where `known` is
        None.
        """
        if known is None:
            return {}
        return {
            name: value
            for key, field in self.fields.items()
            for name, value in field.fill(self.names[key], getattr(known, key)).items()
        }


def field_options(
    name: str,
    label: str,
    hint: str,
    size: str,
    errors: Errors,
    more: Mapping[str, Any],
    options: Iterable[Any] = (),
) -> dict[str, Any]:
    """What a component of GOV.UK Frontend takes, for a field with its label or legend.

    `error_word` in `more` tells a screen reader that an error follows.
    """
    ident = more.get("id", name)
    about = more.get("about", ident)
    said = " ".join(sentence for where, sentence in errors if about and where == about)
    error_word = more.get("error_word", "Error")
    hidden = "govuk-visually-hidden" if size == "hidden" else ""
    label_classes, legend_classes = (
        hidden or (f"govuk-{part}--{size}" if size else "")
        for part in ("label", "fieldset__legend")
    )
    first = [("", more["empty"])] if "empty" in more else []
    given = options.items() if isinstance(options, Mapping) else options
    return {
        "id": ident,
        "idPrefix": ident,
        "name": name,
        "label": {"text": label, "classes": label_classes},
        "fieldset": {"legend": {"text": label, "classes": legend_classes}} if label else None,
        "hint": {"text": hint} if hint else None,
        "errorMessage": {"text": said, "visuallyHiddenText": error_word} if said else None,
        "items": [option(choice) for choice in (*first, *given)],
    } | dict(more)


def option(given: Any) -> Any:
    """An option as a component takes it, from its value, its words and perhaps a hint."""
    if isinstance(given, str):
        return {"value": given, "text": given}
    if not isinstance(given, tuple):
        return given
    value, words, *more = given
    text, hint = words if isinstance(words, tuple) else (words, "".join(more))
    return {"value": value, "text": text} | ({"hint": {"text": hint}} if hint else {})
