"""Days, times of day, and both."""

import datetime
import re
from collections.abc import Iterator
from typing import ClassVar

from survey.surveys.item_types.answers import (
    Answer,
    BuilderField,
    DayAndCity,
    DayInWords,
    DeviceRule,
    FieldShape,
    FieldValues,
    FormFields,
    PartFields,
    XlsformSource,
)
from survey.surveys.item_types.base import Item

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")  # Python also reads 20071210.5 as a date
DAY_MONTH_YEAR = re.compile(r"([0-9]{1,2})[/. -]([0-9]{1,2})[/. -]([0-9]{4})")
FIRST_YEAR = 1900


class DayItem(Item, frozen=True, kw_only=True):
    """A question for a day; `future` says whether days after today are allowed."""

    future: bool = False

    builder_fields: ClassVar[tuple[BuilderField, ...]] = (
        BuilderField("future", "Allow days in the future", "tick"),
    )
    missing: ClassVar[str] = "date"

    def first_field(self, where: str) -> str:
        return "-day"

    def phone_rule(self) -> str:
        return ". >= date('1900-01-01')"

    @classmethod
    def fields_from_xlsform(cls, source: XlsformSource) -> PartFields:
        return {"future": True}  # a limit of theirs is in the constraint


class Date(DayItem, frozen=True, kw_only=True, tag="date"):
    """A day."""

    builder_label: ClassVar[str] = "Date"
    field_shape: ClassVar[FieldShape] = "date"
    xlsform_type: ClassVar[str] = "date"
    xlsform_types: ClassVar[tuple[str, ...]] = ("date", "add date prompt", "q date")

    def stored_answer(self, answer: Answer, around: DayAndCity) -> Answer:
        return stored_day(answer, around, future=self.future)

    def answer_from_cell(self, cell: str) -> Answer:
        return day_in_cell(cell)

    def trial_answer(self, *, most: bool) -> Answer:
        return trial_day(most=most)

    def answer_in_words(self, answer: object, language: str, day: DayInWords) -> str:
        return day(str(answer))

    def answer_from_form(self, form: FormFields) -> Answer:
        return form.date()

    def fields_for_answer(self, answer: Answer) -> FieldValues:
        return day_fields(str(answer))

    def device_rules(self) -> Iterator[DeviceRule]:
        yield from day_rules(future=self.future)

    def limits_expression(self) -> str:
        return "" if self.future else ". <= today()"


def stored_day(answer: Answer, around: DayAndCity, *, future: bool) -> str:
    """A day in the form of ISO 8601; raises ValueError with what is wrong."""
    try:
        written = str(answer)
        day = datetime.date.fromisoformat(written if DAY.fullmatch(written) else "")
    except ValueError:
        raise ValueError("needs a date such as 2007-12-10") from None
    if day > around.today and not future:
        raise ValueError("needs a date that is not in the future")
    if day.year < FIRST_YEAR:
        raise ValueError("needs a date after 1900")
    return day.isoformat()


def day_in_cell(cell: str) -> str:
    """The day in a cell, as spreadsheets of this country write it, in ISO 8601; else the cell."""
    if written := DAY_MONTH_YEAR.fullmatch(cell):
        day, month, year = written.groups()
        return f"{year}-{month:0>2}-{day:0>2}"
    day, _, clock = cell.replace("T", " ").partition(" ")
    return day if clock in ("", "00:00:00") else cell


def day_rules(*, future: bool, time: str = "") -> Iterator[DeviceRule]:
    """The limits of a day; `time` is what follows it in an answer."""
    yield DeviceRule("date", 0, f"unreadable{time}")
    yield DeviceRule("early", FIRST_YEAR, f"1800-01-01{time}")
    if not future:
        yield DeviceRule("future", 0, f"9998-01-01{time}")


def trial_day(*, most: bool) -> str:
    return "9999-12-31" if most else "2026-02-28"


def day_fields(day: str) -> dict[str, list[str]]:
    """The fields of a form that show a day, each a part of it."""
    parts = zip(("year", "month", "day"), day.split("-"), strict=True)
    return {f"-{part}": [text] for part, text in reversed([*parts]) if text}


CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


class Time(Item, frozen=True, kw_only=True, tag="time"):
    """A time of day, in local time."""

    builder_label: ClassVar[str] = "Time of day"
    missing: ClassVar[str] = "time"
    xlsform_type: ClassVar[str] = "time"
    xlsform_types: ClassVar[tuple[str, ...]] = ("time",)

    def stored_answer(self, answer: Answer, around: DayAndCity) -> Answer:
        return stored_time(answer)

    def answer_from_text(self, text: str) -> Answer:
        """The time as the clock showed it, without seconds and zone."""
        return text[: len("23:59")]

    def trial_answer(self, *, most: bool) -> Answer:
        return "23:59" if most else "09:30"

    def device_rules(self) -> Iterator[DeviceRule]:
        yield DeviceRule("time", 0, "x")


def stored_time(answer: Answer) -> str:
    """A time in hours and minutes; raises ValueError with what is wrong."""
    if not isinstance(answer, str) or not CLOCK.fullmatch(answer):
        raise ValueError("needs a time such as 14:30")
    return answer


class DateTime(DayItem, frozen=True, kw_only=True, tag="moment"):
    """A day and a time of day, in local time."""

    builder_label: ClassVar[str] = "Date and time"
    field_shape: ClassVar[FieldShape] = "moment"
    xlsform_type: ClassVar[str] = "dateTime"
    xlsform_types: ClassVar[tuple[str, ...]] = (
        "dateTime", "datetime", "date time", "add date time prompt", "add dateTime prompt",
        "q date time", "q dateTime",
    )  # fmt: skip

    def stored_answer(self, answer: Answer, around: DayAndCity) -> Answer:
        on, _, at = str(answer).partition("T")
        return f"{stored_day(on, around, future=self.future)}T{stored_time(at)}"

    def trial_answer(self, *, most: bool) -> Answer:
        return f"{trial_day(most=most)}T23:59"

    def answer_in_words(self, answer: object, language: str, day: DayInWords) -> str:
        on, _, at = str(answer).partition("T")
        return f"{day(on)}, {at}"

    def answer_from_form(self, form: FormFields) -> Answer:
        on, at = form.date(), form.text("-time")
        return f"{on}T{at}" if on or at else ""

    def fields_for_answer(self, answer: Answer) -> FieldValues:
        on, _, at = str(answer).partition("T")
        return day_fields(on) | ({"-time": [at]} if at else {})

    def device_rules(self) -> Iterator[DeviceRule]:
        yield from day_rules(future=self.future, time="T12:00")
        yield DeviceRule("time", 0, "2007-12-10T")

    def limits_expression(self) -> str:
        return "" if self.future else ". <= now()"

    def answer_from_text(self, text: str) -> Answer:
        """The day and time as the clock showed them, without seconds and zone."""
        return text[: len("2026-02-28T23:59")]

    def answer_from_cell(self, cell: str) -> Answer:
        day, _, clock = cell.replace("T", " ").partition(" ")
        return self.answer_from_text(f"{day_in_cell(day)}T{clock}")
