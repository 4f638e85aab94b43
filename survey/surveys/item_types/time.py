"""A time of day."""

import re
from collections.abc import Iterator
from typing import ClassVar

from survey.surveys.item_types.answers import Answer, DayAndCity
from survey.surveys.item_types.base import Item
from survey.surveys.item_types.doors import DeviceRule

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
