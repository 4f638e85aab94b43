"""What one week or month holds, beside what the weeks before led one to expect."""

import datetime

import msgspec

from survey.reports import Estimate, Rate


class IndexWeek(msgspec.Struct, frozen=True, kw_only=True):
    """One week of the index: the city's estimate, and of each area its own direct one.

    `direct` code, value (None where nobody answered) and effective n, under design weights.
    """

    start: datetime.date
    city: Estimate
    direct: tuple[tuple[str, float | None, float], ...]


class ThisPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """Deployments of the period; `low` to `high` the range that the 13 weeks before would give.

    `before` is how many those were, None where no range follows from them; `since` and `cumulative`
    from the day the pilot began, or from the first day told.
    """

    events: int | None
    low: float | None
    high: float | None
    since: datetime.date
    cumulative: int | None
    before: int | None = None


class WeekOfUses(msgspec.Struct, frozen=True):
    """One week's deployments by their most severe use."""

    start: datetime.date
    tactics: tuple[tuple[str, int | None], ...]


class About(msgspec.Struct, frozen=True, kw_only=True):
    """Complaints of one kind of allegation in the period, and their median week of the last 13."""

    allegation: str
    rate: Rate
    median: float | None


class Completeness(msgspec.Struct, frozen=True, kw_only=True):
    """What had come in when the edition was made.

    `areas` boroughs with a sampled answer in the window of `of_areas`; `weeks` weeks of the rates'
    window for which deployments were told of `of_weeks`; `late` deployments of earlier days
    that were told only since the edition before.
    """

    areas: int
    of_areas: int
    weeks: int
    of_weeks: int
    late: int | None


class Quality(msgspec.Struct, frozen=True):
    """One line of the log of the data's quality, or of what was done to protect people."""

    kind: str
    sentence: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One finding: the estimate with its interval, how sure that is, and what follows."""

    sentence: str
    confidence: str
    so_what: str
