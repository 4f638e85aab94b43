"""Boroughs that started at different times: group-time effects after Callaway and Sant'Anna.

Two-way effects would compare late boroughs with early ones that have already started; here each
group is compared with boroughs that have not, and only then are the groups averaged.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from analysis.statistics.changes.differences import AdoptionPanel
from analysis.statistics.panel.panel import FEWEST_AREAS, PanelRefusal
from analysis.statistics.sampling.variance import Flags, Floats, Ints


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
    if (why := incomparable_reason(step, started)) is not None:
        return why
    found = [
        one
        for g in started.tolist()
        for t in range(periods)
        if t != g - 1 and (one := group_time_effect(step, g, t, not_yet=not_yet)) is not None
    ]
    if not any(one[1] >= one[0] for one in found):
        return adoption_refusal("No week after a start has areas to compare with.", step)
    group, period, att, influence = (list(one) for one in zip(*found, strict=True))
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


def incomparable_reason(step: AdoptionPanel, started: Ints) -> PanelRefusal | None:
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
    chance = away - away.sum(axis=1, keepdims=True) * share / share.sum()
    value = influence @ (share / share.sum()) + chance @ att
    n = len(step.start)
    return AverageEffect(
        value=float(att @ share / share.sum()), se=float(np.sqrt((value**2).sum()) / n), df=n - 1
    )
