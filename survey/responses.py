"""Submission (what arrived) and response (what was accepted under the rules of its instrument)."""

import datetime
import math
import re
import unicodedata
from collections.abc import Callable
from typing import Annotated, Any

import msgspec

from survey.instruments import (
    WITHHELD,
    Agreement,
    AnyItem,
    Choice,
    Choices,
    Consent,
    Date,
    Decimal,
    Grid,
    Instrument,
    Mode,
    Rank,
    Scale,
    Text,
    Whole,
    names_of,
)
from survey.problems import Fault, bad_answers, needs_access_code

MOST_STRANGERS = 20
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")  # Python also reads 20071210.5 as a date

Short = Annotated[str, msgspec.Meta(max_length=100)]
Language = Annotated[
    str, msgspec.Meta(max_length=35, pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")
]
Answer = str | int | float | bool | list[str]
Answers = dict[str, Answer]


class Submission(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What arrives from a page, a phone or a client, before any rule has been applied."""

    borough: Short | None = None
    postcode: Short | None = None
    language: Language = "en"
    access_code: Short | None = None
    may_quote: bool = False
    answers: Answers


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """A submission that keeps the rules of its instrument; `texts` are its own words by item."""

    instrument: str
    version: int
    mode: Mode
    area: str
    language: str
    answers: Answers
    texts: dict[str, str]
    may_quote: bool = False


class Kept(msgspec.Struct, frozen=True):
    """The receipt for what was kept; `again` where the same had been sent before."""

    reference: str
    again: bool = False


def accept(
    instrument: Instrument, submission: Submission, area: str, today: datetime.date
) -> Response:
    """The only way to make a Response: every answer is checked, all faults are told at once."""
    if instrument.mode == "sampled" and not submission.access_code:
        raise needs_access_code()
    answers, faults = check_answers(instrument, submission.answers, today)
    if faults:
        raise bad_answers(tuple(faults))
    return Response(
        instrument=instrument.slug,
        version=instrument.version,
        mode=instrument.mode,
        area=area,
        language=submission.language,
        answers={k: v for k, v in answers.items() if k not in instrument.texts()},
        texts=texts_of(instrument, answers),
        may_quote=submission.may_quote,
    )


def texts_of(instrument: Instrument, answers: Answers) -> dict[str, str]:
    """What was written in the person's own words; kept apart from the other answers."""
    written = {name: str(answers[name]) for name in instrument.texts() if name in answers}
    return {name: text for name, text in written.items() if text not in WITHHELD}


def check_answers(
    instrument: Instrument, given: Answers, today: datetime.date
) -> tuple[Answers, list[Fault]]:
    known = set(instrument.answer_names())
    strangers = [name for name in given if name not in known]
    faults = [
        Fault(name[:60], "is not asked in this survey") for name in strangers[:MOST_STRANGERS]
    ]
    kept: Answers = {}
    for item in instrument.items:
        answers, wrong = check_item(item, given, today)
        kept |= answers
        faults += wrong
    return kept, faults


def check_item(item: AnyItem, given: Answers, today: datetime.date) -> tuple[Answers, list[Fault]]:
    """The answers to one item (a grid has one a row), or what is wrong with them."""
    kept: Answers = {}
    faults: list[Fault] = []
    for name in names_of(item):
        answer = given.get(name)
        if answer is None or is_empty(answer) or (answer is False and item.required):
            if item.required:
                faults.append(Fault(name, "needs an answer"))
            continue
        try:
            kept[name] = (
                answer if withheld(item, answer) else RULES[type(item)](item, answer, today)
            )
        except ValueError as wrong:
            faults.append(Fault(name, str(wrong)))
    return kept, faults


def is_empty(answer: Answer) -> bool:
    return answer == [] or (isinstance(answer, str) and not answer.strip())


def withheld(item: AnyItem, answer: Answer) -> bool:
    return item.may_decline and isinstance(answer, str) and answer in WITHHELD


def one_of(item: Choice, answer: Answer, _: datetime.date) -> Answer:
    if answer not in [option.name for option in item.options]:
        raise ValueError("needs one of the options offered")
    return answer


def some_of(item: Choices, answer: Answer, _: datetime.date) -> Answer:
    names = {option.name for option in item.options}
    if not isinstance(answer, list) or not set(answer) <= names or len(set(answer)) < len(answer):
        raise ValueError("needs some of the options offered, each once")
    if item.most is not None and len(answer) > item.most:
        raise ValueError(f"needs {item.most} options at most")
    return answer


def ordered(item: Rank, answer: Answer, _: datetime.date) -> Answer:
    names = [option.name for option in item.options]
    if not isinstance(answer, list) or sorted(answer) != sorted(names):
        raise ValueError("needs every option once, in your order")
    return answer


def one_to_five(item: Agreement | Grid, answer: Answer, _: datetime.date) -> Answer:
    if type(answer) is not int or answer not in range(1, 6):
        raise ValueError("needs a whole number from 1 to 5")
    return answer


def within(item: Scale, answer: Answer, _: datetime.date) -> Answer:
    if type(answer) is not int or answer not in range(item.low, item.high + 1):
        raise ValueError(f"needs a whole number from {item.low} to {item.high}")
    return answer


def whole(item: Whole, answer: Answer, _: datetime.date) -> Answer:
    if type(answer) is not int or not item.least <= answer <= item.most:
        raise ValueError(f"needs a whole number from {item.least} to {item.most}")
    return answer


def number(item: Decimal, answer: Answer, _: datetime.date) -> Answer:
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        raise ValueError("needs a number")
    if not math.isfinite(answer) or not item.least <= answer <= item.most:
        raise ValueError(f"needs a number from {item.least:g} to {item.most:g}")
    return answer


def words(item: Text, answer: Answer, _: datetime.date) -> Answer:
    if not isinstance(answer, str):
        raise ValueError("needs words")
    text = unicodedata.normalize("NFC", answer).replace("\r\n", "\n").strip()
    if len(text) > item.most:
        raise ValueError(f"needs {item.most:,} characters at most; there are {len(text):,}")
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in text):
        raise ValueError("has characters that cannot be printed")
    return text


def day(item: Date, answer: Answer, today: datetime.date) -> Answer:
    try:
        written = str(answer)
        found = datetime.date.fromisoformat(written if DAY.fullmatch(written) else "")
    except ValueError:
        raise ValueError("needs a date such as 2007-12-10") from None
    if found > today and not item.future:
        raise ValueError("needs a date that is not in the future")
    if found.year < 1900:
        raise ValueError("needs a date after 1900")
    return found.isoformat()


def ticked(item: Consent, answer: Answer, _: datetime.date) -> Answer:
    if not isinstance(answer, bool):
        raise ValueError("needs true or false")
    return answer


Rule = Callable[[Any, Answer, datetime.date], Answer]
RULES: dict[type, Rule] = {
    Choice: one_of,
    Choices: some_of,
    Rank: ordered,
    Agreement: one_to_five,
    Grid: one_to_five,
    Scale: within,
    Whole: whole,
    Decimal: number,
    Text: words,
    Date: day,
    Consent: ticked,
}
