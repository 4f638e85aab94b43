"""The perception index: week by week, on the tile map, and by a small-area model."""

import datetime
from typing import Literal

import msgspec

from survey.editions.chapters.funnels import FunnelZone
from survey.editions.figures import Estimate

TilePosition = Literal["below", "within", "above", "withheld"]


class SeriesPoint(msgspec.Struct, frozen=True):
    """One point of a series for a chart: a period and its estimate."""

    start: datetime.date
    estimate: Estimate


class AreaTile(msgspec.Struct, frozen=True, kw_only=True):
    """One borough on the tile map, with its value and where it lies against the limits.

    `zone` is that of the borough in the funnel of the index, `standing` whether it is below, within
    or above the 95% limits. In editions made before zones were stored, `zone` is None and
    `standing` compares the borough's own interval with the city.
    """

    area: str
    name: str
    short: str
    column: int
    row: int
    value: float | None
    standing: TilePosition
    zone: FunnelZone | None = None


class SmallAreaEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """A borough's own estimate and that of a model that borrows strength from all boroughs.

    `own` is the weight of its own answers in the model (γ, 0 to 1). None where withheld.
    """

    domain: str
    direct: Estimate
    value: float | None
    low: float | None
    high: float | None
    own: float | None


class IndexWeek(msgspec.Struct, frozen=True, kw_only=True):
    """One week of the index: the city's estimate, and each area's own direct estimate.

    `direct` code, value (None where nobody answered) and effective n, under design weights.
    """

    start: datetime.date
    city: Estimate
    direct: tuple[tuple[str, float | None, float], ...]
