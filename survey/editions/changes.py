"""What changed since the previous edition, how complete the data are, trends of all time."""

import datetime
from typing import Literal

import msgspec

ChangeUnit = Literal["points", "events", "per_10_000", "share", "texts"]
TrendMeasure = Literal["deployments", "complaints", "index"]
NoTrendReason = Literal["", "short", "few", "fit"]


class ChangeDecomposition(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of two editions; was + answers + restated + recoded + method = now.

    `low` and `high` are the 95 % interval of the change, None where there is none. A theme or a
    borough was compared with `looked` of its kind, so that the largest of them can be listed:
    `allowed` is then the change drawn towards none as far as all of them suggest, and the interval
    is of that.
    `answers` what newly arrived (answers, texts, complaints and deployments of new days, and days
    that left the window); `restated` deployments for which a publisher changed the figure;
    `recoded` the same texts under a newer codebook; `method` the same input through newer code or
    other population figures. The parts are None where one of the intermediate figures is withheld.
    """

    table: str
    figure: str
    domain: str
    unit: ChangeUnit
    was: float
    now: float
    answers: float | None
    restated: float | None
    recoded: float | None
    method: float | None
    low: float | None = None
    high: float | None = None
    allowed: float | None = None
    looked: int = 1


class EditionFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One finding: the estimate with its interval, its confidence, and what follows from it.

    `brief` is what the first lines of the edition say of it; only changes of the whole city have
    one. `was` is the city's index in the window before, where the finding is about that.
    """

    sentence: str
    confidence: str
    so_what: str
    brief: str = ""
    was: float | None = None


class Completeness(msgspec.Struct, frozen=True, kw_only=True):
    """How complete the data were when the edition was made.

    `areas` boroughs with a sampled answer in the window of `of_areas`; `weeks` whole weeks of the
    rates' window with deployment figures of `of_weeks`, `days` its days with such figures of
    `of_days`; `late` deployments of earlier days that were published only since the previous
    edition.
    """

    areas: int
    of_areas: int
    weeks: int
    of_weeks: int
    late: int | None
    days: int | None = None
    of_days: int | None = None


class QualityNote(msgspec.Struct, frozen=True):
    """One line of the notes on data quality, or on what was done to protect people."""

    kind: str
    sentence: str


class RestatedFigure(msgspec.Struct, frozen=True, kw_only=True):
    """A published figure that differs from the previous edition.

    None where it is withheld, or where one of the two editions lacks it; exact if `published`.
    """

    source: str
    area: str
    start: datetime.date
    end: datetime.date
    tactic: str
    was: int | None
    now: int | None
    published: bool = False


class AreaMonths(msgspec.Struct, frozen=True, kw_only=True):
    """The deployments of a place, month by month."""

    domain: str
    counts: tuple[int, ...]


class MonthlyDeployments(msgspec.Struct, frozen=True, kw_only=True):
    """Deployments of every month that their publisher has released, the city first.

    `starts` are the first days of these months.
    """

    starts: tuple[datetime.date, ...]
    areas: tuple[AreaMonths, ...]


class SeasonalTrend(msgspec.Struct, frozen=True, kw_only=True):
    """The city's change a year without the season: in per cent, for the index in points.

    `months` says how many calendar months from `first` to `last` have a figure; `reason` why there
    is no trend: the past is too 'short', there are too 'few' events, or the model did not 'fit'.
    """

    measure: TrendMeasure
    first: datetime.date
    last: datetime.date
    months: int
    change: float | None = None
    low: float | None = None
    high: float | None = None
    reason: NoTrendReason = ""
