"""Periods that a publisher reported on. A day outside them is missing data, not zero uses."""

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from survey.deployments.counts import SEVERITY, USES, DeploymentCount

DIMENSIONS = (
    "ethnicity_officer",
    "ethnicity_self",
    "age",
    "sex",
    "health",
    "impact_mental_health",
)
QUARTER = datetime.timedelta(days=92)  # thirteen whole weeks or three whole months, never more
YEAR = datetime.timedelta(days=366)
DAY = datetime.timedelta(days=1)
SUNDAY = datetime.timedelta(days=6)
Span = tuple[datetime.date, datetime.date]


def without_double_counts(counts: Sequence[DeploymentCount]) -> list[DeploymentCount]:
    """The counts without 'ced', any use, where the same span and dimension is counted by form."""
    split = {(one.start, one.end, count_dimension(one)) for one in counts if one.tactic in SEVERITY}
    return [
        one
        for one in counts
        if one.tactic != "ced" or (one.start, one.end, count_dimension(one)) not in split
    ]


def count_dimension(count: DeploymentCount) -> str:
    return count.group.partition(":")[0]


def count_category(count: DeploymentCount) -> str:
    return count.group.partition(":")[2]


def counts_within(
    counts: Sequence[DeploymentCount], start: datetime.date, end: datetime.date
) -> list[DeploymentCount]:
    """The counts of spans that lie inside start to end."""
    return [one for one in counts if start <= one.start and one.end <= end]


def uses_by_span(counts: Sequence[DeploymentCount]) -> Counter[Span]:
    """Number of uses in each reported span, 0 where none was recorded."""
    found: Counter[Span] = Counter()
    for one in counts:
        found[one.start, one.end] += one.count
    return found


def days_covered(spans: Iterable[Span]) -> int:
    """Number of days that the spans cover; no two may overlap, or uses would count twice."""
    # Each span once, because every tactic and group of it is a count of its own.
    return sum((end - start).days + 1 for start, end in set(spans))


def each_day(spans: Iterable[Span]) -> Iterator[datetime.date]:
    """Every day of the spans; a day that several spans share comes once for each different one."""
    for start, end in set(spans):
        yield from (start + n * DAY for n in range((end - start).days + 1))


def is_week(span: Span) -> bool:
    start, end = span
    return start.weekday() == 0 and end - start == SUNDAY


def is_longer_than_a_week(span: Span) -> bool:
    start, end = span
    return end - start > SUNDAY


def device_uses(counts: Sequence[DeploymentCount], about: str) -> list[DeploymentCount]:
    """Uses of a device by the categories of one dimension, each use counted once."""
    mine = [one for one in counts if count_dimension(one) == about]
    return without_double_counts([one for one in mine if one.tactic in (*USES, "ced")])


def force_uses(counts: Sequence[DeploymentCount], about: str) -> list[DeploymentCount]:
    """Uses of any force by the categories of one dimension."""
    return [one for one in counts if count_dimension(one) == about and one.tactic == "force"]


def first_and_last_day(counts: Sequence[DeploymentCount]) -> Span:
    return min(one.start for one in counts), max(one.end for one in counts)


def days_of(counts: Sequence[DeploymentCount]) -> set[datetime.date]:
    return set(each_day((one.start, one.end) for one in counts))


def counts_by_category(counts: Sequence[DeploymentCount]) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in counts:
        found[count_category(one)] += one.count
    return found


def uses_and_events(
    uses: list[DeploymentCount], events: Mapping[str, list[DeploymentCount]], *, least: float
) -> tuple[list[DeploymentCount], dict[str, tuple[list[DeploymentCount], float]]]:
    """Uses and other events (searches, arrests) of the same days, and the share of each to count.

    A week of uses is kept if every kind of event is known for all its days, a month of events if
    uses are kept of any; the share is that of the days. A kind is left out if it would leave less
    than the share `least` of the days of the uses.
    """
    kept, known = uses, {}
    for name, rows in events.items():
        days = days_of(rows)
        inside = {span for span in uses_by_span(kept) if days.issuperset(each_day([span]))}
        same = [one for one in kept if (one.start, one.end) in inside]
        # Stops on a few of these days are no benchmark for the uses on all of them.
        if same and len(days_of(same)) >= least * len(days_of(uses)):
            kept, known[name] = same, rows
    used = days_of(kept)
    found = {}
    for name, rows in known.items():
        near = [one for one in rows if not used.isdisjoint(each_day([(one.start, one.end)]))]
        found[name] = near, len(used) / len(days_of(near))
    return kept, found
