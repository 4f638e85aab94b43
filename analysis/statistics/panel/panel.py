"""Perception and deployments: the association of the two over areas and periods.

y_bt = α_b + τ_t + β·x_{b,t-1} + ε by weighted least squares, areas b, periods t; every constant
difference between areas and every change shared by all areas is removed first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import scipy

from analysis.statistics.changes import multiplicity
from analysis.statistics.sampling.variance import Flags, Floats, Ints
from survey.sentences import Sentence

PER = 10_000.0
FEWEST_PERIODS = 2
FEWEST_AREAS = 10
UNVARIED = Sentence("The deployments did not vary between areas.")


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
    """One β for each lag asked for, with the CR1 covariance of all, and t(G-1).

    `cells` used; `areas` (G) and `periods` among them; `exposed` areas with any deployment, and
    `exposed_cells` the share of cells with one; `events` deployments in the exposure periods used;
    `parameters` K, fixed effects included.
    """

    beta: Floats
    covariance: Floats
    df: int
    cells: int
    areas: int
    periods: int
    exposed: int
    events: int
    parameters: int
    exposed_cells: float = 1.0

    @property
    def se(self) -> Floats:
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def p(self) -> Floats:
        """Two-sided p of each β."""
        return np.asarray(2 * scipy.stats.t.sf(np.abs(self.beta) / self.se, self.df))

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        reach = float(scipy.stats.t.ppf(0.5 + level / 2, self.df)) * self.se
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

    V = G/(G-1)·(n-1)/(n-K)·B(Σ_g X'e e'X)B, K with all fixed effects; weighted, cells missing
    where outcome, weight or any lagged exposure is. Refused: fewer than 2 periods, 10 areas,
    no degrees of freedom, or an exposure that the fixed effects explain.
    β is in the outcome's unit per deployment per 10,000 residents (per unit of log(1 + deployments)
    where the panel is `logged`). Agrees with R vcovCR "CR1S" and linearmodels `group_debias=True`.
    Source: Arellano (1987); statistics.md 2.10.
    """
    return fit_two_way(usable_cells(panel, lags))


def fit_two_way(cells: UsableCells, *, unvaried: str = UNVARIED) -> PanelFit | PanelRefusal:
    """β of every exposure in `cells`, as in `fit_panel`; also for a start or an event study."""
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
    beta, sandwich = least_squares(x, y, cells.weight)
    # Without G/(G-1) and all fixed effects in K the error would be too small.
    scale = areas / (areas - 1) * (n - 1) / (n - parameters)
    return PanelFit(
        beta=beta,
        covariance=scale * sandwich,
        df=areas - 1,
        cells=n,
        areas=areas,
        periods=periods,
        exposed=cells.exposed,
        events=cells.events,
        parameters=parameters,
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
    Source: Holm (1979); statistics.md 2.10.
    """
    # Not on the cells that all lags share: lag 1 must be the very estimate that has the verdict.
    fits = tuple(fit_panel(panel, lags=(lag,)) for lag in lags)
    p = np.array([float(one.p[0]) if isinstance(one, PanelFit) else np.nan for one in fits])
    return LagProfile(lags=tuple(lags), fits=fits, holm=multiplicity.holm(p))


def lead_placebo(panel: Panel) -> PanelFit | PanelRefusal:
    """β of the deployments of the period *after*: what has not happened yet can have no effect.

    If the interval excludes 0, boroughs with more deployments already changed differently.
    Refused as `fit_panel`.
    Source: statistics.md 2.10.
    """
    return fit_panel(panel, lags=(-1,))


def least_squares(x: Floats, y: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """β of the grids x (lags x areas x periods), and the clustered middle of its covariance, B(Σ_g
    X'e e'X)B with an area as a cluster.
    """
    bread = np.linalg.inv(np.einsum("iat,at,jat->ij", x, weight, x))
    beta = bread @ np.einsum("iat,at,at->i", x, weight, y)
    error = y - np.einsum("i,iat->at", beta, x)
    scores = np.einsum("iat,at,at->ai", x, weight, error)
    return beta, bread @ (scores.T @ scores) @ bread


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


class Cr2(NamedTuple):
    """The CR2 standard error of β at one lag, and the degrees of freedom of its t."""

    se: float
    df: float


def cr2(panel: Panel, *, lag: int = 1) -> Cr2 | None:
    """V = Σ_g (s_g'W_g A_g e_g)², A_g = [((I-H)(I-H)')_gg]^(-1/2), s = x̃/(x̃'Wx̃).

    x̃ is the exposure without area and period effects, H the hat matrix with them, the working
    variance the identity; df = (Σ P_gg)² / Σ P_gh². None where `fit_panel` refuses. Takes about a
    third of a second for 1,250 cells.
    Source: Bell & McCaffrey (2002); Pustejovsky & Tipton (2018); agrees with R clubSandwich.
    """
    if isinstance(fit_panel(panel, lags=(lag,)), PanelRefusal):
        return None
    cells = usable_cells(panel, (lag,))
    area, period = np.nonzero(cells.weight)
    weight, y = cells.weight[area, period], cells.outcome[area, period]
    within = demeaned_grids(cells.exposure, cells.weight)[0][0][area, period]
    pull = weight * within / (weight @ within**2)
    left = np.eye(len(y)) - hat_matrix(design_matrix(cells, area, period), weight)
    error = left @ y
    squares, paths = 0.0, []
    for g in range(len(cells.weight)):
        own = area == g
        adjusted = pull[own] @ inverse_square_root(left[own] @ left[own].T)
        squares += float(adjusted @ error[own]) ** 2
        paths.append(adjusted @ left[own])
    inner = np.array(paths) @ np.array(paths).T
    return Cr2(se=squares**0.5, df=float(np.trace(inner) ** 2 / (inner**2).sum()))


def design_matrix(cells: UsableCells, area: Ints, period: Ints) -> Floats:
    areas, periods = cells.weight.shape
    dummies = [np.eye(areas)[area], np.eye(periods)[period], cells.exposure[0][area, period, None]]
    return np.hstack(dummies)


def hat_matrix(x: Floats, weight: Floats) -> Floats:
    """H = X(X'WX)⁺X'W, from an orthonormal basis of √W·X."""
    root = np.sqrt(weight)
    basis, size, _ = np.linalg.svd(x * root[:, None], full_matrices=False)
    basis = basis[:, size > 1e-10 * size[0]]
    return np.asarray((basis / root[:, None]) @ (basis * root[:, None]).T)


def inverse_square_root(square: Floats) -> Floats:
    """The symmetric inverse square root; directions without variance stay 0."""
    values, vectors = np.linalg.eigh(square)
    # Area effects fit one direction of every block exactly, so a plain inverse does not exist.
    sound = values > 1e-10 * max(float(values[-1]), 0.0)
    scale = np.where(sound, np.where(sound, values, 1.0) ** -0.5, 0.0)
    return np.asarray((vectors * scale) @ vectors.T)


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
    # If trends explain all of the exposure, only rounding is left of it.
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
    # Centred and scaled, so that no column dwarfs the others at the cut-off below.
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
