"""A whole number between two ends that have words."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from survey.surveys.item_types.answers import Answer, DayAndCity, number_from_text, plain_number
from survey.surveys.item_types.base import Item
from survey.surveys.item_types.doors import (
    BuilderField,
    FormFields,
    Option,
    PartFields,
    Wording,
    XlsformRow,
)


class Scale(Item, frozen=True, kw_only=True, tag="scale"):
    """Whole numbers with words at both ends, such as 0 to 10."""

    low: int = 0
    high: int = 10
    low_label: Wording = msgspec.field(default_factory=dict)
    high_label: Wording = msgspec.field(default_factory=dict)

    builder_label: ClassVar[str] = "Scale, such as 0 to 10"
    builder_fields: ClassVar[tuple[BuilderField, ...]] = (
        BuilderField("low", "Lowest number", "number"),
        BuilderField("high", "Highest number", "number"),
        BuilderField("low_label", "Words at the lowest number", "words"),
        BuilderField("high_label", "Words at the highest number", "words"),
    )
    is_number: ClassVar[bool] = True
    is_picked: ClassVar[bool] = True
    missing: ClassVar[str] = "select"
    offers_dont_know: ClassVar[bool] = True
    xlsform_is_own: ClassVar[bool] = False

    def stored_answer(self, answer: Answer, around: DayAndCity) -> Answer:
        if type(answer) is not int or answer not in range(self.low, self.high + 1):
            raise ValueError(f"needs a whole number from {self.low} to {self.high}")
        return answer

    def answer_from_text(self, text: str) -> Answer:
        return number_from_text(text)

    def trial_answer(self, *, most: bool) -> Answer:
        return self.high if most else self.low

    def counted_answers(self) -> dict[str, str]:
        return {str(number): str(number) for number in range(self.low, self.high + 1)}

    def answer_from_form(self, form: FormFields) -> Answer:
        return form.integer()

    def xlsform(self, areas: Sequence[Option] = ()) -> XlsformRow:
        ends = f"start={plain_number(self.low)} end={plain_number(self.high)} step=1"
        return XlsformRow("range", {"parameters": ends})

    @classmethod
    def own_xlsform_fields(cls, fields: PartFields, reverse: frozenset[str]) -> PartFields:
        ends = {end: fields[end] for end in ("low", "high")}
        return fields | {
            end: int(number) for end, number in ends.items() if isinstance(number, float)
        }
