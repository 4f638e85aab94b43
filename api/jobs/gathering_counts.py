"""Reads what publishers counted: uses of force by one of them, searches, and their perception."""

import datetime
from collections import Counter
from collections.abc import Sequence
from typing import Any

from analysis.edition import PILOT, spans
from analysis.material import is_use
from survey.deployments import Change, Count, Perception, SourceCount
from survey.editions import Edition
from survey.store import deployments
from survey.store.database import Connection

YEAR = datetime.timedelta(days=360)
BEFORE = datetime.timedelta(days=371)  # 53 weeks, so that a year to any day lies in whole
MEASURES = ("incidents", "subjects", "officer_reports")
SEARCHES = "searches"
Period = tuple[datetime.date, datetime.date]
Counts = Sequence[SourceCount]


async def counts_of_publishers(
    connection: Connection, first: datetime.date, period: Period, as_of: datetime.date
) -> dict[str, Any]:
    """What was counted of deployments, by one publisher, and in what measure; and of searches."""
    found = await deployments.counts(connection, first - BEFORE, period[1], as_of=as_of)
    uses = [one for one in found if one.count.group == "all" and is_use(one.count)]
    source, others = of_most(uses, period)
    measure = next((one for one in MEASURES if one in measures(uses, source)), "")
    counts = spans.once(counts_in(uses, source, measure))
    basis = f"{measure.replace('_', ' ')} by their most severe use, source {source}"
    return {
        "counts": counts,
        "counts_basis": basis if source else "",
        "counts_source": source,
        "left_out": others,
        "groups": by_kind_of_person(counts_in(found, source, measure)),
        "searches": searches(found, period),
        "since_pilot": await since_pilot(connection, (source, measure), period[1], as_of),
    }


def of_most(found: Counts, period: Period) -> tuple[str, list[str]]:
    """The source with most figures inside the period, and the others that tell some there.

    Figures of two publishers are never added up.
    """
    start, end = period
    within = Counter(
        one.source for one in found if start <= one.count.start and one.count.end <= end
    )
    figures = within or Counter(one.source for one in found)
    if not figures:
        return "", []
    source = max(sorted(figures), key=figures.__getitem__)
    return source, sorted(set(within) - {source})


def measures(uses: Counts, source: str) -> set[str]:
    """In what a source counts: incidents, the nearest to what happened, come before subjects and
    these before officers' reports."""
    return {one.count.measure for one in uses if one.source == source}


def counts_in(found: Counts, source: str, measure: str) -> list[Count]:
    """What one source gives in one measure."""
    return [one.count for one in found if one.source == source and one.count.measure == measure]


def by_kind_of_person(counts: Sequence[Count]) -> list[Count]:
    return [one for one in counts if one.group.partition(":")[0] in spans.DIMENSIONS]


def searches(found: Counts, period: Period) -> list[Count]:
    """Stops and searches by kind of person, from the source that tells most of them."""
    mine = [one for one in found if one.count.measure == SEARCHES]
    source, _ = of_most(mine, period)
    return by_kind_of_person(counts_in(mine, source, SEARCHES))


async def since_pilot(
    connection: Connection, of: tuple[str, str], end: datetime.date, as_of: datetime.date
) -> tuple[datetime.date, int] | None:
    """From the day the pilot began, or the first day told, how many uses up to the end."""
    found = await deployments.totals(connection, *of, (PILOT.day, end), as_of)
    counts = spans.once([count for count in found if is_use(count)])
    if not counts:
        return None
    return min(one.start for one in counts), sum(one.count for one in counts)


async def restated(
    connection: Connection, last: Edition | None, as_of: datetime.date
) -> list[Change]:
    """Every figure of deployments that is told otherwise than for the edition before."""
    if last is None:
        return []
    versions = (last.data_as_of, deployments.LAST), (as_of, deployments.LAST)
    return await deployments.changes(connection, *versions)


async def perceptions(
    connection: Connection, kind: str, end: datetime.date, as_of: datetime.date
) -> list[Perception]:
    """For a month, published perception of the quarters that ended within the year to its end."""
    if kind != "monthly":
        return []
    return await deployments.perceptions(connection, end - YEAR, end, as_of=as_of)
