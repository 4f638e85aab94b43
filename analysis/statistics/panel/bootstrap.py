"""The wild cluster bootstrap: standard errors for the panel where few areas had any deployment."""

from dataclasses import dataclass

import numpy as np
import scipy

from analysis.statistics.panel.panel import (
    Panel,
    PanelFit,
    UsableCells,
    demeaned_grids,
    fit_panel,
    usable_cells,
)
from analysis.statistics.sampling.variance import Floats

TIMES = 999  # 0.05 · (999 + 1) is a whole number, so the test can have exactly that level
SEED = 2_007
SIX_POINTS = np.sqrt(np.array([0.5, 1.0, 1.5])) * np.array([[1.0], [-1.0]])


@dataclass(frozen=True, kw_only=True)
class BootstrapResult:
    """Two-sided p of β = 0, and the 95 % interval of all β that would not be rejected."""

    p: float
    low: float
    high: float
    times: int


@dataclass(frozen=True, eq=False, kw_only=True)
class BootstrapDraws:
    """β* and scores of the bootstrap, each a line in β₀: first the constant, then the slope."""

    beta: float
    statistic: float
    centre: tuple[Floats, Floats]
    scores: tuple[Floats, Floats]

    def tail(self, null: float) -> float:
        """P(|t*| ≥ |t|) when the errors are drawn as if β were `null`."""
        at = self.centre[0] - null * self.centre[1]
        score = self.scores[0] - null * self.scores[1]
        drawn = np.abs(at) / np.sqrt((score**2).sum(axis=1))
        seen = abs(self.beta - null) / self.statistic
        # A draw that equals what was seen counts, whatever its last bits are.
        return float((1 + (drawn >= seen - 1e-12).sum()) / (1 + len(drawn)))


def wild_cluster(
    panel: Panel, *, lag: int = 1, times: int = TIMES, seed: int = SEED
) -> BootstrapResult | None:
    """Bootstrap-t of β with the null imposed: y* = FE + β₀x + v_g·u, u the errors under β = β₀.

    v_g one of six points (±√½, ±1, ±√1.5) for each area, the same for all its periods; t by CR1,
    whose constant cancels. The interval is made of the β₀ with p ≥ 0.05. Reported next to CR2 where
    fewer than ten areas saw a deployment. None where `fit_panel` refuses. Areas are drawn in the
    order of their scores, so that their order in the input changes nothing.
    Source: Cameron, Gelbach & Miller (2008); Webb (2014); MacKinnon & Webb (2018).
    """
    found = fit_panel(panel, lags=(lag,))
    if not isinstance(found, PanelFit):
        return None
    drawn = bootstrap_draws(usable_cells(panel, (lag,)), times=times, seed=seed)
    error = float(found.covariance[0, 0] ** 0.5)
    return BootstrapResult(
        p=drawn.tail(0.0),
        low=confidence_limit(drawn, -error),
        high=confidence_limit(drawn, error),
        times=times,
    )


def bootstrap_draws(cells: UsableCells, *, times: int, seed: int) -> BootstrapDraws:
    within, _ = demeaned_grids(np.stack([cells.exposure[0], cells.outcome]), cells.weight)
    x, y = within
    pull = cells.weight * x
    size = float((pull * x).sum())
    beta = float((pull * y).sum()) / size
    order = np.argsort((pull * (y - beta * x)).sum(axis=1), kind="stable")
    rng = np.random.default_rng(seed)
    points = rng.choice(SIX_POINTS.ravel(), size=(times, len(order)))
    sign = np.empty_like(points)
    sign[:, order] = points
    # Errors are y - β₀x: with both drawn once, no β₀ of the search needs new draws.
    parts = [redrawn_scores(sign, of, cells.weight, pull=pull, size=size, x=x) for of in (y, x)]
    seen = (pull * (y - beta * x)).sum(axis=1)
    return BootstrapDraws(
        beta=beta,
        statistic=float(np.sqrt((seen**2).sum())) / size,
        centre=(parts[0][0], parts[1][0]),
        scores=(parts[0][1], parts[1][1]),
    )


def redrawn_scores(
    sign: Floats, of: Floats, weight: Floats, *, pull: Floats, size: float, x: Floats
) -> tuple[Floats, Floats]:
    """β* - β₀, and its score in each area divided by x'Wx, when the errors `of` get the drawn
    signs.
    """
    # Signs differ between areas, so the drawn errors have new period effects to remove.
    within, _ = demeaned_grids(sign[:, :, None] * of, weight)
    centre = np.einsum("at,bat->b", pull, within) / size
    score = np.einsum("at,bat->ba", pull, within) - centre[:, None] * (pull * x).sum(axis=1)
    return centre, score / size


def confidence_limit(drawn: BootstrapDraws, step: float) -> float:
    """The β₀ on one side of β where p falls below 0.05; infinite if it never does."""
    near, far = drawn.beta, drawn.beta + step
    for _ in range(40):
        if drawn.tail(far) < 0.05:
            return float(
                scipy.optimize.bisect(
                    lambda at: drawn.tail(at) - 0.05, near, far, xtol=1e-6 * abs(step)
                )
            )
        # Where few areas were exposed the limit may lie far out, or nowhere.
        near, far = far, drawn.beta + 2 * (far - drawn.beta)
    return float(np.copysign(np.inf, step))
