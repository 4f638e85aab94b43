"""Whether the panel's answer hangs on one choice: other forms of the same comparison."""

from dataclasses import dataclass, replace

import numpy as np

from analysis.statistics.panel import (
    Fit,
    Panel,
    Refusal,
    Usable,
    fit,
    least_squares,
    refuse,
    usable,
)
from analysis.statistics.variance import Flags, Floats


@dataclass(frozen=True, eq=False, kw_only=True)
class Sensitivities:
    """β at lag 1 under other choices; None where the figures for one are not there.

    `area_trends` a straight line for each area; `logged` log(1 + deployments), so in points per
    unit of that; `fired_only` only uses in which a device was fired. `without` leaves one area
    out, NaN where that cannot be fitted, and `widest` are the least and the largest of these.
    """

    area_trends: Fit | Refusal
    logged: Fit | Refusal
    fired_only: Fit | Refusal | None
    without: Floats

    @property
    def widest(self) -> tuple[float, float]:
        known = self.without[np.isfinite(self.without)]
        return (float(known.min()), float(known.max())) if len(known) else (np.nan, np.nan)


def sensitivities(panel: Panel, *, fired: Floats | None = None) -> Sensitivities:
    """The four that were set down beforehand (statistics.md 2.10), each with CR1 and t(G-1).

    `fired` counts of deployments in which a device was fired, areas x periods.
    """
    return Sensitivities(
        area_trends=with_area_trends(panel),
        logged=fit(replace(panel, logged=True)),
        fired_only=None if fired is None else fit(replace(panel, deployments=fired)),
        without=leave_one_out(panel),
    )


def leave_one_out(panel: Panel, *, lag: int = 1) -> Floats:
    """β without each area in turn, in the order of the areas; NaN where that cannot be fitted."""
    everyone = np.arange(len(panel.outcome))
    return np.array([beta_of(fit(only(panel, everyone != i), lags=(lag,))) for i in everyone])


def only(panel: Panel, areas: Flags) -> Panel:
    """The panel of these areas, one flag an area."""
    grids = {
        name: getattr(panel, name)[areas]
        for name in ("outcome", "deployments", "population", "weight")
    }
    return replace(panel, **grids)


def beta_of(found: Fit | Refusal) -> float:
    return float(found.beta[0]) if isinstance(found, Fit) else float("nan")


def with_area_trends(panel: Panel, *, lag: int = 1) -> Fit | Refusal:
    """β of y = α_b + τ_t + γ_b·t + βx + ε: each area may drift along a line of its own.

    V as in `panel.fit`, K counting the slopes too. Refused where `fit` refuses, or where the
    slopes leave nothing of the exposure. Source: Angrist & Pischke (2009) §5.2.
    """
    plain = fit(panel, lags=(lag,))
    if isinstance(plain, Refusal):
        return plain
    cells = usable(panel, (lag,))
    n = int((cells.weight > 0).sum())
    left, effects = apart_from_trends(cells)
    before = float((cells.exposure[0] ** 2 * cells.weight).sum())
    after = float((left[0] ** 2 * cells.weight).sum())
    parameters = effects + 1
    if after <= 1e-9 * before or n <= parameters:
        return refuse("Trends of the areas leave nothing of the deployments to compare.", cells)
    beta, sandwich = least_squares(left[:1], left[1], cells.weight)
    areas = plain.areas
    scale = areas / (areas - 1) * (n - 1) / (n - parameters)
    return replace(plain, beta=beta, covariance=scale * sandwich, parameters=parameters)


def apart_from_trends(cells: Usable) -> tuple[Floats, int]:
    """What areas, periods and the areas' lines leave of exposure and outcome, and their rank."""
    area, period = np.nonzero(cells.weight)
    areas, periods = cells.weight.shape
    own, when = np.eye(areas)[area], np.eye(periods)[period]
    centred = (period - period.mean())[:, None] / max(periods, 1)
    root = np.sqrt(cells.weight[area, period])[:, None]
    basis, size, _ = np.linalg.svd(
        np.hstack([own, when, own * centred]) * root, full_matrices=False
    )
    basis = basis[:, size > 1e-10 * size[0]]
    values = np.stack([cells.exposure[0][area, period], cells.outcome[area, period]], axis=1) * root
    left = (values - basis @ (basis.T @ values)) / root
    grids = np.zeros((2, areas, periods))
    grids[:, area, period] = left.T
    return grids, basis.shape[1]
