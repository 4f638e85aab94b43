"""Whether the panel's answer depends on one choice: other forms of the same comparison."""

from dataclasses import dataclass, replace

import numpy as np

from analysis.statistics.panel.panel import (
    Panel,
    PanelFit,
    PanelRefusal,
    UsableCells,
    fit_panel,
    least_squares,
    panel_refusal,
    usable_cells,
)
from analysis.statistics.sampling.variance import Flags, Floats


@dataclass(frozen=True, eq=False, kw_only=True)
class SensitivityFits:
    """β at lag 1 under other choices; None where the figures for a choice are missing.

    `area_trends` a straight line for each area; `logged` log(1 + deployments), so in points per
    unit of that; `fired_only` only uses in which a device was fired. `without` leaves one area out,
    NaN where that cannot be fitted, and `widest` are the smallest and the largest of these.
    """

    area_trends: PanelFit | PanelRefusal
    logged: PanelFit | PanelRefusal
    fired_only: PanelFit | PanelRefusal | None
    without: Floats

    @property
    def widest(self) -> tuple[float, float]:
        known = self.without[np.isfinite(self.without)]
        return (float(known.min()), float(known.max())) if len(known) else (np.nan, np.nan)


def sensitivity_fits(panel: Panel, *, fired: Floats | None = None) -> SensitivityFits:
    """The four analyses fixed beforehand (statistics.md 2.10), each with CR1 and t(G-1).

    `fired` counts of deployments in which a device was fired, areas x periods.
    """
    return SensitivityFits(
        area_trends=fit_with_area_trends(panel),
        logged=fit_panel(replace(panel, logged=True)),
        fired_only=None if fired is None else fit_panel(replace(panel, deployments=fired)),
        without=leave_one_out_betas(panel),
    )


def leave_one_out_betas(panel: Panel, *, lag: int = 1) -> Floats:
    """β without each area in turn, in the order of the areas; NaN where that cannot be fitted."""
    everyone = np.arange(len(panel.outcome))
    return np.array(
        [first_beta(fit_panel(panel_of_areas(panel, everyone != i), lags=(lag,))) for i in everyone]
    )


def panel_of_areas(panel: Panel, areas: Flags) -> Panel:
    """The panel of these areas, one flag an area."""
    grids = {
        name: getattr(panel, name)[areas]
        for name in ("outcome", "deployments", "population", "weight")
    }
    return replace(panel, **grids)


def first_beta(found: PanelFit | PanelRefusal) -> float:
    return float(found.beta[0]) if isinstance(found, PanelFit) else float("nan")


def fit_with_area_trends(panel: Panel, *, lag: int = 1) -> PanelFit | PanelRefusal:
    """β of y = α_b + τ_t + γ_b·t + βx + ε: each area may follow its own linear trend.

    V as in `fit_panel`, K counting the slopes too. Refused where `fit_panel` refuses, or where the
    slopes explain all of the exposure.
    Source: Angrist & Pischke (2009) §5.2.
    """
    plain = fit_panel(panel, lags=(lag,))
    if isinstance(plain, PanelRefusal):
        return plain
    cells = usable_cells(panel, (lag,))
    n = int((cells.weight > 0).sum())
    left, effects = detrended_grids(cells)
    before = float((cells.exposure[0] ** 2 * cells.weight).sum())
    after = float((left[0] ** 2 * cells.weight).sum())
    parameters = effects + 1
    if after <= 1e-9 * before or n <= parameters:
        return panel_refusal(
            "Trends of the areas leave nothing of the deployments to compare.", cells
        )
    beta, sandwich = least_squares(left[:1], left[1], cells.weight)
    areas = plain.areas
    scale = areas / (areas - 1) * (n - 1) / (n - parameters)
    return replace(plain, beta=beta, covariance=scale * sandwich, parameters=parameters)


def detrended_grids(cells: UsableCells) -> tuple[Floats, int]:
    """Exposure and outcome after removing area effects, period effects and area trends, and the
    rank of what was removed.
    """
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
