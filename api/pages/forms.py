"""A form as somebody sent it: what was typed, what is wrong with it, how fields are read."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

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


def whole_number(text: str) -> int | None:
    """The number in digits that a browser sent; None for anything else, and for more digits."""
    digits = text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS
    return int(text) if digits else None


class Form(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The text fields of a form as they were typed, and what is wrong with them.

    A page that is shown again takes both from here: so no refusal loses what was typed, and each
    error names its field. An error without a field is about the whole form. `code`, `remedy` and
    `faults` are those of a refusal by what the form was for.
    """

    values: Values = {}
    errors: Errors = []
    code: str = ""
    remedy: str = ""
    faults: tuple[Fault, ...] = ()
    status: int = 422

    def get(self, name: str, default: str = "") -> str:
        """The text of a field; the last one if a field comes twice."""
        found = self.values.get(name)
        return printable_text(str(found[-1])) if found else default

    def __getitem__(self, name: str) -> str:
        return self.get(name)

    def __contains__(self, name: object) -> bool:
        return name in self.values

    def number(self, name: str) -> int | None:
        """The whole number in a field, such as a version; None if there is none that we use."""
        return whole_number(self[name])

    def all(self, name: str) -> list[str]:
        """Every value of a field, such as of boxes that were ticked."""
        return [printable_text(str(one)) for one in self.values.get(name, [])]

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
        """Add what a refusal says, each sentence at its field, with its status and its remedy."""
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
    """A date as it is typed, for messages: one that has passed, as most that are asked for have."""
    return f"10 12 {clock.today().year - 1}"


def first_value(values: Values, name: str) -> str:
    found = values.get(name) or [""]
    return str(found[0]).strip()


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
