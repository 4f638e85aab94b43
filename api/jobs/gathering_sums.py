"""Turns sums of answers into the arrays that an edition is made from."""

import datetime
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
import numpy as np

from analysis import perception
from analysis.material import WEEK, Completed, Events, blocks
from analysis.statistics.variance import Floats
from api.intake import PERCEPTION
from api.jobs import calendar
from api.jobs.gathering_sampled import Survey, placed, sampled
from api.jobs.where import Where
from survey.store import instruments, sums
from survey.store.database import Connection
from survey.sums import OF_INDEX, SpanCount, SpanSums
from survey.weeks import IndexWeek

BEFORE = datetime.timedelta(weeks=8)  # what a period is held against
Days = tuple[datetime.date, datetime.date]


async def answered(
    connection: Connection, kind: str, period: Days, where: Where, targets: dict[str, Floats]
) -> dict[str, Any]:
    """The answers of the window in both streams, and the index of every whole week to its end.

    A week's edition tells nothing of single items, so that their sums stay where they are.
    """
    window = (period[0] - BEFORE, period[1])
    survey = Survey(await instruments.versions(connection, PERCEPTION))
    items = survey.items if kind == "monthly" else ()
    return {
        "sampled": await sampled(
            connection, blocks(kind, *period), period[1], where, survey, items
        ),
        **await by_span(connection, window, where, survey),
        "index_weeks": await index_weeks(connection, period[1], where, targets, survey),
        "open": events(await sums.persons_by_span(connection, "open", *window), where),
    }


async def invited(connection: Connection) -> dict[str, Any]:
    """How many were asked since the survey began, and how many of them answered."""
    asked, used = await instruments.invited(connection, PERCEPTION)
    return {"invited": asked, "invited_answered": used} if asked else {}


async def by_week(
    connection: Connection,
    basis: str,
    weeks: Sequence[datetime.date],
    make: Callable[[datetime.date], Awaitable[Any]],
) -> list[Any]:
    """What is made of each week; only weeks whose sums have changed are made again, and kept."""
    kept = await sums.kept_weeks(connection, basis)
    alone = await sums.may_keep(connection)
    found = []
    for week in weeks:
        if week not in kept:
            kept[week] = msgspec.to_builtins(await make(week))
            if alone:
                await sums.keep_week(connection, week, basis, kept[week])
        found.append(kept[week])
    return found


def sunday(week: datetime.date) -> datetime.date:
    return week + datetime.timedelta(days=WEEK - 1)


async def index_weeks(
    connection: Connection,
    end: datetime.date,
    where: Where,
    targets: dict[str, Floats],
    survey: Survey,
) -> list[IndexWeek]:
    """The index of every whole week up to a day."""

    async def estimated(week: datetime.date) -> IndexWeek:
        cells = await sampled(connection, [week], sunday(week), where, survey)
        return perception.week_of(cells, targets, where.city, where.codes, week)

    last = end - datetime.timedelta(days=WEEK - 1)
    weeks = await sums.weeks(connection, PERCEPTION, where.first, last)
    basis = basis_of(targets, survey, where.city)
    return msgspec.convert(await by_week(connection, basis, weeks, estimated), list[IndexWeek])


def basis_of(targets: dict[str, Floats], survey: Survey, city: str) -> str:
    """What a week's estimate rests on beside its answers."""
    told = msgspec.json.encode(
        (
            perception.METHOD,
            city,
            survey.index,
            sorted(survey.layouts),
            {name: target.tolist() for name, target in targets.items()},
        )
    )
    return hashlib.sha256(told).hexdigest()


async def by_span(
    connection: Connection, days: Days, where: Where, survey: Survey
) -> dict[str, Any]:
    """How many were drawn and answered, and those of them who answered every item of the index."""
    k = len(survey.index.items)
    places = range(OF_INDEX + 1, OF_INDEX + 2 + k + k * (k + 1) // 2)

    async def of_week(week: datetime.date) -> list[SpanSums]:
        return await sums.spans_of(connection, PERCEPTION, (week, sunday(week)), places)

    weeks = await sums.weeks(connection, PERCEPTION, calendar.this_week(days[0]), days[1])
    found = await by_week(connection, f"spans of {k} items", weeks, of_week)
    rows = [
        row
        for week in msgspec.convert(found, list[list[SpanSums]])
        for row in week
        if row.version in survey.layouts and days[0] <= row.since <= days[1]
    ]
    drawn = events(rows, where)
    table = np.array([row.sums for row in rows], dtype=np.int64)
    return {
        "drawn": drawn,
        "completed": Completed(day=drawn.day, sums=table.reshape(len(rows), len(places))),
    }


def events(spans: Sequence[SpanCount | SpanSums], where: Where) -> Events:
    """How many people answered, by borough and span."""
    return Events(
        day=np.array([(one.since - where.first).days for one in spans], dtype=np.int64),
        area=placed([one.area for one in spans], where.number),
        persons=np.array([one.persons for one in spans], dtype=np.int64),
    )
