"""Deployments of force, how they are counted, and published counts as known on a day."""

import datetime
from collections import Counter
from typing import Literal

import msgspec

Tactic = Literal[
    "angled_drive_stunned", "fired", "drive_stunned", "arced", "red_dotted", "aimed", "drawn"
]
# Uses of force in three measures, and what they are compared with (benchmarks.py).
CountMeasure = Literal[
    "officer_reports", "subjects", "incidents", "searches", "arrests", "daytime", "residents"
]
ImportOrigin = Literal["publisher", "reports", "forms", "plain", "demo"]

# Only the most severe use of a device in one deployment counts (Metropolitan Police counting rule).
SEVERITY: tuple[Tactic, ...] = (
    "angled_drive_stunned",
    "fired",
    "drive_stunned",
    "arced",
    "red_dotted",
    "aimed",
    "drawn",
)
DISCHARGES: frozenset[Tactic] = frozenset({"angled_drive_stunned", "fired", "drive_stunned"})
# The three ways to count uses of force; a stop and search is not one of them.
COUNTED: tuple[CountMeasure, ...] = ("officer_reports", "subjects", "incidents")
# What adds up to 'ced'. Tables of 2009-10 say of some uses only that nothing was fired.
USES = (*SEVERITY, "not_discharged", "not_stated")
# The age bands below 18, as the Met and the Home Office, and as data.police.uk write them.
UNDER_18 = frozenset({"age:0-10", "age:11-17", "age:under_10", "age:10-17"})


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """One officer's report of force on one subject at one incident.

    `groups` is what was recorded of the subject, as categories of published counts ('age:18-34').
    """

    incident: str
    subject: str
    officer_report: str
    day: datetime.date
    area: str
    tactics: tuple[Tactic, ...]
    groups: tuple[str, ...] = ()


class DeploymentCount(msgspec.Struct, frozen=True, kw_only=True):
    """A published figure: how often, where, from when to when (both days included), of what.

    `tactic` is one of the seven, or 'ced' (any use of a device), 'not_discharged', 'not_stated',
    'force' (any use of force), or 'stop_search'; of another benchmark its measure. `group` is 'all'
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
    """A figure that a later file changed; `was` or `now` is None where that file lacks it.

    `published` if the publisher released both files as they are.
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


def most_severe(tactics: tuple[Tactic, ...]) -> Tactic:
    return min(tactics, key=SEVERITY.index)


def tally_deployments(
    deployments: list[Deployment], measure: CountMeasure
) -> list[DeploymentCount]:
    """Counts by area, week from Monday, tactic, and what is recorded of the subject.

    A subject or an incident with several reports counts once, under its most severe use and what
    that report recorded.
    """
    key = {"officer_reports": "officer_report", "subjects": "subject", "incidents": "incident"}
    worst: dict[tuple[str, str, datetime.date], tuple[Tactic, tuple[str, ...]]] = {}
    for deployment in deployments:
        unit = (getattr(deployment, key[measure]), deployment.area, monday(deployment.day))
        used = most_severe(deployment.tactics), deployment.groups
        if unit not in worst or SEVERITY.index(used[0]) < SEVERITY.index(worst[unit][0]):
            worst[unit] = used
    counted = Counter(
        (area, start, tactic, group)
        for (_, area, start), (tactic, groups) in worst.items()
        for group in ("all", *groups)
    )
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


def monday(day: datetime.date) -> datetime.date:
    return day - datetime.timedelta(days=day.weekday())
