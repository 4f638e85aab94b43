"""Loads complaints, turns their rows into arrays, and returns figures that may be published."""

import datetime
from collections import defaultdict
from collections.abc import Callable, Sequence
from uuid import UUID

import msgspec
import numpy as np

from analysis import caseload as counting
from analysis import caseload as gate
from analysis import residents
from analysis.statistics.sampling.variance import Ints
from api import clock
from api.jobs.edition_inputs.all_inputs import load_counts_since
from api.process.long_work import run_in_thread
from survey.deployments import months_before
from survey.editions.caseload import (
    CHANNELS,
    OUTCOMES,
    STEPS,
    Caseload,
    CaseProgress,
    SafeCaseload,
    case_progress,
)
from survey.editions.refusals import edition_in_progress
from survey.places import City, Population, populations_in_year
from survey.store import editions, places
from survey.store.cases import caseload
from survey.store.cases.caseload import PeriodCase, PeriodComplaint, PeriodEvent
from survey.store.database import Connection, Database

DAY = datetime.timedelta(days=1)
MONTHS_OF_YEAR = 12
MONTH = datetime.timedelta(days=31)  # from the first of a month into the next one
Days = tuple[datetime.date, datetime.date]


class CaseloadRows(msgspec.Struct, frozen=True, kw_only=True):
    """The rows that were read; they are counted in a separate thread."""

    city: City
    people: list[Population]
    lodged: Sequence[PeriodComplaint]
    opened: Sequence[PeriodCase]
    turns: Sequence[PeriodEvent]
    erased: int


async def caseload_figures(
    database: Database, days: Days, kinds: Sequence[str], *, file: bool = False
) -> SafeCaseload:
    """Figures on the complaints of these days; `kinds` are the allegations in the order of their
    list.

    With `file`, the figures of the quarter's file: as saved, else as they would be saved, checked
    for disclosure together with everything that editions have published.
    """
    async with database.connection() as connection:
        if not file:
            return await compute_caseload(connection, days, kinds)
        figures = await caseload.find_figures(connection, days[0])
        return figures or await quarter_file_figures(connection, days, kinds)


async def months(
    database: Database, first: datetime.date, last: datetime.date
) -> list[tuple[datetime.date, int | None]]:
    """Whole months, from the month of `first` to the one before `last`, each with its
    complaints.
    """
    async with database.connection() as connection:
        counts = await caseload.by_month(connection, clock.midnight(first), clock.midnight(last))
    days = [first]
    while (following := (days[-1] + MONTH).replace(day=1)) < last:
        days.append(following)
    return list(zip(days, gate.months([counts.get(day, 0) for day in days]), strict=True))


async def load_returns(database: Database, days: Days) -> tuple[int | None, int | None]:
    """How many people complained in these days and how many came back, after disclosure control."""
    async with database.connection() as connection:
        start, end = clock.midnight(days[0]), clock.midnight(days[1] + DAY)
        counts = await caseload.count_returned(connection, start, end)
    return gate.safe_returns(counts.received, counts.returned)


async def save_quarter_file(
    connection: Connection, days: Days, kinds: Sequence[str], *, by: str
) -> SafeCaseload:
    """The figures of a quarter's file. The first time they are saved, and never change after
    that.
    """
    async with connection.transaction():
        # Not waited for: an edition may take minutes, and a person waits for this file.
        if not await editions.try_lock_counts(connection):
            raise edition_in_progress()
        # Looked up under the lock: of two who ask at once, the second gets the first one's file.
        figures = await caseload.find_figures(connection, days[0])
        if figures is None:
            figures = await quarter_file_figures(connection, days, kinds)
            await caseload.insert_figures(connection, figures, by=by)
    return figures


async def quarter_file_figures(
    connection: Connection, days: Days, kinds: Sequence[str]
) -> SafeCaseload:
    """The figures of a quarter, safe to publish next to all editions and other quarters' files."""
    city = await places.get_city(connection)
    earlier = await load_counts_since(
        connection, days[0], city.name, months_before(days[0], MONTHS_OF_YEAR)
    )
    return await compute_caseload(
        connection, days, kinds, lambda figures: gate.caseload_file(figures, earlier)
    )


async def compute_caseload(
    connection: Connection,
    days: Days,
    kinds: Sequence[str],
    passed: Callable[[Caseload], SafeCaseload] = gate.gated_caseload,
) -> SafeCaseload:
    read = await load_caseload_rows(connection, *days)
    now = clock.now()
    return await run_in_thread(
        lambda: passed(counting.caseload(*caseload_arrays(read, days, kinds, now)))
    )


async def load_caseload_rows(
    connection: Connection, start: datetime.date, end: datetime.date
) -> CaseloadRows:
    inside = clock.midnight(start), clock.midnight(end + DAY)
    return CaseloadRows(
        city=(await places.get_city(connection)).on(end),
        people=populations_in_year(await places.load_populations(connection, "total"), end.year),
        lodged=await caseload.load_complaints(connection, *inside),
        opened=await caseload.load_cases(connection, *inside),
        turns=await caseload.load_events(connection, *inside),
        erased=await caseload.count_erased(connection, start, end),
    )


def caseload_arrays(
    read: CaseloadRows,
    days: tuple[datetime.date, datetime.date],
    kinds: Sequence[str],
    now: datetime.datetime,
) -> tuple[counting.CaseloadPeriod, counting.PeriodComplaints, counting.PeriodCases]:
    """The rows as arrays; kinds of allegation no longer in the list come last."""
    areas = read.city.local_areas()
    codes = tuple(area.code for area in areas)
    older = sorted({kind for row in read.opened for kind in row.kinds} - {*kinds})
    period = counting.CaseloadPeriod(
        start=days[0],
        end=days[1],
        as_of=now.date(),
        city=read.city.name,
        codes=codes,
        residents=residents.total_residents(read.people, codes),
        rated=np.array([area.per_resident for area in areas]),
        kinds=(*kinds, *older),
        erased=read.erased,
    )
    of: defaultdict[UUID, list[PeriodEvent]] = defaultdict(list)
    for turn in read.turns:
        of[turn.root].append(turn)
    went = [case_progress(of[case.id], case.kinds) for case in read.opened]
    opened = opened_arrays(read.opened, went, codes, period.kinds, now)
    roots = {row.root: i for i, row in enumerate(read.lodged)}
    return (
        period,
        counting.PeriodComplaints(
            area=index_array(codes, [row.area for row in read.lodged]),
            channel=index_array(CHANNELS, [row.channel for row in read.lodged]),
            case=np.array([roots[row.root] for row in read.lodged], dtype=np.int64),
            same=np.array([row.same_person for row in read.lodged], dtype=bool),
        ),
        opened,
    )


def index_array(names: Sequence[str], given: Sequence[str]) -> Ints:
    place = {name: i for i, name in enumerate(names)}
    return np.array([place[key] for key in given], dtype=np.int64)


def opened_arrays(
    cases: Sequence[PeriodCase],
    went: Sequence[CaseProgress],
    codes: Sequence[str],
    kinds: Sequence[str],
    now: datetime.datetime,
) -> counting.PeriodCases:
    """The opened cases as arrays. A step not taken lasts until the case closed, or until now."""
    allegations = [
        (i, *outcome) for i, case in enumerate(went) for outcome in case.outcomes.items()
    ]
    steps = [[getattr(progress, step) for step in STEPS] for progress in went]
    taken = np.array([[at is not None for at in row] for row in steps], dtype=bool)
    # Without any case there are no rows from which the second dimension would be known.
    reached = taken.reshape(-1, len(STEPS))
    closed = np.array([progress.closed is not None for progress in went], dtype=bool)
    days = [
        [((at or progress.closed or now) - case.received_at) / DAY for at in row]
        for case, progress, row in zip(cases, went, steps, strict=True)
    ]
    return counting.PeriodCases(
        area=index_array(codes, [row.area for row in cases]),
        days=np.array(days, dtype=np.float64).reshape(-1, len(STEPS)),
        reached=reached,
        ended=~reached & closed[:, None],
        of=np.array([allegation[0] for allegation in allegations], dtype=np.int64),
        kind=index_array(kinds, [allegation[1] for allegation in allegations]),
        outcome=index_array(OUTCOMES, [allegation[2] for allegation in allegations]),
    )
