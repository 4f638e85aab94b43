"""Fields of a form, declared once: what reads and checks them, and what fills them at first."""

import datetime
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Protocol, TypeVar

import msgspec

from api.pages.forms import Errors, Form, Values, day_fields

Made = TypeVar("Made")


class Field(Protocol):
    """One thing that a form asks for, by its name in the form."""

    def read(self, form: Form, name: str) -> object:
        """What was typed, as its type; where it cannot be used, an error at the field."""

    def fill(self, name: str, value: Any) -> Values:
        """The values of the form that show this."""


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
    """A box with the value `yes`; one that has to be ticked has a refusal."""

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
        form.require(near or left, f"{name}-day", self.refusal)
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
    """The fields of a form, each under the attribute that it makes; `names` has the names in the
    form that are others.
    """

    def __init__(self, names: Mapping[str, str] | None = None, /, **fields: Field) -> None:
        self.fields = fields
        self.names = dict(zip(fields, fields, strict=True)) | dict(names or {})

    def read(self, form: Form, into: Callable[..., Made], **more: object) -> Made | None:
        """What was typed, with what is known besides; None if anything in the form is wrong."""
        typed = {key: field.read(form, self.names[key]) for key, field in self.fields.items()}
        return None if form.errors else into(**typed, **more)

    def fill(self, known: object) -> Values:
        """The values of the form at first: what is known, or nothing where `known` is None."""
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
    """What a component of GOV.UK Frontend takes, for a field with its label or legend."""
    ident = more.get("id", name)
    about = more.get("about", ident)
    said = " ".join(sentence for where, sentence in errors if about and where == about)
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
        "errorMessage": {"text": said} if said else None,
        "items": [option(one) for one in (*first, *given)],
    } | dict(more)


def option(given: Any) -> Any:
    """An option as a component takes it, from its value, its words and perhaps a hint."""
    if isinstance(given, str):
        return {"value": given, "text": given}
    if not isinstance(given, tuple):
        return given
    value, words = given
    text, hint = words if isinstance(words, tuple) else (words, "")
    return {"value": value, "text": text} | ({"hint": {"text": hint}} if hint else {})
