"""Reads what an edition needs and turns rows into arrays."""

import datetime
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis import residents
from analysis.material import Events, Material, is_use
from api import clock
from api.jobs import calendar, gathering_sums, gathering_texts, quoting
from api.jobs.where import Where
from survey import margins
from survey.deployments import SEVERITY, Change, Count, Perception
from survey.margins import Population
from survey.store import complaints, deployments, places, reports, responses
from survey.store.database import Connection

LOOK_BACK = datetime.timedelta(weeks=51)
QUOTED = datetime.timedelta(days=27)  # a week's themes look back so far
YEAR = datetime.timedelta(days=360)
MEASURES = ("incidents", "subjects", "officer_reports")
Period = tuple[datetime.date, datetime.date]


async def gather(
    connection: Connection, kind: str, period: Period, *, number: int, as_of: datetime.date
) -> Material:
    """Everything for one edition, with published figures as known on the day `as_of`."""
    start, end = period
    city = await places.get_city(connection)
    first = await first_day(connection, start)
    inside = (clock.midnight(first), clock.midnight(end + datetime.timedelta(days=1)))
    where = Where(city.boroughs(), first)
    last = await reports.before(connection, kind, start, number)
    people = await population(connection, end.year)
    targets = residents.targets(people, where.codes)
    return Material(
        kind=kind,
        city=city.name,
        boroughs=city.boroughs(),
        first=first,
        start=start,
        end=end,
        number=number,
        data_as_of=as_of,
        synthetic=await places.is_synthetic(connection),
        residents=residents.totals(people, where.codes),
        targets=targets,
        population_basis=people[0].basis if people else "unknown",
        attribution=city.attribution,
        **await gathering_sums.answered(connection, inside, where, targets, city.name),
        **await complained(connection, inside, where),
        **await counted(connection, first, period, as_of),
        **await gathering_texts.written(connection, inside, where, last),
        restated=await restated(connection, last, as_of),
        earlier=await reports.earlier(connection, first),
        perceptions=await perceptions(connection, end, as_of) if kind == "monthly" else (),
        quotes=await quoting.chosen(connection, min(start, end - QUOTED), end),
    )


async def population(connection: Connection, year: int) -> list[Population]:
    return [
        one
        for dimension in ("total", "age_sex", "ethnicity")
        for one in margins.at_year(await places.populations(connection, dimension), year)
    ]


async def first_day(connection: Connection, start: datetime.date) -> datetime.date:
    """The Monday a year before the period, or that of the first answer where it came later."""
    earliest = calendar.this_week(start) - LOOK_BACK
    first = await responses.first_received(connection)
    if first is None:
        return earliest
    begun = calendar.this_week(first.astimezone(clock.LONDON).date())
    return max(earliest, min(begun, calendar.this_week(start)))


async def complained(
    connection: Connection, inside: gathering_texts.Instants, where: Where
) -> dict[str, Any]:
    """Complaints, and those about a Taser among them."""
    rows = await complaints.received(connection, *inside)
    about_taser = [row for row in rows if row["taser"]]
    return {"complaints": events(rows, where), "about_taser": events(about_taser, where)}


def events(rows: Sequence[Any], where: Where) -> Events:
    return Events(
        day=where.days(rows), area=where.areas(rows), persons=np.ones(len(rows), dtype=np.int64)
    )


async def counted(
    connection: Connection, first: datetime.date, period: Period, as_of: datetime.date
) -> dict[str, Any]:
    """What was counted of deployments, by one publisher, and in what measure."""
    rows = await deployments.counts(connection, first - YEAR, period[1], as_of=as_of)
    counts, basis = chosen(rows, period)
    return {"counts": counts, "counts_basis": basis}


def chosen(rows: Sequence[Any], period: Period) -> tuple[list[Count], str]:
    """One source and one measure: figures of two publishers are never added up.

    The source with most figures inside the period is taken, and of its measures the one nearest
    to what happened: incidents before subjects before officers' reports.
    """
    start, end = period
    uses = [row for row in rows if row["category"] == "all" and is_use(count_of(row))]
    within = Counter(
        row["source"] for row in uses if start <= row["start_on"] and row["end_on"] <= end
    ) or Counter(row["source"] for row in uses)
    if not within:
        return [], ""
    source = max(sorted(within), key=within.__getitem__)
    mine = [row for row in uses if row["source"] == source]
    measure = next(one for one in MEASURES if any(row["measure"] == one for row in mine))
    counts = [count_of(row) for row in mine if row["measure"] == measure]
    if any(count.tactic in SEVERITY for count in counts):
        counts = [count for count in counts if count.tactic != "ced"]
    return counts, f"{measure.replace('_', ' ')} by their most severe use, source {source}"


def count_of(row: Any) -> Count:
    return Count(
        area=row["area"],
        start=row["start_on"],
        end=row["end_on"],
        measure=row["measure"],
        tactic=row["tactic"],
        group=row["category"],
        count=row["count"],
    )


async def restated(
    connection: Connection, last: reports.Told | None, as_of: datetime.date
) -> list[Change]:
    """Every figure of deployments that is told otherwise than for the edition before."""
    if last is None:
        return []
    versions = (last.data_as_of, deployments.LAST), (as_of, deployments.LAST)
    return await deployments.changes(connection, *versions)


async def perceptions(
    connection: Connection, end: datetime.date, as_of: datetime.date
) -> list[Perception]:
    """Published perception of the quarters that ended within the year to the period's end."""
    rows = await deployments.perceptions(connection, end - YEAR, end, as_of=as_of)
    return [
        Perception(
            area=row["area"],
            quarter_end=row["quarter_end"],
            item=row["item"],
            proportion=row["proportion"],
            base=row["base"],
            window_months=row["window_months"],
        )
        for row in rows
    ]
