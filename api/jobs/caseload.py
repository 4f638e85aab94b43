"""Reads complaints, turns their rows into arrays, and gives their figures as they may leave."""

import datetime
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import anyio
import msgspec
import numpy as np

from analysis import caseload as counting
from analysis import residents
from analysis.disclosure.caseload import caseload as gate
from api import clock
from survey import margins
from survey.caseload import CHANNELS, OUTCOMES, STEPS, Course, Told, Turn, course
from survey.places import City
from survey.store import caseload, places
from survey.store.database import Connection, Database

DAY = datetime.timedelta(days=1)


async def figures(
    database: Database, start: datetime.date, end: datetime.date, kinds: Sequence[str]
) -> Told:
    """Figures on the complaints of these days; `kinds` the list of allegations in its order."""
    async with database.connection() as connection:
        read = await gathered(connection, start, end, kinds)
    return await anyio.to_thread.run_sync(lambda: gate(counting.caseload(*read)))


async def gathered(
    connection: Connection, start: datetime.date, end: datetime.date, kinds: Sequence[str]
) -> tuple[counting.Period, counting.Lodged, counting.Opened]:
    inside = clock.midnight(start), clock.midnight(end + DAY)
    city = await places.get_city(connection)
    cases = await caseload.opened(connection, *inside)
    events = await caseload.turns(connection, *inside)
    every = list(dict.fromkeys([*kinds, *sorted({kind for row in cases for kind in row["kinds"]})]))
    codes = tuple(area.code for area in city.boroughs())
    period = counting.Period(
        start=start,
        end=end,
        as_of=clock.today(),
        city=city.name,
        codes=codes,
        **await living(connection, city, end.year),
        kinds=tuple(every),
        erased=await caseload.erased(connection, start, end),
    )
    lodged = lodged_of(await caseload.lodged(connection, *inside), codes)
    return period, lodged, opened_of(cases, courses(cases, events), codes, every, clock.now())


async def living(connection: Connection, city: City, year: int) -> dict[str, Any]:
    """Residents of each borough, and where a rate of them does not mislead."""
    boroughs = city.boroughs()
    people = margins.at_year(await places.populations(connection, "total"), year)
    return {
        "residents": residents.totals(people, [area.code for area in boroughs]),
        "rated": np.array([area.per_resident for area in boroughs]),
    }


def numbers(names: Sequence[str], given: Sequence[str]) -> Any:
    place = {name: i for i, name in enumerate(names)}
    return np.array([place[one] for one in given], dtype=np.int64)


def lodged_of(rows: Sequence[Any], codes: Sequence[str]) -> counting.Lodged:
    roots = {row["root"]: i for i, row in enumerate(rows)}
    return counting.Lodged(
        area=numbers(codes, [row["area"] for row in rows]),
        channel=numbers(CHANNELS, [row["channel"] for row in rows]),
        case=np.array([roots[row["root"]] for row in rows], dtype=np.int64),
        same=np.array([row["same_person"] for row in rows], dtype=bool),
    )


def courses(cases: Sequence[Any], events: Sequence[Any]) -> list[Course]:
    of: defaultdict[Any, list[Turn]] = defaultdict(list)
    for row in events:
        fields = {name: value for name, value in row.items() if name != "root"}
        of[row["root"]].append(msgspec.convert(fields, Turn))
    return [course(of[row["id"]], row["kinds"]) for row in cases]


def opened_of(
    cases: Sequence[Any],
    went: Sequence[Course],
    codes: Sequence[str],
    kinds: Sequence[str],
    now: datetime.datetime,
) -> counting.Opened:
    """A step that was not taken lasts to the end of the case, or to now."""
    allegations = [(i, *one) for i, case in enumerate(went) for one in case.outcomes.items()]
    steps = [[getattr(one, step) for step in STEPS] for one in went]
    taken = np.array([[at is not None for at in row] for row in steps], dtype=bool)
    reached = taken.reshape(-1, len(STEPS))
    closed = np.array([one.closed is not None for one in went], dtype=bool)
    days = [
        [((at or one.closed or now) - case["received_at"]) / DAY for at in row]
        for case, one, row in zip(cases, went, steps, strict=True)
    ]
    return counting.Opened(
        area=numbers(codes, [row["area"] for row in cases]),
        days=np.array(days, dtype=np.float64).reshape(-1, len(STEPS)),
        reached=reached,
        ended=~reached & closed[:, None],
        of=np.array([one[0] for one in allegations], dtype=np.int64),
        kind=numbers(kinds, [one[1] for one in allegations]),
        outcome=numbers(OUTCOMES, [one[2] for one in allegations]),
    )
