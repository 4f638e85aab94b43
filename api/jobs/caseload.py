"""Reads complaints, turns their rows into arrays, and gives their figures as they may leave."""

import datetime
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np

from analysis import caseload as counting
from analysis import residents
from analysis.disclosure import caseload as gate
from api import clock
from api.jobs.gathering import counts_since
from api.jobs.threads import run_in_thread
from survey import margins
from survey.caseload import CHANNELS, OUTCOMES, STEPS, Caseload, Course, Told, Turn, course
from survey.margins import Population
from survey.places import City
from survey.problems import Conflict
from survey.store import case_figures, caseload, places, reports
from survey.store.database import Connection, Database

DAY = datetime.timedelta(days=1)
MONTH = datetime.timedelta(days=31)  # from the first of a month into the next one
Days = tuple[datetime.date, datetime.date]


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What was read, as rows; it is counted in a thread of its own."""

    city: City
    people: list[Population]
    lodged: Sequence[Any]
    opened: Sequence[Any]
    turns: Sequence[Any]
    erased: int


async def figures(
    database: Database, days: Days, kinds: Sequence[str], *, file: bool = False
) -> Told:
    """Figures on the complaints of these days; `kinds` the list of allegations in its order.

    `file` as the file of these days tells them, or would: beside all that editions told.
    """
    async with database.connection() as connection:
        if not file:
            return await computed(connection, days, kinds)
        found = await case_figures.find(connection, days[0])
        return found or await of_file(connection, days, kinds)


async def months(
    database: Database, first: datetime.date, last: datetime.date
) -> list[tuple[datetime.date, int | None]]:
    """Whole months, from the one of `first` to the one before `last`, and how many complained."""
    async with database.connection() as connection:
        found = await caseload.by_month(connection, clock.midnight(first), clock.midnight(last))
    days = [first]
    while (following := (days[-1] + MONTH).replace(day=1)) < last:
        days.append(following)
    return list(zip(days, gate.months([found.get(day, 0) for day in days]), strict=True))


async def take_file(connection: Connection, days: Days, kinds: Sequence[str], *, by: str) -> Told:
    """The figures of a quarter as its file tells them: those of the file that was taken first."""
    async with connection.transaction():
        if not await reports.lock_counts(connection):
            raise being_made()
        found = await case_figures.find(connection, days[0])
        if found is None:
            found = await of_file(connection, days, kinds)
            await case_figures.insert(connection, found, by=by)
    return found


async def of_file(connection: Connection, days: Days, kinds: Sequence[str]) -> Told:
    """The figures of a quarter that may stand beside all that editions and other files told."""
    city = await places.get_city(connection)
    earlier = await counts_since(connection, days[0], city.name)
    return await computed(connection, days, kinds, lambda found: gate.as_file(found, earlier))


async def computed(
    connection: Connection,
    days: Days,
    kinds: Sequence[str],
    passed: Callable[[Caseload], Told] = gate.caseload,
) -> Told:
    read = await gathered(connection, *days)
    now = clock.now()
    return await run_in_thread(lambda: passed(counting.caseload(*arrays(read, days, kinds, now))))


def being_made() -> Conflict:
    return Conflict(
        "figures.edition_being_made",
        "An edition is being prepared, and this file depends on it.",
        "Try again in a few minutes.",
    )


async def gathered(connection: Connection, start: datetime.date, end: datetime.date) -> Read:
    inside = clock.midnight(start), clock.midnight(end + DAY)
    return Read(
        city=await places.get_city(connection),
        people=margins.at_year(await places.populations(connection, "total"), end.year),
        lodged=await caseload.lodged(connection, *inside),
        opened=await caseload.opened(connection, *inside),
        turns=await caseload.turns(connection, *inside),
        erased=await caseload.erased(connection, start, end),
    )


def arrays(
    read: Read,
    days: tuple[datetime.date, datetime.date],
    kinds: Sequence[str],
    now: datetime.datetime,
) -> tuple[counting.Period, counting.Lodged, counting.Opened]:
    """Kinds that the list no longer has come after those it has."""
    boroughs = read.city.boroughs()
    codes = tuple(area.code for area in boroughs)
    older = sorted({kind for row in read.opened for kind in row["kinds"]} - {*kinds})
    period = counting.Period(
        start=days[0],
        end=days[1],
        as_of=now.date(),
        city=read.city.name,
        codes=codes,
        residents=residents.totals(read.people, codes),
        rated=np.array([area.per_resident for area in boroughs]),
        kinds=(*kinds, *older),
        erased=read.erased,
    )
    went = courses(read.opened, read.turns)
    opened = opened_of(read.opened, went, codes, period.kinds, now)
    return period, lodged_of(read.lodged, codes), opened


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
