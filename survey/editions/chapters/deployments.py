"""The figures of one week or month, next to what the weeks before lead one to expect."""

import datetime

import msgspec

from survey.editions.figures import Estimate, Rate


class IndexWeek(msgspec.Struct, frozen=True, kw_only=True):
    """One week of the index: the city's estimate, and each area's own direct estimate.

    `direct` code, value (None where nobody answered) and effective n, under design weights.
    """

    start: datetime.date
    city: Estimate
    direct: tuple[tuple[str, float | None, float], ...]


class PeriodDeployments(msgspec.Struct, frozen=True, kw_only=True):
    """Deployments of the period; `low` to `high` is the range expected from the 13 weeks before.

    `before` is how many those were, None where they give no range; `since` and `cumulative` count
    from the day the pilot began, or from the first day with data.
    """

    events: int | None
    low: float | None
    high: float | None
    since: datetime.date
    cumulative: int | None
    before: int | None = None


class WeeklyUses(msgspec.Struct, frozen=True):
    """One week's deployments by their most severe use."""

    start: datetime.date
    tactics: tuple[tuple[str, int | None], ...]


class AllegationComplaints(msgspec.Struct, frozen=True, kw_only=True):
    """Complaints of one kind of allegation in the period, and their median week of the last 13."""

    allegation: str
    rate: Rate
    median: float | None


class Completeness(msgspec.Struct, frozen=True, kw_only=True):
    """How complete the data were when the edition was made.

    `areas` boroughs with a sampled answer in the window of `of_areas`; `weeks` weeks of the rates'
    window with deployment figures of `of_weeks`; `late` deployments of earlier days that were
    published only since the previous edition.
    """

    areas: int
    of_areas: int
    weeks: int
    of_weeks: int
    late: int | None


class QualityNote(msgspec.Struct, frozen=True):
    """One line of the notes on data quality, or on what was done to protect people."""

    kind: str
    sentence: str


class EditionFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One finding: the estimate with its interval, its confidence, and what follows from it."""

    sentence: str
    confidence: str
    so_what: str
