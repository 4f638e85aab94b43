"""A whole number."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from survey.surveys.item_types.answers import Answer, DayAndCity, bounds_phrase, is_between
from survey.surveys.item_types.doors import FormFields
from survey.surveys.item_types.families import LimitedNumber


class Integer(LimitedNumber, frozen=True, kw_only=True, tag="whole"):
    """A whole number, by default none below 0."""

    least: int | None = 0
    most: int | None = 1_000_000

    builder_label: ClassVar[str] = "Whole number"
    number_rule: ClassVar[Literal["number", "whole"]] = "whole"
    xlsform_type: ClassVar[str] = "integer"
    xlsform_types: ClassVar[tuple[str, ...]] = (
        "integer", "int", "add integer prompt", "q int", "percentage",
        "number of days in last month", "number of days in last six months",
        "number of days in last year",
    )  # fmt: skip
    xlsform_limits: ClassVar[Mapping[str, tuple[int, int]]] = {
        "percentage": (0, 100), "number of days in last month": (0, 31),
        "number of days in last six months": (0, 183), "number of days in last year": (0, 365),
    }  # fmt: skip

    def stored_answer(self, answer: Answer, around: DayAndCity) -> Answer:
        if type(answer) is not int or not is_between(self.least, answer, self.most):
            raise ValueError(f"needs a whole number{bounds_phrase(self.least, self.most)}")
        return answer

    def answer_from_form(self, form: FormFields) -> Answer:
        return form.integer()
