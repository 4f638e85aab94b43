"""A number in equal steps between two ends."""

import math
from collections.abc import Iterator, Sequence
from typing import ClassVar

from survey.problems import Fault
from survey.surveys.item_types.answers import (
    Answer,
    DayAndCity,
    check_number,
    number_from_text,
    plain_number,
)
from survey.surveys.item_types.base import Item
from survey.surveys.item_types.doors import (
    BuilderField,
    DeviceRule,
    FieldShape,
    FormFields,
    Option,
    PartFields,
    XlsformRow,
    XlsformSource,
)

MOST_POINTS = 12  # of a range that is shown as a list to choose from
MOST_EXACT = 1e15  # up to 2**53 every whole number is a float


class Range(Item, frozen=True, kw_only=True, tag="range"):
    """A number between two others, in equal steps from the lower one."""

    low: float = 0
    high: float = 100
    step: float = 1

    builder_label: ClassVar[str] = "Number in steps"
    builder_fields: ClassVar[tuple[BuilderField, ...]] = (
        BuilderField("low", "Lowest number", "number"),
        BuilderField("high", "Highest number", "number"),
        BuilderField("step", "Steps of", "number"),
    )
    is_number: ClassVar[bool] = True
    field_shape: ClassVar[FieldShape] = "number"
    xlsform_types: ClassVar[tuple[str, ...]] = ("range",)

    def points(self) -> list[float]:
        """The numbers to choose from if there are few enough to show, else an empty list."""
        if not self.step > 0 or not 0 < (self.high - self.low) / self.step < MOST_POINTS:
            return []
        number = round((self.high - self.low) / self.step)
        found = [round(self.low + place * self.step, 10) for place in range(number + 1)]
        return [int(one) if float(one).is_integer() else one for one in found if one <= self.high]

    def stored_answer(self, answer: Answer, around: DayAndCity) -> Answer:
        number = check_number(answer)
        low, high = sorted((self.low, self.high))
        if not math.isfinite(number) or not low <= number <= high:
            raise ValueError(f"needs a number from {low:g} to {high:g}")
        # Surveys published before steps of 0 were refused take any number between the ends.
        steps = (number - self.low) / self.step if self.step > 0 else 0
        if abs(steps - round(steps)) > 1e-9:  # 0.3 / 0.1 is not quite 3
            raise ValueError(f"needs a number in steps of {self.step:g} from {self.low:g}")
        return answer

    def faults(self) -> Iterator[Fault]:
        if not 0 < self.step < math.inf:
            yield Fault(self.name, "needs steps of more than 0")

    def answer_from_text(self, text: str) -> Answer:
        return number_from_text(text)

    def trial_answer(self, *, most: bool) -> Answer:
        return self.high if most else self.low

    def counted_answers(self) -> dict[str, str]:
        return {str(point): str(point) for point in self.points()}

    def answer_from_form(self, form: FormFields) -> Answer:
        """The answer as typed; a whole number becomes an int, so that 3 and 3.0 are one answer."""
        found = form.number()
        if isinstance(found, float) and found.is_integer() and abs(found) < MOST_EXACT:
            return int(found)
        return found

    def device_rules(self) -> Iterator[DeviceRule]:
        low, high = sorted((self.low, self.high))
        yield DeviceRule("number", 0, "x")
        yield DeviceRule("least", low, low - 1)
        yield DeviceRule("most", high, high + 1)
        if self.step > 0:
            yield DeviceRule("step", self.step, self.low + self.step / 2)

    def xlsform(self, areas: Sequence[Option] = ()) -> XlsformRow:
        ends = f"start={plain_number(self.low)} end={plain_number(self.high)}"
        return XlsformRow("range", {"parameters": f"{ends} step={plain_number(self.step)}"})

    @classmethod
    def fields_from_xlsform(cls, source: XlsformSource) -> PartFields:
        ends = {"low": ("start", 0), "high": ("end", 10), "step": ("step", 1)}
        return {
            key: float(source.parameters.get(name, usual)) for key, (name, usual) in ends.items()
        }
