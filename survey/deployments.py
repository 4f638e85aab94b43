"""Deployments of force, how they are counted, and published counts as known on a day.

A count is of a period that a publisher reported on. A day outside of these is missing data, not
zero uses. Months have their first and last day here.

Uses are compared with benchmarks: residents, people there by day, searches, arrests. A benchmark is
a line here and the name of its measure in `CountMeasure`; its figures come in files.
"""

import calendar
import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, get_args

import msgspec

from survey.sentences import N_

ImportOrigin = Literal["publisher", "reports", "forms", "plain", "demo"]
# The age bands below 18, as the Met and the Home Office, and as data.police.uk write them.
UNDER_18 = frozenset({"age:0-10", "age:11-17", "age:under_10", "age:10-17"})
QUARTER = datetime.timedelta(days=92)  # thirteen whole weeks or three whole months, never more
YEAR = datetime.timedelta(days=366)
DAY = datetime.timedelta(days=1)
SUNDAY = datetime.timedelta(days=6)
Span = tuple[datetime.date, datetime.date]
RESIDENTS = "residents"
Tactic = Literal[
    "angled_drive_stunned", "fired", "drive_stunned", "arced", "red_dotted", "aimed", "drawn"
]
# Uses of force in three measures, and what they are compared with (`BENCHMARKS`).
CountMeasure = Literal[
    "officer_reports", "subjects", "incidents", "searches", "arrests", "daytime", "residents"
]
Use = Tactic | Literal["warned"]
# Only the most severe use of a device in one deployment counts (Metropolitan Police counting rule).
SEVERITY: tuple[Tactic, ...] = get_args(Tactic)
# No published rule ranks the warning sound of a Taser 10; here it is more than to draw.
RANKED: tuple[Use, ...] = (*SEVERITY[:-1], "warned", "drawn")
DISCHARGES: frozenset[Tactic] = frozenset({"angled_drive_stunned", "fired", "drive_stunned"})
# The three ways to count uses of force; a stop and search is not one of them.
COUNTED: tuple[CountMeasure, ...] = ("officer_reports", "subjects", "incidents")
# What adds up to 'ced'. Tables of 2009-10 say of some uses only that nothing was fired.
USES = (*SEVERITY, "warned", "not_discharged", "not_stated")
# What was fired: not uses, and never added up. A cartridge has both probes of a use; a
# Taser 10 fires single ones.
SHOTS = ("cartridges", "probes")
DIMENSIONS = (
    "ethnicity_officer",
    "ethnicity_self",
    "age",
    "sex",
    "health",
    "impact_mental_health",
)


def months_before(start: datetime.date, many: int) -> datetime.date:
    """The first day of the month, `many` months before this one."""
    years, left = divmod(12 * start.year + start.month - 1 - many, 12)
    return datetime.date(years, left + 1, 1)


def month_end(day: datetime.date) -> datetime.date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def quarter_of(day: datetime.date) -> datetime.date:
    """The first day of the quarter that holds the day."""
    return day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1)


def quarter_after(start: datetime.date) -> datetime.date:
    # A quarter has 90 to 92 days, so 95 after the first of any of its months lie in the next.
    return quarter_of(start.replace(day=1) + datetime.timedelta(days=95))


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """One officer's report of force on one subject at one incident.

    `groups` is what was recorded of the subject and the device, as categories of published counts
    ('age:18-34', 'model:t10'); `shots` how many cartridges or probes were
    fired.
    """

    incident: str
    subject: str
    officer_report: str
    day: datetime.date
    area: str
    tactics: tuple[Use, ...]
    groups: tuple[str, ...] = ()
    shots: tuple[tuple[str, int], ...] = ()


class DeploymentCount(msgspec.Struct, frozen=True, kw_only=True):
    """A published figure: how often, where, from when to when (both days included), and of what.

    `tactic` is one of the seven tactics, or 'warned', 'ced' (any use of a device), 'not_stated',
    'not_discharged', 'force' (any use of force), 'stop_search', or one of `SHOTS`; for a
    count of residents, arrests or another benchmark it is the name of its measure. `group` is 'all'
    or a category such as 'ethnicity_officer:black'; the categories of one dimension add up to
    'all'. What an officer perceived and what a person said of themselves (`ethnicity_self`) are two
    dimensions.
    """

    area: str
    start: datetime.date
    end: datetime.date
    measure: CountMeasure
    tactic: str
    group: str = "all"
    count: int


class SourceCount(msgspec.Struct, frozen=True):
    """A count with the name of its source; `published` if its publisher released it as it is."""

    source: str
    count: DeploymentCount
    published: bool = False


class PublisherCount(msgspec.Struct, frozen=True):
    """A count from a publisher's own table, with the number and day of its import."""

    number: int
    known_on: datetime.date
    source: str
    count: DeploymentCount


class Perception(msgspec.Struct, frozen=True, kw_only=True):
    """A published perception figure: a share of respondents over a rolling window."""

    area: str
    quarter_end: datetime.date
    item: str
    proportion: float
    base: int | None = None
    window_months: int = 12


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """One file as known on one day; a restated file is another import, never an overwrite.

    `origin` is 'publisher' where the publisher released this very table under an open licence, so
    that it is public as it is and an edition shows it exactly. What we add up from rows
    ('reports'), received form by form ('forms'), read from a format of ours ('plain') or made up
    ('demo') is public in editions only, rounded and withheld by their gate.
    """

    source: str
    file: str
    sha256: str
    known_on: datetime.date
    counts: tuple[DeploymentCount, ...] = ()
    perceptions: tuple[Perception, ...] = ()
    notes: tuple[str, ...] = ()
    # The careful default: what was imported before origins were stored counts as not published.
    origin: ImportOrigin = "plain"


class RestatedCount(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that a later file changed; `was` is None if the earlier file has no such figure,
    `now` if the later one has none.

    `published` is true if each file that has the figure is the publisher's own table.
    """

    source: str
    area: str
    start: datetime.date
    end: datetime.date
    measure: str
    tactic: str
    group: str
    was: int | None
    now: int | None
    published: bool = False


def most_severe(tactics: Sequence[Use]) -> Use:
    return min(tactics, key=RANKED.index)


def tally_deployments(
    deployments: list[Deployment], measure: CountMeasure
) -> list[DeploymentCount]:
    """Counts by area, week from Monday, tactic, and recorded group of the subject.

    A subject or an incident with several reports counts once, under its most severe use and with
    the groups of that report. Shots are added up over all reports.
    """
    key = {"officer_reports": "officer_report", "subjects": "subject", "incidents": "incident"}
    worst: dict[tuple[str, str, datetime.date], tuple[Use, tuple[str, ...]]] = {}
    counted: Counter[tuple[str, datetime.date, str, str]] = Counter()
    for deployment in deployments:
        week = deployment.day - datetime.timedelta(days=deployment.day.weekday())
        unit = getattr(deployment, key[measure]), deployment.area, week
        used = most_severe(deployment.tactics), deployment.groups
        if unit not in worst or RANKED.index(used[0]) < RANKED.index(worst[unit][0]):
            worst[unit] = used
        for what, number in deployment.shots:
            counted[deployment.area, week, what, "all"] += number
    for (_, area, start), (tactic, groups) in worst.items():
        counted.update((area, start, tactic, group) for group in ("all", *groups))
    return [
        DeploymentCount(
            area=area,
            start=start,
            end=start + datetime.timedelta(days=6),
            measure=measure,
            tactic=tactic,
            group=group,
            count=count,
        )
        for (area, start, tactic, group), count in sorted(counted.items())
    ]


def without_double_counts(counts: Sequence[DeploymentCount]) -> list[DeploymentCount]:
    """The counts without 'ced' (any use) of a span and dimension that is also counted tactic by
    tactic.
    """
    split = {
        (count.start, count.end, count_dimension(count))
        for count in counts
        if count.tactic in SEVERITY
    }
    return [
        count
        for count in counts
        if count.tactic != "ced" or (count.start, count.end, count_dimension(count)) not in split
    ]


def count_dimension(count: DeploymentCount) -> str:
    return count.group.partition(":")[0]


def count_category(count: DeploymentCount) -> str:
    return count.group.partition(":")[2]


def counts_within(
    counts: Sequence[DeploymentCount], start: datetime.date, end: datetime.date
) -> list[DeploymentCount]:
    """The counts of spans that lie inside start to end."""
    return [count for count in counts if start <= count.start and count.end <= end]


def uses_by_span(counts: Sequence[DeploymentCount]) -> Counter[Span]:
    """Number of uses in each reported span, 0 where none was recorded."""
    uses: Counter[Span] = Counter()
    for count in counts:
        uses[count.start, count.end] += count.count
    return uses


def days_covered(spans: Iterable[Span]) -> int:
    """Number of days that the spans cover; no two may overlap, or uses would count twice."""
    # Each span once, because every tactic and group of it is a count of its own.
    return sum((end - start).days + 1 for start, end in set(spans))


def each_day(spans: Iterable[Span]) -> Iterator[datetime.date]:
    """Every day of the spans; a day in several different spans comes once for each of them."""
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
    mine = [count for count in counts if count_dimension(count) == about]
    return without_double_counts([count for count in mine if count.tactic in (*USES, "ced")])


def force_uses(counts: Sequence[DeploymentCount], about: str) -> list[DeploymentCount]:
    """Uses of any force by the categories of one dimension."""
    return [
        count for count in counts if count_dimension(count) == about and count.tactic == "force"
    ]


def first_and_last_day(counts: Sequence[DeploymentCount]) -> Span:
    return min(count.start for count in counts), max(count.end for count in counts)


def days_of(counts: Sequence[DeploymentCount]) -> set[datetime.date]:
    return set(each_day((count.start, count.end) for count in counts))


def counts_by_category(counts: Sequence[DeploymentCount]) -> Counter[str]:
    totals: Counter[str] = Counter()
    for count in counts:
        totals[count_category(count)] += count.count
    return totals


def uses_and_events(
    uses: list[DeploymentCount], events: Mapping[str, list[DeploymentCount]], *, least: float
) -> tuple[list[DeploymentCount], dict[str, tuple[list[DeploymentCount], float]]]:
    """Uses and other events (searches, arrests) of the same days, and the share of each kind of
    event to count.

    A week of uses is kept if every kind of event is known on all its days; a month of events, if
    uses are known on any of its days. The share is that of the events' days on which uses are
    known. A kind that would leave less than the share `least` of the days of the uses is left out.
    """
    kept, known = uses, {}
    for name, rows in events.items():
        days = days_of(rows)
        inside = {span for span in uses_by_span(kept) if days.issuperset(each_day([span]))}
        same = [count for count in kept if (count.start, count.end) in inside]
        # Stops on a few of these days are no benchmark for the uses on all of them.
        if same and len(days_of(same)) >= least * len(days_of(uses)):
            kept, known[name] = same, rows
    used = days_of(kept)
    near_events = {}
    for name, rows in known.items():
        near = [row for row in rows if not used.isdisjoint(each_day([(row.start, row.end)]))]
        near_events[name] = near, len(used) / len(days_of(near))
    return kept, near_events


class Benchmark(NamedTuple):
    """A benchmark: its name in editions, the measure of its figures, and its words.

    `by_day` is true for events, which are counted over the days of the uses, and false for people.
    `per` names a ratio, `unit` one person or event, `cannot_show` what no ratio can say.
    """

    name: str
    measure: CountMeasure
    by_day: bool
    per: str
    unit: str
    cannot_show: str


BENCHMARKS = {
    benchmark.name: benchmark
    for benchmark in (
        Benchmark(
            RESIDENTS,
            "residents",
            False,
            N_("per resident"),
            N_("resident"),
            N_("Residents are not the population police met."),
        ),
        Benchmark(
            "daytime",
            "daytime",
            False,
            N_("per person there by day"),
            N_("person there by day"),
            N_("People there by day are not those there at night."),
        ),
        Benchmark(
            "stops",
            "searches",
            True,
            N_("per stop and search"),
            N_("stop"),
            N_("Stops are themselves decisions of the police."),
        ),
        Benchmark(
            "arrests",
            "arrests",
            True,
            N_("per arrest"),
            N_("arrest"),
            N_("Arrests are themselves decisions of the police."),
        ),
    )
}


class BenchmarkCounts(msgspec.Struct, frozen=True):
    """The figures of a benchmark by kind of person, from one source."""

    name: str
    source: str
    counts: Sequence[DeploymentCount]
