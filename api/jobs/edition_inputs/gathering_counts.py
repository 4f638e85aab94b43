"""Loads published figures: uses of force, searches and perception."""

import datetime
from collections import Counter
from collections.abc import Sequence
from typing import TypedDict

from analysis.editions.inputs import is_use, year_windows
from analysis.editions.workings import PILOT
from survey.deployments import spans
from survey.deployments.benchmarks import BENCHMARKS, BenchmarkCounts
from survey.deployments.counts import (
    DeploymentCount,
    RestatedCount,
    SourceCount,
)
from survey.deployments.spans import Span
from survey.editions.edition import Edition
from survey.store import deployments
from survey.store.database import Connection
from survey.store.editions import inputs

COUNTS_LOOK_BACK = datetime.timedelta(days=371)  # 53 weeks, so that a year to any day lies in whole
MEASURES = ("incidents", "subjects", "officer_reports")
SEARCHES = "searches"
Period = tuple[datetime.date, datetime.date]
SourceCounts = Sequence[SourceCount]


class PublisherInputs(TypedDict):
    """The fields of `EditionInputs` from published figures."""

    counts: Sequence[DeploymentCount]
    counts_basis: str
    counts_source: str
    left_out: Sequence[str]
    published: bool
    groups: Sequence[DeploymentCount]
    searches: Sequence[DeploymentCount]
    benchmarks: Sequence[BenchmarkCounts]
    since_pilot: tuple[datetime.date, int] | None


async def publisher_inputs(
    connection: Connection, first: datetime.date, period: Period, as_of: datetime.date
) -> PublisherInputs:
    """The inputs of one publisher: its counts in one measure, what they count, and its stops and
    searches.
    """
    # Two years to the end of a month, also where the first answers are younger.
    oldest = min(first - COUNTS_LOOK_BACK, year_windows(*period)[1][0])
    found = await deployments.load_counts(connection, oldest, period[1], as_of=as_of)
    uses = [one for one in found if one.count.group == "all" and is_use(one.count)]
    source, others = largest_source(uses, period)
    # One measure only: two officers at one incident are one incident and two reports.
    measure = next((one for one in MEASURES if one in source_measures(uses, source)), "")
    counts = spans.without_double_counts(counts_in_measure(uses, source, measure))
    running = await load_running_counts(connection, (source, measure), period[1], as_of)
    every = [*found_in_measure(found, source, measure), *running]
    basis = f"{measure.replace('_', ' ')} by their most severe use, source {source}"
    return {
        "counts": counts,
        "counts_basis": basis if source else "",
        "counts_source": source,
        "left_out": others,
        # One figure that is not public as it is, and all pass the gate: they add up to each other.
        "published": bool(every) and all(one.published for one in every),
        "groups": person_group_counts(counts_in_measure(found, source, measure)),
        "searches": search_counts(found, period),
        "benchmarks": await load_benchmarks(connection, found, period, as_of),
        "since_pilot": uses_since_pilot(running),
    }


def largest_source(found: SourceCounts, period: Period) -> tuple[str, list[str]]:
    """The source with the most figures in the period, and the others that have some.

    Figures of two publishers are never added up.
    """
    start, end = period
    within = Counter(
        one.source for one in found if start <= one.count.start and one.count.end <= end
    )
    figures = within or Counter(one.source for one in found)
    if not figures:
        return "", []
    # Sorted, so that of two sources with as many figures every machine takes the same.
    source = max(sorted(figures), key=figures.__getitem__)
    return source, sorted(set(within) - {source})


def source_measures(uses: SourceCounts, source: str) -> set[str]:
    """The measures of a source. Incidents, which are nearest to what happened, are preferred to
    subjects, and these to officers' reports.
    """
    return {one.count.measure for one in uses if one.source == source}


def counts_in_measure(found: SourceCounts, source: str, measure: str) -> list[DeploymentCount]:
    """The counts of one source in one measure."""
    return [one.count for one in found_in_measure(found, source, measure)]


def found_in_measure(found: SourceCounts, source: str, measure: str) -> list[SourceCount]:
    """The counts of one source in one measure, with where they are from."""
    return [one for one in found if one.source == source and one.count.measure == measure]


def person_group_counts(counts: Sequence[DeploymentCount]) -> list[DeploymentCount]:
    return [one for one in counts if one.group.partition(":")[0] in spans.DIMENSIONS]


def search_counts(found: SourceCounts, period: Period) -> list[DeploymentCount]:
    """Stops and searches by kind of person, from the source with the most figures."""
    mine = [one for one in found if one.count.measure == SEARCHES]
    source, _ = largest_source(mine, period)
    return [one for one in counts_in_measure(mine, source, SEARCHES) if one.group != "all"]


async def load_benchmarks(
    connection: Connection, found: SourceCounts, period: Period, as_of: datetime.date
) -> list[BenchmarkCounts]:
    """What was imported of each benchmark, from the source with the most figures.

    Searches, and residents by one trait, are loaded with the rest of the inputs.
    """
    people = [one.measure for one in BENCHMARKS.values() if not one.by_day]
    standing = await deployments.load_standing(connection, people, period[1], as_of=as_of)
    benchmarks = []
    for one in BENCHMARKS.values():
        if one.measure == SEARCHES:
            continue
        mine = [it for it in (found if one.by_day else standing) if it.count.measure == one.measure]
        source, _ = largest_source(mine, period)
        counts = counts_in_measure(mine, source, one.measure)
        if counts:
            kept = counts if one.by_day else newest_counts(counts)
            benchmarks.append(BenchmarkCounts(one.name, source, kept))
    return benchmarks


def newest_counts(counts: Sequence[DeploymentCount]) -> list[DeploymentCount]:
    """The counts of the newest day for each kind of group: people are not added up over time."""
    newest: dict[str, Span] = {}
    for one in counts:
        about = spans.count_dimension(one)
        newest[about] = max(newest.get(about, (one.start, one.end)), (one.start, one.end))
    return [one for one in counts if (one.start, one.end) == newest[spans.count_dimension(one)]]


async def load_running_counts(
    connection: Connection, of: tuple[str, str], end: datetime.date, as_of: datetime.date
) -> list[SourceCount]:
    """A source's uses in one measure since the pilot began."""
    found = await deployments.load_totals(connection, *of, (PILOT.day, end), as_of)
    return [one for one in found if is_use(one.count)]


def uses_since_pilot(found: SourceCounts) -> tuple[datetime.date, int] | None:
    """The day the pilot began, or the first day with figures, and the number of uses since then."""
    counts = spans.without_double_counts([one.count for one in found])
    if not counts:
        return None
    return min(one.start for one in counts), sum(one.count for one in counts)


async def restated_counts(
    connection: Connection, last: Edition | None, as_of: datetime.date
) -> list[RestatedCount]:
    """Every figure of deployments that has changed since the previous edition.

    Compared are the files that each could hold: one may be corrected on the very day.
    """
    if last is None:
        return []
    newest = await inputs.find_last_import(connection, last)
    versions = (last.data_as_of, deployments.LAST_IMPORT), (as_of, deployments.LAST_IMPORT)
    if newest is None:
        return await deployments.load_restated_between(connection, *versions)
    return await deployments.load_restated_between(connection, *versions, newest=newest)
