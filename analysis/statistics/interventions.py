"""What changed when something began: one series, a step against a comparison, staggered starts."""

from dataclasses import dataclass

import numpy as np
import scipy

from analysis.statistics.panel import FEWEST_AREAS, PanelFit, PanelRefusal, UsableCells, fit_two_way
from analysis.statistics.sampling.variance import Flags, Floats, Ints
from survey.sentences import N_, Sentence

FEWEST_BEFORE = 24
FEWEST = 3  # each side has a line of its own, which two weeks would fit exactly
NAMES = ("level", "trend", "step", "change of trend")
UNCONTROLLED = Sentence(
    "The city is one series with nothing to compare it with: anything else that changed that week "
    "is in the step too."
)
NEVER = -1
BIN_WIDTH = 2


@dataclass(frozen=True, eq=False, kw_only=True)
class InterruptedSeries:
    """β of level, trend, step and change of trend, with t on `df`·(1-ρ)/(1+ρ) degrees of freedom.

    `rho` autocorrelation of neighbouring weeks, `sigma` standard deviation of the errors; `before`
    and `after` weeks with a figure. `caveats` are to be printed with it.
    """

    beta: Floats
    covariance: Floats
    df: float
    rho: float
    sigma: float
    before: int
    after: int
    caveats: tuple[Sentence, ...]

    @property
    def se(self) -> Floats:
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def weak(self) -> bool:
        """Whether there are fewer than 24 weeks before the start; every display must say so."""
        return self.before < FEWEST_BEFORE

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        reach = float(scipy.stats.t.ppf(0.5 + level / 2, self.df)) * self.se
        return self.beta - reach, self.beta + reach


def interrupted_series(y: Floats, start: int) -> InterruptedSeries | None:
    """y_t = β₀ + β₁t + β₂post + β₃(t-T₀)post, errors AR(1), by restricted maximum likelihood.

    `y` one a week, NaN where there is none; `start` T₀, the first week after. V = σ²(X'R⁻¹X)⁻¹, σ²
    = e'R⁻¹e/(n-4), R_ij = ρ^|i-j|, ρ at the largest restricted likelihood; t with (n-4)(1-ρ)/(1+ρ)
    df, ρ not below 0, and 1 df at least. Newey-West is not used: with ten weeks before its
    intervals covered the truth in only 56 to 78 of 100 simulations. None with fewer than three
    weeks on either side.
    Source: Turner et al. (2021); Pinheiro & Bates (2000) §5.3, as R `nlme::gls(corAR1)`.
    """
    week = np.flatnonzero(np.isfinite(y))
    before, after = int((week < start).sum()), int((week >= start).sum())
    if min(before, after) < FEWEST:
        return None
    post = (week >= start).astype(float)
    x = np.column_stack([np.ones(len(week)), week, post, (week - start) * post])
    gap, own = np.diff(week), y[week]
    rho = best_rho(own, x, gap)
    _, beta, bread, rest = restricted_likelihood(own, x, gap, rho)
    n, p = x.shape
    variance = rest / (n - p)
    # A negative ρ would give more degrees of freedom than independent weeks have.
    small = max((n - p) * (1 - max(rho, 0.0)) / (1 + max(rho, 0.0)), 1.0)
    return InterruptedSeries(
        beta=beta,
        covariance=variance * bread,
        df=small,
        rho=rho,
        sigma=variance**0.5,
        before=before,
        after=after,
        caveats=series_caveats(before),
    )


def series_caveats(before: int) -> tuple[Sentence, ...]:
    if before >= FEWEST_BEFORE:
        return (UNCONTROLLED,)
    weak = Sentence(
        "Weak: there are only {before} weeks before the start; our minimum is {fewest}.",
        before=before,
        fewest=FEWEST_BEFORE,
    )
    return weak, UNCONTROLLED


def best_rho(y: Floats, x: Floats, gap: Floats) -> float:
    def unlikely(rho: float) -> float:
        return -restricted_likelihood(y, x, gap, rho)[0]

    # A bounded search alone may stop at a lesser peak, so a grid says where to search.
    coarse = np.linspace(-0.95, 0.99, 40)
    best = int(np.argmin([unlikely(rho) for rho in coarse]))
    ends = coarse[max(best - 1, 0)], coarse[min(best + 1, len(coarse) - 1)]
    optimum = scipy.optimize.minimize_scalar(
        unlikely, bounds=ends, method="bounded", options={"xatol": 1e-10}
    )
    return float(optimum.x)


def restricted_likelihood(
    y: Floats, x: Floats, gap: Floats, rho: float
) -> tuple[float, Floats, Floats, float]:
    """Restricted log likelihood up to a constant, β, (X'R⁻¹X)⁻¹ and e'R⁻¹e at one ρ."""
    # Weeks may be missing: over a gap of k weeks the correlation is ρ to the k.
    carried = rho**gap
    scale = np.sqrt(1 - carried**2)
    both = np.column_stack([x, y])
    white = np.vstack([both[:1], (both[1:] - carried[:, None] * both[:-1]) / scale[:, None]])
    bread: Floats = np.asarray(np.linalg.inv(white[:, :-1].T @ white[:, :-1]), dtype=np.float64)
    beta = bread @ (white[:, :-1].T @ white[:, -1])
    rest = float(((white[:, -1] - white[:, :-1] @ beta) ** 2).sum())
    n, p = x.shape
    logs = 2 * float(np.log(scale).sum()) - float(np.linalg.slogdet(bread)[1])
    return float(-0.5 * ((n - p) * np.log(rest) + logs)), beta, bread, rest


PRE_TREND_CAVEAT = N_(
    "The joint test of the weeks before the start is rough, and passing it does not prove that the "
    "boroughs would have changed alike."
)


@dataclass(frozen=True, eq=False, kw_only=True)
class AdoptionPanel:
    """Outcomes of areas x periods, their weights, and the period in which each area started.

    `start` the first period after, NEVER (-1) for an area that did not start. `outcome` NaN where
    there is none.
    """

    outcome: Floats
    weight: Floats
    start: Ints

    @property
    def has_started(self) -> Flags:
        return np.asarray(self.start != NEVER)

    @property
    def is_staggered(self) -> bool:
        """Whether areas started at different times, so that two-way effects are biased."""
        return len(np.unique(self.start[self.has_started])) > 1


@dataclass(frozen=True, eq=False, kw_only=True)
class EventStudy:
    """Effects by bins of two periods before and after, against the last bin before.

    `bins` the first period of each, counted from the start; `pre_trend` p of all bins before
    being 0 together (None where there is only the reference).
    """

    bins: tuple[int, ...]
    fit: PanelFit
    pre_trend: float | None

    @property
    def caveat(self) -> Sentence:
        return Sentence(PRE_TREND_CAVEAT)


def difference_in_differences(step: AdoptionPanel) -> PanelFit | PanelRefusal:
    """δ of y = α_b + τ_t + δ·begun_bt + ε, weighted, CR2 by areas with Satterthwaite's t.

    Refused: no area that did not start (a city-wide start has no control), none that did, starts at
    different times, and where `fit_panel` refuses.
    Source: Angrist & Pischke (2009) §5.2; Bertrand, Duflo & Mullainathan (2004).
    """
    if (why := incomparable_reason(step)) is not None:
        return why
    periods = np.arange(step.outcome.shape[1])
    # NEVER lies before every period, so the start alone would count those areas as begun.
    begun = step.has_started[:, None] & (periods >= step.start[:, None])
    return fit_two_way(
        adoption_cells(step, begun[None].astype(float)), unvaried="Nothing began in these weeks."
    )


def event_study(step: AdoptionPanel, *, bin_width: int = BIN_WIDTH) -> EventStudy | PanelRefusal:
    """δ_k of y = α_b + τ_t + Σ_k δ_k·(began in bin k), k ≠ the last bin before.

    The bins are `bin_width` periods wide and counted from the start; a rest at either end joins its
    neighbour. Pre-trend: F = δ'V⁻¹δ/q on (q, G-1), V by CR1. Errors, refusals: see
    `difference_in_differences`. Source: Borusyak, Jaravel & Spiess (2024).
    """
    if (why := incomparable_reason(step)) is not None:
        return why
    start, periods = int(step.start[step.has_started][0]), step.outcome.shape[1]
    where = (np.arange(periods) - start) // bin_width
    where = np.clip(where, -max(start // bin_width, 1), max((periods - start) // bin_width - 1, 0))
    bins = [int(number) for number in np.unique(where) if number != -1]
    dummies = np.stack([step.has_started[:, None] & (where == number) for number in bins]).astype(
        float
    )
    fit = fit_two_way(adoption_cells(step, dummies), unvaried="A bin has no week of its own.")
    if isinstance(fit, PanelRefusal):
        return fit
    before = np.flatnonzero(np.array(bins) < 0)
    return EventStudy(
        bins=tuple(number * bin_width for number in bins),
        fit=fit,
        pre_trend=joint_p(fit, before) if len(before) else None,
    )


def joint_p(fit: PanelFit, which: Ints) -> float:
    """p of the test that all these β are 0: F = β'V⁻¹β/q on (q, G-1)."""
    beta, covariance = fit.beta[which], fit.covariance[np.ix_(which, which)]
    wald = float(beta @ np.linalg.solve(covariance, beta)) / len(which)
    return float(scipy.stats.f.sf(wald, len(which), fit.areas - 1))


def incomparable_reason(step: AdoptionPanel) -> PanelRefusal | None:
    began, periods = step.has_started, step.outcome.shape[1]
    inside = began & (step.start > 0) & (step.start < periods)
    if began.all():
        sentence = "Every area began: there is none to compare with."
    elif not began.any():
        sentence = "No area began: there is nothing to compare."
    elif step.is_staggered:
        sentence = "Areas began at different times: two-way effects would be biased."
    elif not inside.any():
        sentence = "Nothing was measured before the start, or nothing after."
    else:
        return None
    areas, events = len(began), int(began.sum())
    return PanelRefusal(sentence=sentence, areas=areas, periods=periods, events=events)


def adoption_cells(step: AdoptionPanel, exposure: Floats) -> UsableCells:
    """The cells with an outcome and a weight; areas and periods without such a cell are left
    out.
    """
    sound = np.isfinite(step.outcome) & (np.nan_to_num(step.weight) > 0)
    rows, columns = np.flatnonzero(sound.any(axis=1)), np.flatnonzero(sound.any(axis=0))
    keep = np.ix_(rows, columns)
    return UsableCells(
        outcome=np.where(sound, step.outcome, 0.0)[keep],
        exposure=np.where(sound, exposure, 0.0)[:, rows][:, :, columns],
        weight=np.where(sound, step.weight, 0.0)[keep],
        exposed=int(step.has_started.sum()),
        events=int(step.has_started.sum()),
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class AverageEffect:
    """An average effect with its standard error, and a t interval on areas less one df."""

    value: float
    se: float
    df: int

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        reach = float(scipy.stats.t.ppf(0.5 + level / 2, self.df)) * self.se
        return self.value - reach, self.value + reach


@dataclass(frozen=True, eq=False, kw_only=True)
class GroupTimeEffects:
    """ATT(g, t) of each group g (its start) and period t, with influence values (areas x pairs).

    `size` areas of the group of each pair.
    """

    group: Ints
    period: Ints
    att: Floats
    influence: Floats
    size: Ints
    areas: int

    @property
    def se(self) -> Floats:
        return np.asarray(np.sqrt((self.influence**2).sum(axis=0)) / self.areas)


@dataclass(frozen=True, eq=False, kw_only=True)
class StaggeredEffects:
    """Overall effect (mean over the areas that started and the weeks since), and by weeks since.

    `overall` weights every pair of group and week after by the group's areas; `by_group` first
    gives each area the mean of its own weeks. `since` are the effects by weeks since the start;
    negative ones are placebos.
    """

    overall: AverageEffect
    by_group: AverageEffect
    since: dict[int, AverageEffect]
    pairs: GroupTimeEffects


def callaway_santanna(
    step: AdoptionPanel, *, not_yet: bool = True
) -> StaggeredEffects | PanelRefusal:
    """ATT(g,t) = E[Y_t - Y_{g-1} | G = g] - E[Y_t - Y_{g-1} | not begun], averaged.

    All areas count equally; `step.weight` only says which cells exist. Controls are areas that
    never started, and with `not_yet` those that have not started by max(t, g-1). No covariates;
    areas that started in the first period are left out. Pairs before the start are placebos against
    the period g-1 (universal base). Influence values give the errors, an area a cluster; the
    groups' shares count as estimated.
    Refused: no area to compare with, none that started after the first period, fewer than 10 areas.
    Source: Callaway & Sant'Anna (2021) eq. 2.6 and §3.2, §4.1; as R `did`.
    """
    step = without_early_starters(step)
    periods = step.outcome.shape[1]
    started = np.unique(step.start[step.has_started & (step.start < periods)])
    if (why := too_few_to_compare(step, started)) is not None:
        return why
    effects = [
        effect
        for g in started.tolist()
        for t in range(periods)
        # The base week less itself is 0 by definition.
        if t != g - 1 and (effect := group_time_effect(step, g, t, not_yet=not_yet)) is not None
    ]
    if not any(group_effect[1] >= group_effect[0] for group_effect in effects):
        return adoption_refusal("No week after a start has areas to compare with.", step)
    group, period, att, influence = (list(column) for column in zip(*effects, strict=True))
    pairs = GroupTimeEffects(
        group=np.array(group),
        period=np.array(period),
        att=np.array(att),
        influence=np.stack(influence, axis=1),
        size=np.array([int((step.start == g).sum()) for g in group]),
        areas=len(step.outcome),
    )
    return averaged_effects(step, pairs)


def without_early_starters(step: AdoptionPanel) -> AdoptionPanel:
    """The panel without areas that had already started when the series begins.

    They have no week before. Unused cells become NaN.
    """
    keep = step.start != 0
    used = np.where(np.nan_to_num(step.weight) > 0, step.outcome, np.nan)
    return AdoptionPanel(outcome=used[keep], weight=step.weight[keep], start=step.start[keep])


def too_few_to_compare(step: AdoptionPanel, started: Ints) -> PanelRefusal | None:
    if len(step.outcome) < FEWEST_AREAS:
        return adoption_refusal(f"There are too few areas to compare ({len(step.outcome)}).", step)
    if not len(started):
        return adoption_refusal("No area began in these weeks.", step)
    return None


def adoption_refusal(sentence: str, step: AdoptionPanel) -> PanelRefusal:
    areas, periods = step.outcome.shape
    return PanelRefusal(
        sentence=sentence, areas=areas, periods=periods, events=int(step.has_started.sum())
    )


def group_time_effect(
    step: AdoptionPanel, g: int, t: int, *, not_yet: bool
) -> tuple[int, int, float, Floats] | None:
    """ATT(g, t) and n/n_g·G(Δ - Δ̄_g) - n/n_c·C(Δ - Δ̄_c); None if a side has no areas."""
    change = step.outcome[:, t] - step.outcome[:, g - 1]
    known = np.isfinite(change)
    # A comparison area must be untreated in both weeks, and of a placebo g - 1 is the later one.
    later = step.start > max(t, g - 1) if not_yet else np.zeros(len(known), dtype=bool)
    sides = (step.start == g) & known, (later | ~step.has_started) & (step.start != g) & known
    if not (sides[0].any() and sides[1].any()):
        return None
    (own, of_own), (other, of_other) = (centred_change(change, side) for side in sides)
    return g, t, own - other, of_own - of_other


def centred_change(change: Floats, side: Flags) -> tuple[float, Floats]:
    mean = float(change[side].mean())
    return mean, np.where(side, change - mean, 0.0) * (len(side) / side.sum())


def averaged_effects(step: AdoptionPanel, pairs: GroupTimeEffects) -> StaggeredEffects:
    """The averages, each pair weighted by the share of areas in its group."""
    after = np.flatnonzero(pairs.period >= pairs.group)
    since = pairs.period - pairs.group
    groups = np.unique(pairs.group[after])
    own = np.stack([(pairs.group == g) & (pairs.period >= g) for g in groups], axis=1)
    mean = own / own.sum(axis=0)
    return StaggeredEffects(
        overall=effect_of_pairs(step, pairs, after),
        by_group=weighted_effect(step, pairs.att @ mean, pairs.influence @ mean, groups),
        since={
            int(k): effect_of_pairs(step, pairs, np.flatnonzero(since == k))
            for k in np.unique(since)
        },
        pairs=pairs,
    )


def effect_of_pairs(step: AdoptionPanel, pairs: GroupTimeEffects, which: Ints) -> AverageEffect:
    return weighted_effect(step, pairs.att[which], pairs.influence[:, which], pairs.group[which])


def weighted_effect(
    step: AdoptionPanel, att: Floats, influence: Floats, group: Ints
) -> AverageEffect:
    """Σ π_g·ATT / Σ π_g, π the share of areas in the group, itself estimated."""
    belongs = (step.start[:, None] == group).astype(float)
    share = belongs.mean(axis=0)
    away = (belongs - share) / share.sum()
    # How many areas are in each group is chance too, and belongs in the error.
    chance = away - away.sum(axis=1, keepdims=True) * share / share.sum()
    value = influence @ (share / share.sum()) + chance @ att
    n = len(step.start)
    return AverageEffect(
        value=float(att @ share / share.sum()), se=float(np.sqrt((value**2).sum()) / n), df=n - 1
    )
