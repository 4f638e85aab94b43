"""Boroughs that started against boroughs that had not: difference in differences, event study."""

from dataclasses import dataclass

import numpy as np
import scipy

from analysis.statistics.panel.panel import (
    PanelFit,
    PanelRefusal,
    UsableCells,
    fit_two_way,
)
from analysis.statistics.sampling.variance import Flags, Floats, Ints

NEVER = -1
BIN_WIDTH = 2
PRE_TREND_CAVEAT = (
    "The joint test of the weeks before is rough, and passing it is no proof that the boroughs "
    "would have moved alike."
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
    caveat: str = PRE_TREND_CAVEAT


def difference_in_differences(step: AdoptionPanel) -> PanelFit | PanelRefusal:
    """δ of y = α_b + τ_t + δ·begun_bt + ε, weighted, CR1 by areas with t(G-1).

    Refused: no area that did not start (a city-wide start has no control), none that did, starts at
    different times, and where `fit_panel` refuses.
    Source: Angrist & Pischke (2009) §5.2; Bertrand, Duflo & Mullainathan (2004).
    """
    if (why := incomparable_reason(step)) is not None:
        return why
    periods = np.arange(step.outcome.shape[1])
    begun = step.has_started[:, None] & (periods >= step.start[:, None])
    return fit_two_way(
        adoption_cells(step, begun[None].astype(float)), unvaried="Nothing began in these weeks."
    )


def event_study(step: AdoptionPanel, *, bin_width: int = BIN_WIDTH) -> EventStudy | PanelRefusal:
    """δ_k of y = α_b + τ_t + Σ_k δ_k·(began in bin k), k ≠ the last bin before; CR1, t(G-1).

    The bins are `bin_width` periods wide and counted from the start; a rest at either end
    joins its neighbour. Pre-trend: F = δ'V⁻¹δ/q on (q, G-1). Refused as
    `difference_in_differences`. Source: Borusyak, Jaravel & Spiess (2024); statistics.md 2.12.
    """
    if (why := incomparable_reason(step)) is not None:
        return why
    start, periods = int(step.start[step.has_started][0]), step.outcome.shape[1]
    where = (np.arange(periods) - start) // bin_width
    where = np.clip(where, -max(start // bin_width, 1), max((periods - start) // bin_width - 1, 0))
    bins = [int(one) for one in np.unique(where) if one != -1]
    dummies = np.stack([step.has_started[:, None] & (where == one) for one in bins]).astype(float)
    found = fit_two_way(adoption_cells(step, dummies), unvaried="A bin has no week of its own.")
    if isinstance(found, PanelRefusal):
        return found
    before = np.flatnonzero(np.array(bins) < 0)
    return EventStudy(
        bins=tuple(one * bin_width for one in bins),
        fit=found,
        pre_trend=joint_p(found, before) if len(before) else None,
    )


def joint_p(found: PanelFit, which: Ints) -> float:
    """p of the test that all these β are 0: F = β'V⁻¹β/q on (q, G-1)."""
    beta, covariance = found.beta[which], found.covariance[np.ix_(which, which)]
    wald = float(beta @ np.linalg.solve(covariance, beta)) / len(which)
    return float(scipy.stats.f.sf(wald, len(which), found.df))


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
    """The cells with an outcome and a weight, rows and columns without any left out."""
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
