"""What an answer can be, and what the rules of every type share."""

import datetime
import math
from collections.abc import Sequence

import msgspec

from survey.places import City

DECLINED = "prefer_not_to_say"
DONT_KNOW = "dont_know"
WITHHELD = frozenset({DECLINED, DONT_KNOW})

SimpleValue = str | int | float | bool | list[str]
Round = dict[str, SimpleValue]
Answer = str | int | float | bool | list[str | Round]
Answers = dict[str, Answer]


class DayAndCity(msgspec.Struct, frozen=True):
    """The day on which, and the city in which, answers are given."""

    today: datetime.date
    city: City | None = None


def has_duplicates(chosen: Sequence[object]) -> bool:
    return len(set(chosen)) < len(chosen)


def check_number(answer: Answer) -> float:
    """The answer unchanged; raises if it is not a number."""
    if isinstance(answer, bool) or not isinstance(answer, int | float):  # True is an int too
        raise ValueError("needs a number")
    return answer


def is_between(least: float | None, answer: float, most: float | None) -> bool:
    """Whether a number lies between two limits, either of which may be missing."""
    return (least is None or least <= answer) and (most is None or answer <= most)


def bounds_phrase(least: float | None, most: float | None) -> str:
    low = "" if least is None else f" from {bound_text(least)}"
    return low + ("" if most is None else f" to {bound_text(most)}")


def bound_text(bound: float) -> str:
    return str(bound) if isinstance(bound, int) else f"{bound:g}"


def number_from_text(text: str) -> Answer:
    """A text as the number it is, whole where it has no fraction; else the text itself."""
    try:
        number = float(text)
    except ValueError:
        return text
    # Python reads "nan" and "inf" too, which are no answers.
    if not math.isfinite(number):
        return text
    return int(number) if number.is_integer() else number


def plain_number(number: float) -> str:
    """A number without a fraction of nothing: 3, not 3.0."""
    return str(int(number)) if float(number).is_integer() else str(number)


def plain_answer(answer: object) -> str:
    """An answer as text; a fraction with ten digits at most."""
    if isinstance(answer, float) and math.isfinite(answer):
        return f"{answer:.10g}"  # 0.1 + 0.2 reads as 0.3
    return str(answer)
