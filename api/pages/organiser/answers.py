"""How the closed questions of one survey were answered: counts as they came, not weighted."""

import datetime
from typing import Any

import msgspec

from analysis import disclosure
from survey.instruments import (
    DECLINED,
    DONT_KNOW,
    Agreement,
    AnyItem,
    Choice,
    Choices,
    Consent,
    Grid,
    Instrument,
    Scale,
    said,
)
from survey.store import responses
from survey.store.database import Connection

WEEKS = 12
Labels = dict[str, str]


class Bar(msgspec.Struct, frozen=True):
    label: str
    count: int
    percent: int


class Answered(msgspec.Struct, frozen=True):
    """One question, how many answered it, and how; no bars where they were too few."""

    question: str
    base: int
    bars: list[Bar]


async def every(connection: Connection, instrument: Instrument) -> list[Answered]:
    parts = [part for item in instrument.questions() for part in parts_of(item)]
    key = instrument.slug, instrument.version
    bases = await responses.bases(connection, *key)
    rows = await responses.tally(connection, *key, [name for name, _, _ in parts])
    counts = {(row["item"], row["answer"]): row["answers"] for row in rows}
    return [
        Answered(question, base := bases.get(name, 0), bars(name, labels, counts, base))
        for name, question, labels in parts
    ]


def bars(name: str, labels: Labels, counts: dict[tuple[str, str], int], base: int) -> list[Bar]:
    if base < disclosure.FEWEST_TO_COUNT:
        return []
    found = [(label, counts.get((name, answer), 0)) for answer, label in labels.items()]
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
    if isinstance(item, Scale):
        return {str(number): str(number) for number in range(item.low, item.high + 1)}
    return {"true": "Yes", "false": "No"} if isinstance(item, Consent) else {}


def weeks(rows: list[Any], this_week: datetime.date) -> list[tuple[datetime.date, int]]:
    """The last weeks, the newest first; a week without answers is nought, not missing."""
    counts = {row["week"]: row["answers"] for row in rows}
    mondays = [this_week - datetime.timedelta(weeks=back) for back in range(WEEKS)]
    return [(monday, counts.get(monday, 0)) for monday in mondays]
