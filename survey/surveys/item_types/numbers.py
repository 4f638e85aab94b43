"""Numbers: whole ones, decimals, a range with steps, a scale whose points have words."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

import msgspec

from survey.problems import Fault
from survey.surveys.item_types.answers import (
    NO_LOWER_LIMIT,
    NO_UPPER_LIMIT,
    Answer,
    BuilderField,
    DayAndCity,
    DeviceRule,
    FieldShape,
    FormFields,
    Option,
    PartFields,
    Wording,
    XlsformRow,
    XlsformSource,
    bounds_phrase,
    check_number,
    is_between,
    number_from_text,
    plain_number,
)
from survey.surveys.item_types.base import Item


class LimitedNumber(Item, frozen=True, kw_only=True):
    """A number between two limits."""

    if TYPE_CHECKING:
        least: float | None
        most: float | None

    builder_fields: ClassVar[tuple[BuilderField, ...]] = (
        BuilderField("least", "Smallest number allowed", "limit", "Leave empty for no limit.",
                     wrong=NO_LOWER_LIMIT),
        BuilderField("most", "Largest number allowed", "limit", "Leave empty for no limit.",
                     wrong=NO_UPPER_LIMIT),
    )  # fmt: skip
    is_number: ClassVar[bool] = True
    field_shape: ClassVar[FieldShape] = "number"
    number_rule: ClassVar[Literal["number", "whole"]] = "number"
    xlsform_type: ClassVar[str] = ""
    # The least and the most of types of rows that have limits of their own.
    xlsform_limits: ClassVar[Mapping[str, tuple[int, int]]] = {}

    def answer_from_text(self, text: str) -> Answer:
        return number_from_text(text)

    def trial_answer(self, *, most: bool) -> Answer:
        bound = self.most if most else self.least
        return bound if bound is not None else 10**9 if most else 1

    def device_rules(self) -> Iterator[DeviceRule]:
        yield DeviceRule(self.number_rule, 0, "x")
        if self.least is not None:
            yield DeviceRule("least", self.least, self.least - 1)
        if self.most is not None:
            yield DeviceRule("most", self.most, self.most + 1)

    def limits_expression(self) -> str:
        low = "" if self.least is None else f". >= {plain_number(self.least)}"
        high = "" if self.most is None else f". <= {plain_number(self.most)}"
        return " and ".join(limit for limit in (low, high) if limit)

    @classmethod
    def fields_from_xlsform(cls, source: XlsformSource) -> PartFields:
        limits = cls.xlsform_limits.get(source.type, (None, None))
        return dict(zip(("least", "most"), limits, strict=True))


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
        points = [round(self.low + place * self.step, 10) for place in range(number + 1)]
        return [
            int(point) if float(point).is_integer() else point
            for point in points
            if point <= self.high
        ]

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
        if not math.isfinite(self.high - self.low):
            yield Fault(self.name, "needs a lowest and a highest number")

    def answer_from_text(self, text: str) -> Answer:
        return number_from_text(text)

    def trial_answer(self, *, most: bool) -> Answer:
        return self.high if most else self.low

    def counted_answers(self) -> dict[str, str]:
        return {str(point): str(point) for point in self.points()}

    def answer_from_form(self, form: FormFields) -> Answer:
        """The answer as typed; a whole number becomes an int, so that 3 and 3.0 are one answer."""
        number = form.number()
        if isinstance(number, float) and number.is_integer() and abs(number) < MOST_EXACT:
            return int(number)
        return number

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
