"""Funnels: which areas lie outside the limits that chance allows around the city's figure."""

from typing import Literal

import msgspec

FunnelZone = Literal["below", "low", "within", "high", "above", "withheld"]


class FunnelLimits(msgspec.Struct, frozen=True):
    """The 95% and 99.8% limits at one size (residents, or effective answers)."""

    size: float
    low: float
    high: float
    lowest: float
    highest: float


class FunnelPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One area: its size, its figure, and its position in the funnel.

    'low' and 'high' are outside 95%, 'below' and 'above' outside 99.8%.
    """

    domain: str
    size: float | None
    value: float | None
    place: FunnelZone


class Funnel(msgspec.Struct, frozen=True, kw_only=True):
    """A funnel plot: the city's figure, its limits by size, and the areas.

    `measure` is 'index', 'deployments' or 'complaints'; `phi` how much more the areas vary than
    by chance, None where that is allowed for by `between` (τ², in the unit squared) or not at all.
    """

    measure: str
    target: float
    spots: tuple[FunnelPoint, ...]
    limits: tuple[FunnelLimits, ...]
    phi: float | None = None
    between: float | None = None
