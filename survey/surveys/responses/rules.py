"""For each type of question, the function that gives the answer to store or says what is wrong."""

import datetime
import math
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import msgspec

from survey.places import City
from survey.problems import Problem
from survey.surveys.instruments import (
    Agreement,
    Borough,
    Consent,
    Date,
    DateTime,
    Decimal,
    File,
    Grid,
    Image,
    Integer,
    Postcode,
    Range,
    Rank,
    Scale,
    SelectMultiple,
    SelectOne,
    Text,
    Time,
)

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")  # Python also reads 20071210.5 as a date
CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
ATTACHED = re.compile(r"[a-z2-7]{26}")

SimpleValue = str | int | float | bool | list[str]
Round = dict[str, SimpleValue]
Answer = str | int | float | bool | list[str | Round]
Answers = dict[str, Answer]


class DayAndCity(msgspec.Struct, frozen=True):
    """The day on which, and the city in which, answers are given."""

    today: datetime.date
    city: City | None = None


EVERY_OPTION = "needs every option once, in your order"


def select_one_answer(item: SelectOne, answer: Answer, _: DayAndCity) -> Answer:
    if answer not in [option.name for option in item.options]:
        raise ValueError("needs one of the options offered")
    return answer


def select_multiple_answer(item: SelectMultiple, answer: Answer, _: DayAndCity) -> Answer:
    names = {option.name for option in item.options}
    chosen = answer if isinstance(answer, list) else [""]
    if not all(isinstance(one, str) and one in names for one in chosen) or has_duplicates(chosen):
        raise ValueError("needs some of the options offered, each once")
    if item.most is not None and len(chosen) > item.most:
        raise ValueError(f"needs {item.most} options at most")
    return answer


def rank_answer(item: Rank, answer: Answer, _: DayAndCity) -> Answer:
    """The ranking of the options that was given, if it is valid.

    Where a filter offers only some, a shorter ranking passes; expressions find what is missing.
    """
    names = sorted(option.name for option in item.options)
    given = sorted(str(one) for one in answer) if isinstance(answer, list) else []
    some = bool(item.filter) and not has_duplicates(given) and set(given) <= set(names)
    if given != names and not some:
        raise ValueError(EVERY_OPTION)
    return answer


def has_duplicates(chosen: list[Any]) -> bool:
    return len(set(chosen)) < len(chosen)


def agreement_answer(item: Agreement | Grid, answer: Answer, _: DayAndCity) -> Answer:
    if type(answer) is not int or answer not in range(1, 6):
        raise ValueError("needs a whole number from 1 to 5")
    return answer


def scale_answer(item: Scale, answer: Answer, _: DayAndCity) -> Answer:
    if type(answer) is not int or answer not in range(item.low, item.high + 1):
        raise ValueError(f"needs a whole number from {item.low} to {item.high}")
    return answer


def integer_answer(item: Integer, answer: Answer, _: DayAndCity) -> Answer:
    if type(answer) is not int or not is_between(item.least, answer, item.most):
        raise ValueError(f"needs a whole number{bounds_phrase(item.least, item.most)}")
    return answer


def decimal_answer(item: Decimal, answer: Answer, _: DayAndCity) -> Answer:
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        raise ValueError("needs a number")
    if not math.isfinite(answer) or not is_between(item.least, answer, item.most):
        raise ValueError(f"needs a number{bounds_phrase(item.least, item.most)}")
    return answer


def is_between(least: float | None, answer: float, most: float | None) -> bool:
    return (least is None or least <= answer) and (most is None or answer <= most)


def bounds_phrase(least: float | None, most: float | None) -> str:
    low = "" if least is None else f" from {bound_text(least)}"
    return low + ("" if most is None else f" to {bound_text(most)}")


def bound_text(bound: float) -> str:
    return str(bound) if isinstance(bound, int) else f"{bound:g}"


def range_answer(item: Range, answer: Answer, _: DayAndCity) -> Answer:
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        raise ValueError("needs a number")
    low, high = sorted((item.low, item.high))
    if not math.isfinite(answer) or not low <= answer <= high:
        raise ValueError(f"needs a number from {low:g} to {high:g}")
    steps = (answer - item.low) / item.step
    if abs(steps - round(steps)) > 1e-9:
        raise ValueError(f"needs a number in steps of {item.step:g} from {item.low:g}")
    return answer


def text_answer(item: Text, answer: Answer, _: DayAndCity) -> Answer:
    if not isinstance(answer, str):
        raise ValueError("needs some text")
    text = unicodedata.normalize("NFC", answer).replace("\r\n", "\n").strip()
    if len(text) > item.most:
        raise ValueError(f"needs {item.most:,} characters at most; there are {len(text):,}")
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in text):
        raise ValueError("has characters that cannot be printed")
    return text


def date_answer(item: Date | DateTime, answer: Answer, around: DayAndCity) -> str:
    try:
        written = str(answer)
        found = datetime.date.fromisoformat(written if DAY.fullmatch(written) else "")
    except ValueError:
        raise ValueError("needs a date such as 2007-12-10") from None
    if found > around.today and not item.future:
        raise ValueError("needs a date that is not in the future")
    if found.year < 1900:
        raise ValueError("needs a date after 1900")
    return found.isoformat()


def time_answer(item: Time | DateTime, answer: Answer, _: DayAndCity) -> str:
    if not isinstance(answer, str) or not CLOCK.fullmatch(answer):
        raise ValueError("needs a time such as 14:30")
    return answer


def date_time_answer(item: DateTime, answer: Answer, around: DayAndCity) -> Answer:
    on, _, at = str(answer).partition("T")
    return f"{date_answer(item, on, around)}T{time_answer(item, at, around)}"


def borough_answer(item: Borough, answer: Answer, around: DayAndCity) -> Answer:
    boroughs = around.city.boroughs() if around.city else []
    try:
        area = around.city.find(str(answer)) if around.city else None
    except Problem:
        area = None
    if area is None or area not in boroughs:
        raise ValueError("needs a borough of this city")
    return area.code


def postcode_answer(item: Postcode, answer: Answer, around: DayAndCity) -> Answer:
    """The borough of a postcode that was typed.

    A borough's code is accepted too, as several boroughs can share a postcode district.
    """
    city = around.city
    if city is None or not isinstance(answer, str):
        raise ValueError("needs a postcode of this city")
    if answer in [area.code for area in city.boroughs()]:
        return answer
    try:
        return city.at(answer).code
    except Problem as problem:
        shared = ", ".join(fault.sentence for fault in problem.faults)
        if shared:
            raise ValueError(f"is in several boroughs, choose one: {shared}") from None
        raise ValueError("needs a postcode of this city") from None


def file_answer(item: Image | File, answer: Answer, _: DayAndCity) -> Answer:
    if not isinstance(answer, str) or not ATTACHED.fullmatch(answer):
        raise ValueError("needs the id of a file that was sent before")
    return answer


def consent_answer(item: Consent, answer: Answer, _: DayAndCity) -> Answer:
    if not isinstance(answer, bool):
        raise ValueError("needs true or false")
    return answer


AnswerRule = Callable[[Any, Answer, DayAndCity], Answer]
RULES: dict[type, AnswerRule] = {
    SelectOne: select_one_answer,
    SelectMultiple: select_multiple_answer,
    Rank: rank_answer,
    Agreement: agreement_answer,
    Grid: agreement_answer,
    Scale: scale_answer,
    Range: range_answer,
    Integer: integer_answer,
    Decimal: decimal_answer,
    Text: text_answer,
    Date: date_answer,
    Time: time_answer,
    DateTime: date_time_answer,
    Consent: consent_answer,
    Borough: borough_answer,
    Postcode: postcode_answer,
    Image: file_answer,
    File: file_answer,
}
