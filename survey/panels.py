"""Perception and deployments together, and what the pilot's start left in the series."""

import datetime
from typing import Literal

import msgspec


class Lag(msgspec.Struct, frozen=True, kw_only=True):
    """β at one lag alone: index points per deployment per 10,000 so many weeks before.

    `p` after Holm over the lags. Lag -1 is the placebo: what has not happened yet.
    """

    lag: int
    beta: float | None
    low: float | None
    high: float | None
    p: float | None


class Otherwise(msgspec.Struct, frozen=True, kw_only=True):
    """The same β under another choice, named by `choice`."""

    choice: str
    beta: float | None
    low: float | None
    high: float | None


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """Lags 0 to 4, the placebo, and β under other choices (CR2, trends, logged, fired only)."""

    lags: tuple[Lag, ...]
    placebo: Lag
    otherwise: tuple[Otherwise, ...]
    sentence: str


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Two weeks before or after the start, against the last two before it."""

    weeks: int
    effect: float | None
    low: float | None
    high: float | None


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """What the start of a pilot left in the series.

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
    bins: tuple[Bin, ...] = ()


class Complained(msgspec.Struct, frozen=True, kw_only=True):
    """The rate ratio of complaints per deployment per 10,000 in the week before, by two models.

    `areas` and `left_out` (those without any complaint) are None in what may be read.
    """

    ratio: float | None
    low: float | None
    high: float | None
    clustered_low: float | None
    clustered_high: float | None
    areas: int | None
    left_out: int | None
    dispersion: float | None
    sentence: str
