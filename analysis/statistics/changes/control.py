"""Control charts of one-step residuals, and when one of them is an early warning."""

from dataclasses import dataclass

import numpy as np
import scipy

from analysis.statistics.changes import multiplicity
from analysis.statistics.sampling.variance import Flags, Floats, Ints

SMOOTHING, WIDTH = 0.2, 2.962
IN_CONTROL_RUN = 491
FEWEST_BASELINE = 26


@dataclass(frozen=True, eq=False, kw_only=True)
class Ewma:
    """The smoothed residuals, the limit (±) of each week, and which weeks lie outside it."""

    value: Floats
    limit: Floats
    signal: Flags

    @property
    def p(self) -> Floats:
        """Two-sided p of each week's value by the normal; NaN before the first residual."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(2 * scipy.stats.norm.sf(np.abs(self.value) * WIDTH / self.limit))


def ewma(z: Floats, *, restart: bool = False) -> Ewma:
    """E_t = λz_t + (1-λ)E_{t-1}, limits ±L·√(λ/(2-λ)·(1-(1-λ)^{2t})), λ = 0.2 and L = 2.962.

    `z` standardised one-step residuals, weeks last (one series, or areas x weeks). A week without a
    residual changes nothing and cannot signal. With `restart` a chart starts again after a signal,
    as when somebody has looked into it. In control, a run lasts 491 weeks on average; a shift of
    one standard deviation is seen after 9.5.
    Source: Roberts (1959); Lucas & Saccucci (1990).
    """
    value, limit = np.full(z.shape, np.nan), np.full(z.shape, np.nan)
    signal = np.zeros(z.shape, dtype=bool)
    now, age = np.zeros(z.shape[:-1]), np.zeros(z.shape[:-1])
    for t in range(z.shape[-1]):
        there = np.isfinite(z[..., t])
        now = np.where(there, SMOOTHING * z[..., t] + (1 - SMOOTHING) * now, now)
        age = age + there
        spread = SMOOTHING / (2 - SMOOTHING) * (1 - (1 - SMOOTHING) ** (2 * age))
        value[..., t] = np.where(age > 0, now, np.nan)
        limit[..., t] = np.where(age > 0, WIDTH * np.sqrt(spread), np.nan)
        signal[..., t] = there & (np.abs(now) > WIDTH * np.sqrt(spread))
        if restart:
            now, age = (np.where(signal[..., t], 0.0, one) for one in (now, age))
    return Ewma(value=value, limit=limit, signal=signal)


def has_city_warning(z: Floats) -> bool:
    """Whether the city's chart signals in both of the last two weeks. `z` as for `ewma`.

    Source: statistics.md 2.16.
    """
    return bool(len(z) >= 2 and ewma(z).signal[-2:].all())


def warning_areas(z: Floats, *, baseline: Ints) -> Flags:
    """The areas with an early warning in the last week.

    `z` areas x weeks; `baseline` weeks that each area's model was fitted to. An area warns if it
    has 26 weeks of baseline or more, its chart signals in both of the last two weeks, and its p
    passes Benjamini-Hochberg at q = 0.10 across the areas.
    Source: statistics.md 2.16.
    """
    if z.shape[1] < 2:
        return np.zeros(len(z), dtype=bool)
    chart, enough = ewma(z), baseline >= FEWEST_BASELINE
    twice = chart.signal[:, -2:].all(axis=1) & enough
    last = np.where(enough & np.isfinite(z[:, -1]), chart.p[:, -1], np.nan)
    return np.asarray(twice & multiplicity.discoveries(last))


def expected_false_alarms(areas: int, weeks: int) -> float:
    """Number of signals expected by chance on charts with known parameters: areas·weeks / 491.

    Source: statistics.md 2.16.
    """
    return areas * weeks / IN_CONTROL_RUN
