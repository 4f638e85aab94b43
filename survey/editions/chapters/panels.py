"""The association of perception with deployments, and the effect of the pilot's start."""

import datetime
from typing import Literal

import msgspec


class LagEffect(msgspec.Struct, frozen=True, kw_only=True):
    """β at one lag alone: index points per deployment per 10,000 that many weeks before.

    `p` after Holm over the lags. Lag -1 is the placebo: deployments that had not happened yet.
    """

    lag: int
    beta: float | None
    low: float | None
    high: float | None
    p: float | None


class AlternativeEffect(msgspec.Struct, frozen=True, kw_only=True):
    """The same β under another modelling choice, named by `choice`."""

    choice: str
    beta: float | None
    low: float | None
    high: float | None


class EditionLagProfile(msgspec.Struct, frozen=True, kw_only=True):
    """Lags 0 to 4, the placebo, and β under other choices (trends, logged, fired only)."""

    lags: tuple[LagEffect, ...]
    placebo: LagEffect
    otherwise: tuple[AlternativeEffect, ...]
    sentence: str


class StartBin(msgspec.Struct, frozen=True, kw_only=True):
    """Two weeks before or after the start, compared with the last two weeks before it."""

    weeks: int
    effect: float | None
    low: float | None
    high: float | None


class StartEffect(msgspec.Struct, frozen=True, kw_only=True):
    """The effect of a pilot's start on the series.

    `design` is 'interrupted' (one series, no control), 'event_study' or 'staggered'; `strength`
    'weak' with fewer than 24 weeks before.
    """

    day: datetime.date
    design: Literal["interrupted", "event_study", "staggered"]
    step: float | None
    low: float | None
    high: float | None
    strength: Literal["weak", "fair"]
    sentence: str
    bins: tuple[StartBin, ...] = ()
