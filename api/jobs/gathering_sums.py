"""Turns sums of answers into the arrays that an edition is made from."""

import datetime
import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from analysis import perception
from analysis.material import WEEK, Completed, Events, blocks
from analysis.statistics.variance import Floats
from api.intake import PERCEPTION
from api.jobs.gathering_sampled import Survey, placed, sampled
from api.jobs.where import Where
from survey.store import instruments, sums
from survey.store.database import Connection
from survey.sums import OF_INDEX
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
        "open": events(await sums.counted(connection, "open", *window), where),
    }


async def invited(connection: Connection) -> dict[str, Any]:
    """How many were asked since the survey began, and how many of them answered."""
    asked, used = await instruments.invited(connection, PERCEPTION)
    return {"invited": asked, "invited_answered": used} if asked else {}


async def index_weeks(
    connection: Connection,
    end: datetime.date,
    where: Where,
    targets: dict[str, Floats],
    survey: Survey,
) -> list[IndexWeek]:
    """Week by week; only weeks whose sums have changed are estimated again, and kept."""
    basis = basis_of(targets, survey, where.city)
    kept = {row["week"]: row["body"] for row in await sums.kept_weeks(connection, basis)}
    last = end - datetime.timedelta(days=WEEK - 1)
    found = []
    for week in await sums.weeks(connection, PERCEPTION, where.first, last):
        if week in kept:
            found.append(msgspec.convert(kept[week], IndexWeek))
            continue
        end = week + datetime.timedelta(days=WEEK - 1)
        cells = await sampled(connection, [week], end, where, survey)
        found.append(perception.week_of(cells, targets, where.city, where.codes, week))
        await sums.keep_week(connection, week, basis, found[-1])
    return found


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
    found = await sums.spans_of(connection, PERCEPTION, days, places)
    rows = [row for row in found if row["version"] in survey.layouts]
    drawn = events(rows, where)
    table = np.array([row["sums"] for row in rows], dtype=np.int64)
    return {
        "drawn": drawn,
        "completed": Completed(day=drawn.day, sums=table.reshape(len(rows), len(places))),
    }


def events(rows: Sequence[Any], where: Where) -> Events:
    """How many people answered, by borough and span."""
    return Events(
        day=np.array([(row["since"] - where.first).days for row in rows], dtype=np.int64),
        area=placed([row["area"] for row in rows], where.number),
        persons=np.array([row["persons"] for row in rows], dtype=np.int64),
    )
