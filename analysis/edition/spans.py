"""Which days a publisher told of, and what: a day that was not told of is no day without uses."""

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence

from survey.deployments import SEVERITY, USES, Count

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


def once(counts: Sequence[Count]) -> list[Count]:
    """Without 'ced', any use, where the same span and dimension is told by the most severe use."""
    split = {(one.start, one.end, dimension(one)) for one in counts if one.tactic in SEVERITY}
    return [
        one
        for one in counts
        if one.tactic != "ced" or (one.start, one.end, dimension(one)) not in split
    ]


def dimension(count: Count) -> str:
    return count.group.partition(":")[0]


def category(count: Count) -> str:
    return count.group.partition(":")[2]


def within(counts: Sequence[Count], start: datetime.date, end: datetime.date) -> list[Count]:
    """The counts of spans that lie inside start to end."""
    return [one for one in counts if start <= one.start and one.end <= end]


def uses(counts: Sequence[Count]) -> Counter[Span]:
    """How many in each span that was told, 0 where none was recorded."""
    found: Counter[Span] = Counter()
    for one in counts:
        found[one.start, one.end] += one.count
    return found


def days(spans: Iterable[Span]) -> int:
    """Days that the spans cover; no two overlap, or uses would count twice."""
    return sum((end - start).days + 1 for start, end in set(spans))


def is_week(span: Span) -> bool:
    start, end = span
    return start.weekday() == 0 and end - start == SUNDAY


def of_device(counts: Sequence[Count], about: str) -> list[Count]:
    """Uses of a device by the categories of one dimension, each use once."""
    mine = [one for one in counts if dimension(one) == about]
    return once([one for one in mine if one.tactic in (*USES, "ced")])


def of_force(counts: Sequence[Count], about: str) -> list[Count]:
    """Uses of any force by the categories of one dimension."""
    return [one for one in counts if dimension(one) == about and one.tactic == "force"]
