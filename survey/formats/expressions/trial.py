"""A survey tried out before it is published: with no answers, with usual ones, with the largest."""

import datetime
from collections.abc import Iterable, Iterator
from typing import Any

from survey.formats.expressions.metering import LONGEST
from survey.instruments import (
    Agreement,
    AnyPart,
    Calculate,
    Choice,
    Choices,
    Consent,
    Date,
    Decimal,
    Foreign,
    Grid,
    Instrument,
    Leaf,
    Moment,
    Note,
    Range,
    Rank,
    Repeat,
    Scale,
    Text,
    Time,
    Whole,
    every,
    leaves,
    names_of,
)
from survey.instruments.checking import all_names
from survey.instruments.references import EXPRESSIONS, NAMED, SPEAKING
from survey.problems import Fault
from survey.responses import MOST_ROUNDS, Answers

OF_EVERY_FORM = ("instanceID", "instanceName")
RULES = {"required_when": "required", "calculation": "calculate", "filter": "choice_filter"}
AT = datetime.datetime(2026, 2, 28, 12)  # noqa: DTZ001 - the wall clock of whoever answers
TOO_MUCH = (
    "its conditions and calculations take too long for one answer: make them shorter, or repeat "
    "fewer questions"
)


def faults_of_names(instrument: Instrument) -> list[Fault]:
    """Rules and words that speak of a question that is not there."""
    known = {*all_names(instrument), *OF_EVERY_FORM}
    return [
        Fault(f"{part.name}: {field}", f"there is no question called “{name}” in this survey")
        for part in every(instrument.items)
        for field, text in texts_of(part)
        for name in NAMED.findall(text)
        if name not in known
    ]


def texts_of(part: AnyPart) -> Iterator[tuple[str, str]]:
    """Each expression and each wording of a part, by its field."""
    for field in EXPRESSIONS:
        yield RULES.get(field, field), getattr(part, field, "") or ""
    for field in SPEAKING:
        for text in (getattr(part, field, None) or {}).values():
            yield field, text


def faults_of_cycles(instrument: Instrument) -> list[Fault]:
    """A calculation that needs its own outcome has none, and grows each time it is asked."""
    needs = {
        part.name: set(NAMED.findall(part.calculation))
        for part in every(instrument.items)
        if isinstance(part, Calculate)
    }
    waiting = {name: wanted & needs.keys() for name, wanted in needs.items()}
    while free := {name for name, wanted in waiting.items() if not wanted}:
        waiting = {name: wanted - free for name, wanted in waiting.items() if wanted}
    return [
        Fault(
            f"{name}: calculate", "it depends on its own result, through " + ", ".join(sorted(on))
        )
        for name, on in waiting.items()
    ]


def answers_to(instrument: Instrument) -> Iterator[Answers]:
    yield {}
    yield answers_of(instrument.items, most=False)
    yield answers_of(instrument.items, most=True)


def answers_of(parts: Iterable[Any], *, most: bool) -> Answers:
    found: dict[str, Any] = {}
    for item in leaves(parts):
        if isinstance(item, Repeat):
            rounds = MOST_ROUNDS if most else 2
            found[item.name] = [answers_of(item.items, most=most) for _ in range(rounds)]
        else:
            answer = answer_to(item, most=most)
            found |= {name: answer for name in names_of(item) if answer is not None}
    return found


def answer_to(item: Leaf, *, most: bool) -> Any:
    if isinstance(item, Calculate | Note | Foreign):
        return None
    if isinstance(item, Choice):
        return item.options[-1 if most else 0].name
    if isinstance(item, Choices | Rank):
        names = [option.name for option in item.options]
        return names if most or isinstance(item, Rank) else names[:1]
    if isinstance(item, Whole | Decimal):
        bound = item.most if most else item.least
        return bound if bound is not None else 10**9 if most else 1
    if isinstance(item, Scale | Range):
        return item.high if most else item.low
    if isinstance(item, Agreement | Grid):
        return 5 if most else 3
    if isinstance(item, Text):
        return "a word " * (min(item.most, LONGEST) // 7) if most else "some words"
    return plain_answer_to(item, most=most)


def plain_answer_to(item: Leaf, *, most: bool) -> Any:
    day = "9999-12-31" if most else "2026-02-28"
    if isinstance(item, Date):
        return day
    if isinstance(item, Moment):
        return f"{day}T23:59"
    if isinstance(item, Time):
        return "23:59" if most else "09:30"
    return True if isinstance(item, Consent) else "E09000012"
