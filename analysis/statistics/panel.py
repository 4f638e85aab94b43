"""Perception and deployments: the association of the two over areas and periods.

y_bt = α_b + τ_t + β·x_{b,t-1} + ε by weighted least squares, areas b, periods t; every constant
difference between areas and every change shared by all areas is removed first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import scipy

from analysis.statistics import changes
from analysis.statistics.sampling import variance
from analysis.statistics.sampling.variance import Flags, Floats
from survey.sentences import Sentence

PER = 10_000.0
FEWEST_PERIODS = 2
FEWEST_AREAS = 10
UNVARIED = Sentence("The deployments did not vary between areas.")
ONE_AREA = Sentence("Too few areas had a deployment to say how certain an estimate is.")


@dataclass(frozen=True, eq=False, kw_only=True)
class Panel:
    """The data of a panel of areas x periods.

    `outcome` direct estimates of sampled answers (never smoothed with the deployments themselves),
    NaN where there is none; `deployments` counts, NaN where not reported; `population` residents, A
    x 1 or A x T; `weight` effective n behind each outcome. Areas where residents are the wrong base
    (the City of London) are left out beforehand. `logged` takes log(1 + deployments) for the
    exposure, a sensitivity.
    """

    outcome: Floats
    deployments: Floats
    population: Floats
    weight: Floats
    logged: bool = False

    @property
    def exposure(self) -> Floats:
        """Deployments per 10,000 residents."""
        if self.logged:
            return np.asarray(np.log1p(self.deployments))
        lived = np.where(self.population > 0, self.population, np.nan)
        return np.asarray(PER * self.deployments / lived, dtype=np.float64)


@dataclass(frozen=True, eq=False, kw_only=True)
class PanelFit:
    """One β for each lag asked for, its CR2 error `se`, and the degrees of freedom `df` of its t.

    `covariance` of all β by CR1, for tests of several at once; `cells` used; `areas` (G) and
    `periods` among them; `exposed` areas with any deployment, and `exposed_cells` the share of
    cells with one; `events` deployments in the exposure periods used; `parameters` K, fixed
    effects included.
    """

    beta: Floats
    se: Floats
    df: Floats
    covariance: Floats
    cells: int
    areas: int
    periods: int
    exposed: int
    events: int
    parameters: int
    exposed_cells: float = 1.0

    @property
    def p(self) -> Floats:
        """Two-sided p of each β."""
        return np.asarray(2 * scipy.stats.t.sf(np.abs(self.beta) / self.se, self.df))

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        reach = scipy.stats.t.ppf(0.5 + level / 2, self.df) * self.se
        return self.beta - reach, self.beta + reach


@dataclass(frozen=True, eq=False, kw_only=True)
class PanelRefusal:
    """Why nothing was estimated, and how much data there was."""

    sentence: str
    areas: int
    periods: int
    events: int


@dataclass(frozen=True, eq=False, kw_only=True)
class UsableCells:
    """The cells that take part in a fit; others have weight 0, and areas or periods without any
    usable cell are left out.
    """

    outcome: Floats
    exposure: Floats  # lags x areas x periods
    weight: Floats
    exposed: int
    events: int


def fit_panel(panel: Panel, *, lags: Sequence[int] = (1,)) -> PanelFit | PanelRefusal:
    """β of the exposure `lags` periods before, all lags in one model; -1 is the lead placebo.

    Errors by `clustered.cr2` with an area as a cluster; `covariance` by CR1, G/(G-1)·(n-1)/(n-K)·
    B(Σ_g X'e e'X)B, K with all fixed effects. Weighted, cells missing where outcome, weight or any
    lagged exposure is. Refused: fewer than 2 periods, 10 areas, no degrees of freedom, an exposure
    that the fixed effects explain, or one of a single area, whose error cannot be known.
    β is in the outcome's unit per deployment per 10,000 residents (per unit of log(1 + deployments)
    where the panel is `logged`). Agrees with R clubSandwich, CR1 with vcovCR "CR1S" and
    linearmodels `group_debias=True`.
    Source: Bell & McCaffrey (2002); Pustejovsky & Tipton (2018); Arellano (1987).
    """
    return fit_two_way(usable_cells(panel, lags))


def fit_two_way(cells: UsableCells, *, unvaried: str = UNVARIED) -> PanelFit | PanelRefusal:
    """β of every exposure in `cells`, as in `fit_panel`; also for a start or an event study."""
    fit = within_fit(cells, unvaried=unvaried)
    if isinstance(fit, PanelRefusal):
        return fit
    area, period = np.nonzero(cells.weight)
    areas, periods = cells.weight.shape
    fixed = np.hstack([np.eye(areas)[area], np.eye(periods)[period]])
    return judged_fit(cells, fit, fixed)


class WithinFit(NamedTuple):
    """β, the exposures without the fixed effects, the middle of the CR1 covariance and K."""

    beta: Floats
    within: Floats
    sandwich: Floats
    parameters: int


def within_fit(cells: UsableCells, *, unvaried: str = UNVARIED) -> WithinFit | PanelRefusal:
    """β of every exposure in `cells`, without its error."""
    areas, periods = cells.weight.shape
    if (why := too_small_reason(areas, periods)) is not None:
        return panel_refusal(why, cells)
    within, effects = demeaned_grids(
        np.concatenate([cells.exposure, cells.outcome[None]]), cells.weight
    )
    x, y = within[:-1], within[-1]
    if not has_variation(x, cells):
        return panel_refusal(unvaried, cells)
    n, parameters = int((cells.weight > 0).sum()), effects + len(x)
    if n <= parameters:
        return panel_refusal(Sentence("There are too few estimates to compare."), cells)
    return WithinFit(*least_squares(x, y, cells.weight), parameters)


def judged_fit(cells: UsableCells, fit: WithinFit, fixed: Floats) -> PanelFit | PanelRefusal:
    """The fit with its errors; `fixed` the columns of the removed effects, a row a cell."""
    area, period = np.nonzero(cells.weight)
    weight, y = cells.weight[area, period], cells.outcome[area, period]
    within = fit.within[:, area, period]
    error = variance.cr2(variance.Regression(fixed, within, y, weight, area))
    if not np.isfinite(error.se).all():
        return panel_refusal(ONE_AREA, cells)
    areas, periods = cells.weight.shape
    n = len(y)
    # Without G/(G-1) and all fixed effects in K the covariance would be too small.
    scale = areas / (areas - 1) * (n - 1) / (n - fit.parameters)
    return PanelFit(
        beta=fit.beta,
        se=error.se,
        df=error.df,
        covariance=scale * fit.sandwich,
        cells=n,
        areas=areas,
        periods=periods,
        exposed=cells.exposed,
        events=cells.events,
        parameters=fit.parameters,
        exposed_cells=float((cells.exposure[0] > 0).sum() / n),
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class LagProfile:
    """A fit at each lag alone, and the p of each after Holm; only lag 1 confirms anything."""

    lags: tuple[int, ...]
    fits: tuple[PanelFit | PanelRefusal, ...]
    holm: Floats


def lag_profile(panel: Panel, *, lags: Sequence[int] = (0, 1, 2, 3, 4)) -> LagProfile:
    """Each lag alone, on every cell for which its exposure is known, as `fit_panel` at that lag.

    A later lag lacks the first periods of the series. The p are adjusted by Holm over the lags, NaN
    where nothing could be fitted.
    Source: Holm (1979).
    """
    # Not on the cells that all lags share: lag 1 must be the very estimate that has the verdict.
    fits = tuple(fit_panel(panel, lags=(lag,)) for lag in lags)
    p = np.array([float(fit.p[0]) if isinstance(fit, PanelFit) else np.nan for fit in fits])
    return LagProfile(lags=tuple(lags), fits=fits, holm=changes.holm(p))


def lead_placebo(panel: Panel) -> PanelFit | PanelRefusal:
    """β of the deployments of the period *after*: what has not happened yet can have no effect.

    If the interval excludes 0, boroughs with more deployments already changed differently.
    Refused as `fit_panel`.
    Source: Autor (2003); Angrist & Pischke (2009) §5.2.
    """
    return fit_panel(panel, lags=(-1,))


def least_squares(x: Floats, y: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """β of the grids x (lags x areas x periods), x itself, and the clustered middle of the
    covariance of β, B(Σ_g X'e e'X)B with an area as a cluster.
    """
    bread = np.linalg.inv(np.einsum("iat,at,jat->ij", x, weight, x))
    beta = bread @ np.einsum("iat,at,at->i", x, weight, y)
    error = y - np.einsum("i,iat->at", beta, x)
    scores = np.einsum("iat,at,at->ai", x, weight, error)
    return beta, x, bread @ (scores.T @ scores) @ bread


def has_variation(x: Floats, cells: UsableCells) -> bool:
    """Whether the exposure varies once area and period effects are removed."""
    moment = np.einsum("iat,at,jat->ij", x, cells.weight, x)
    before = np.einsum("iat,at->i", cells.exposure**2, cells.weight)
    # The smallest eigenvalue: two lags that follow from each other give no β either.
    return bool(np.linalg.eigvalsh(moment)[0] > 1e-9 * before.max() > 0)


def panel_refusal(sentence: str, cells: UsableCells) -> PanelRefusal:
    """A refusal with this sentence and the size of these cells."""
    areas, periods = cells.weight.shape
    return PanelRefusal(sentence=sentence, areas=areas, periods=periods, events=cells.events)


def too_small_reason(areas: int, periods: int) -> Sentence | None:
    if periods < FEWEST_PERIODS:
        return Sentence("There are too few periods to compare ({periods}).", periods=periods)
    if areas < FEWEST_AREAS:
        return Sentence("There are too few areas to compare ({areas}).", areas=areas)
    return None


def usable_cells(panel: Panel, lags: Sequence[int]) -> UsableCells:
    """The cells with an outcome, a weight and the exposure at every lag.

    `exposed` and `events` come from the first lag.
    """
    exposure = np.stack([lagged_grid(panel.exposure, lag) for lag in lags])
    counts = lagged_grid(panel.deployments, lags[0])
    sound = np.isfinite(panel.outcome) & np.isfinite(exposure).all(axis=0)
    sound &= np.nan_to_num(panel.weight) > 0
    weight = np.where(sound, panel.weight, 0.0)
    rows, columns = np.flatnonzero(sound.any(axis=1)), np.flatnonzero(sound.any(axis=0))
    keep = np.ix_(rows, columns)
    first = np.where(sound, exposure[0], 0.0)
    return UsableCells(
        outcome=np.where(sound, panel.outcome, 0.0)[keep],
        exposure=np.where(sound, exposure, 0.0)[:, rows][:, :, columns],
        weight=weight[keep],
        exposed=int((first > 0).any(axis=1).sum()),
        events=round(float(np.where(sound, counts, 0.0).sum())),
    )


def lagged_grid(value: Floats, lag: int) -> Floats:
    """The value `lag` periods before; NaN outside the series."""
    moved = np.full(value.shape, np.nan)
    if lag > 0:
        moved[:, lag:] = value[:, :-lag]
    elif lag < 0:
        moved[:, :lag] = value[:, -lag:]
    else:
        moved[:] = value
    return moved


def demeaned_grids(values: Floats, weight: Floats) -> tuple[Floats, int]:
    """Each grid after removing area and period effects, and how many effects that took.

    Area effects are eliminated exactly; the periods remain as a small linear system, whose rank
    also gives the right number of effects where missing cells split the panel.
    """
    by_area, by_period = weight.sum(axis=1), weight.sum(axis=0)
    share = weight / by_area[:, None]
    system = np.diag(by_period) - weight.T @ share
    area_sums = np.einsum("vat,at->av", values, weight)
    right = np.einsum("vat,at->tv", values, weight) - share.T @ area_sums
    # A constant can move between area and period effects, so the system is always singular.
    period, _, rank, _ = np.linalg.lstsq(system, right, rcond=1e-10)
    area = (area_sums - weight @ period) / by_area[:, None]
    return values - area.T[:, :, None] - period.T[:, None, :], len(by_area) + int(rank)


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
    """The four analyses fixed beforehand, each with the errors of `fit_panel`.

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
    others = (usable_cells(panel_of_areas(panel, everyone != i), (lag,)) for i in everyone)
    return np.array([first_beta(within_fit(cells)) for cells in others])


def panel_of_areas(panel: Panel, areas: Flags) -> Panel:
    """The panel of these areas, one flag an area."""
    grids = {
        name: getattr(panel, name)[areas]
        for name in ("outcome", "deployments", "population", "weight")
    }
    return replace(panel, **grids)


def first_beta(fit: WithinFit | PanelRefusal) -> float:
    return float("nan") if isinstance(fit, PanelRefusal) else float(fit.beta[0])


def fit_with_area_trends(panel: Panel, *, lag: int = 1) -> PanelFit | PanelRefusal:
    """β of y = α_b + τ_t + γ_b·t + βx + ε: each area may follow its own linear trend.

    Errors as in `fit_panel`, the slopes among the fixed effects. Refused where `fit_panel` refuses,
    or where the slopes explain all of the exposure.
    Source: Angrist & Pischke (2009) §5.2.
    """
    cells = usable_cells(panel, (lag,))
    plain = within_fit(cells)
    if isinstance(plain, PanelRefusal):
        return plain
    n, fixed = int((cells.weight > 0).sum()), columns_with_trends(cells)
    left, effects = grids_without(fixed, cells)
    before = float((cells.exposure[0] ** 2 * cells.weight).sum())
    after = float((left[0] ** 2 * cells.weight).sum())
    # If trends explain all of the exposure, only rounding is left of it.
    if after <= 1e-9 * before or n <= effects + 1:
        return panel_refusal(
            "Trends of the areas leave nothing of the deployments to compare.", cells
        )
    fit = WithinFit(*least_squares(left[:1], left[1], cells.weight), effects + 1)
    return judged_fit(cells, fit, fixed)


def columns_with_trends(cells: UsableCells) -> Floats:
    """Columns of area effects, period effects and a trend for each area, a row a cell."""
    area, period = np.nonzero(cells.weight)
    areas, periods = cells.weight.shape
    own, when = np.eye(areas)[area], np.eye(periods)[period]
    # Centred and scaled, so that no column dwarfs the others at the cut-off of a basis.
    centred = (period - period.mean())[:, None] / max(periods, 1)
    return np.hstack([own, when, own * centred])


def grids_without(fixed: Floats, cells: UsableCells) -> tuple[Floats, int]:
    """Exposure and outcome after removing what the columns explain, and the rank of these."""
    area, period = np.nonzero(cells.weight)
    areas, periods = cells.weight.shape
    root = np.sqrt(cells.weight[area, period])[:, None]
    basis = variance.orthonormal_basis(fixed * root)
    values = np.stack([cells.exposure[0][area, period], cells.outcome[area, period]], axis=1) * root
    left = (values - basis @ (basis.T @ values)) / root
    grids = np.zeros((2, areas, periods))
    grids[:, area, period] = left.T
    return grids, basis.shape[1]
