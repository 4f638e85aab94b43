"""How the closed questions of one survey were answered: counts as they came, not weighted."""

import datetime
from collections import Counter
from typing import Any

import msgspec

from analysis import disclosure
from survey.instruments import (
    DECLINED,
    DONT_KNOW,
    Agreement,
    AnyItem,
    Break,
    Choice,
    Choices,
    Consent,
    Grid,
    Harmony,
    Instrument,
    Range,
    Scale,
    said,
)
from survey.instruments.versions import by_name
from survey.store import responses
from survey.store.database import Connection

WEEKS = 12
Labels = dict[str, str]


class Bar(msgspec.Struct, frozen=True):
    label: str
    count: int
    percent: int


class Answered(msgspec.Struct, frozen=True):
    """One question, how many answered it, and how; no bars where they were too few.

    `breaks` say from which version on the answers are not quite comparable.
    """

    question: str
    base: int
    bars: list[Bar]
    breaks: list[str]


async def every(connection: Connection, versions: list[Instrument]) -> list[Answered]:
    """The answers to all versions of a survey, under the questions and options of today."""
    harmony = Harmony(versions)
    asked = parts_over(harmony)
    bases, counts = Counter[str](), Counter[tuple[str, str]]()
    for one in versions:
        key = one.slug, one.version
        for name, answers in (await responses.bases(connection, *key)).items():
            bases[harmony.named(one.version, name)] += answers
        names = list(by_name(one))
        for row in await responses.tally(connection, *key, names):
            today = harmony.answers(one.version, {row["item"]: [row["answer"]]})
            counts[next((name, told[0]) for name, told in today.items())] += row["answers"]
    found = harmony.breaks()
    return [
        Answered(question, bases[name], bars(name, labels, counts, bases[name]), told(found, name))
        for name, question, labels in asked
    ]


def parts_over(harmony: Harmony) -> list[tuple[str, str, Labels]]:
    """The closed questions of all versions, today's first, with every option ever offered."""
    found: dict[str, tuple[str, str, Labels]] = {}
    for one in reversed(harmony.versions):
        for item in one.questions():
            for name, question, labels in parts_of(item):
                today = harmony.named(one.version, name)
                more = {k: said(text) for k, text in harmony.options(today).items()}
                found.setdefault(today, (today, question, more | labels if more else labels))
    return list(found.values())


def told(breaks: list[Break], name: str) -> list[str]:
    return [f"Version {one.version}: {one.why}." for one in breaks if one.name == name]


def bars(name: str, labels: Labels, counts: Counter[tuple[str, str]], base: int) -> list[Bar]:
    if base < disclosure.FEWEST_TO_COUNT:
        return []
    found = [(label, counts[name, answer]) for answer, label in labels.items()]
    return [Bar(label, count, round(100 * count / base)) for label, count in found]


def parts_of(item: AnyItem) -> list[tuple[str, str, Labels]]:
    """Key, question and labels of each closed question in an item."""
    labels = labels_of(item)
    if not labels:
        return []
    if item.may_decline:
        labels |= {DECLINED: "Prefer not to say", DONT_KNOW: "Don’t know"}
    if isinstance(item, Grid):
        return [(row.name, f"{said(item.text)} {said(row.text)}", labels) for row in item.rows]
    return [(item.name, said(item.text), labels)]


def labels_of(item: AnyItem) -> Labels:
    if isinstance(item, Choice | Choices):
        return {option.name: said(option.text) for option in item.options}
    if isinstance(item, Agreement | Grid):
        return {str(place): said(label) for place, label in enumerate(item.labels, 1)}
    if isinstance(item, Range):
        return {str(point): str(point) for point in item.points()}
    if isinstance(item, Scale):
        return {str(number): str(number) for number in range(item.low, item.high + 1)}
    return {"true": "Yes", "false": "No"} if isinstance(item, Consent) else {}


def weeks(rows: list[Any], this_week: datetime.date) -> list[tuple[datetime.date, int]]:
    """The last weeks since the first answer, the newest first; a week without answers has 0."""
    counts = {row["week"]: row["answers"] for row in rows}
    mondays = [this_week - datetime.timedelta(weeks=back) for back in range(WEEKS)]
    first = min(counts, default=this_week)
    return [(monday, counts.get(monday, 0)) for monday in mondays if monday >= first]
