"""A number that may have a fraction."""

import math
from typing import ClassVar

from survey.surveys.item_types.answers import (
    Answer,
    DayAndCity,
    bounds_phrase,
    check_number,
    is_between,
)
from survey.surveys.item_types.doors import FormFields
from survey.surveys.item_types.families import LimitedNumber


class Decimal(LimitedNumber, frozen=True, kw_only=True, tag="decimal"):
    """A number, by default none below 0."""

    least: float | None = 0
    most: float | None = 1_000_000

    builder_label: ClassVar[str] = "Number"
    xlsform_type: ClassVar[str] = "decimal"
    xlsform_types: ClassVar[tuple[str, ...]] = ("decimal", "add decimal prompt", "q decimal")

    def stored_answer(self, answer: Answer, around: DayAndCity) -> Answer:
        number = check_number(answer)
        # Without limits NaN and infinity would pass, and JSON has neither.
        if not math.isfinite(number) or not is_between(self.least, number, self.most):
            raise ValueError(f"needs a number{bounds_phrase(self.least, self.most)}")
        return answer

    def answer_from_form(self, form: FormFields) -> Answer:
        return form.number()
