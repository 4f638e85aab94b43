"""How complete the data are, notes on their quality, and revised figures."""

import datetime

import msgspec


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
