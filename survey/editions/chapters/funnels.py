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
    """The areas of a measure against limits around the city's figure.

    `measure` is 'index', 'deployments' or 'complaints'. `limits` are those at each size that an
    area has, and at some sizes between. `phi` is how much more the areas vary than by chance, None
    where it is not established that they do; `between` is the variance τ² that the limits then
    allow for, of the index or of the square root of the rate. `unit` is the variance of one
    effective answer, with `degrees` of freedom, None for rates; `rounded_to` what the counts of
    the rates are rounded to, None where they are not.
    """

    measure: str
    target: float
    spots: tuple[FunnelPoint, ...]
    limits: tuple[FunnelLimits, ...]
    phi: float | None = None
    between: float | None = None
    unit: float | None = None
    degrees: int | None = None
    rounded_to: int | None = None
