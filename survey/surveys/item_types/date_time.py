"""A day and a time of day."""

from collections.abc import Iterator
from typing import ClassVar

from survey.surveys.item_types.answers import Answer, DayAndCity
from survey.surveys.item_types.date import (
    DayItem,
    day_fields,
    day_in_cell,
    day_rules,
    stored_day,
    trial_day,
)
from survey.surveys.item_types.doors import (
    DayInWords,
    DeviceRule,
    FieldShape,
    FieldValues,
    FormFields,
)
from survey.surveys.item_types.time import stored_time


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
