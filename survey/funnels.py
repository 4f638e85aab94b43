"""Funnels: which areas lie outside what chance alone allows around the city's own figure."""

from typing import Literal

import msgspec

Place = Literal["below", "low", "within", "high", "above", "withheld"]


class Limits(msgspec.Struct, frozen=True):
    """The 95 % and 99.8 % limits at one size (residents, or effective answers)."""

    size: float
    low: float
    high: float
    lowest: float
    highest: float


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """One area: its size, its figure, and where it lies.

    'low' and 'high' are outside 95 %, 'below' and 'above' outside 99.8 %.
    """

    domain: str
    size: float | None
    value: float | None
    place: Place


class Funnel(msgspec.Struct, frozen=True, kw_only=True):
    """`measure` is 'index', 'deployments' or 'complaints'; `phi` how much wider than chance the
    areas scatter, None where that is allowed for by `between` (τ², in the unit squared) or not at
    all."""

    measure: str
    target: float
    spots: tuple[Spot, ...]
    limits: tuple[Limits, ...]
    phi: float | None = None
    between: float | None = None
