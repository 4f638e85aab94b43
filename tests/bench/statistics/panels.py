"""Boroughs x weeks with a known slope or step: panel, DiD, staggered starts (A3, A4, A5)."""

from typing import NamedTuple

import numpy as np

from analysis.statistics import interventions, panel
from analysis.statistics.association import panel_association
from analysis.statistics.interventions import NEVER, AdoptionPanel
from tests.bench.statistics.rows import Row, band_row, coverage, shares_text, slack

AREAS, WEEKS = 32, 40
BETA = -0.8


def ar1_noise(rng, shape, rho, spread):
    """AR(1) along the last axis, from its stationary state."""
    found = rng.normal(0, spread / (1 - rho**2) ** 0.5, shape)
    for t in range(1, shape[-1]):
        found[..., t] = rho * found[..., t - 1] + rng.normal(0, spread, shape[:-1])
    return found


class Deploying(NamedTuple):
    """How a city deploys: the SD of the logarithm of boroughs' rates, in how many boroughs, and how
    alike a borough's weeks are (0 not at all), whose index drifts by AR(1): rho and SD of a step.
    """

    spread: float = 0.5
    equipped: int = AREAS
    runs: float = 0.0
    drift: tuple[float, float] = (0.4, 1.0)


USUALLY = Deploying()


def simulated_panel(rng, *, beta, per_10_000, weeks=WEEKS, how=USUALLY):
    """A simulated panel: more deployments where the index is low; 12 answers a cell or so."""
    level = rng.normal(0, 4, AREAS)
    population = rng.uniform(1.5e5, 3.3e5, (AREAS, 1))
    lean = np.exp(how.spread * (-0.5 * level / 4 + 0.87 * rng.normal(0, 1, AREAS)))
    lean[how.equipped :] = 0
    intensity = population[:, 0] * lean / np.average(lean, weights=population[:, 0])
    rate = np.outer(intensity * per_10_000 / 1e4, np.ones(weeks)) * rng.gamma(
        4, 0.25, (AREAS, weeks)
    )
    if how.runs:
        rate = rate * np.exp(ar1_noise(rng, (AREAS, weeks), how.runs, (1 - how.runs**2) ** 0.5))
    events = rng.poisson(rate).astype(float)
    n = np.maximum(rng.poisson(12, (AREAS, weeks)), 1).astype(float)
    before = np.hstack([np.zeros((AREAS, 1)), 1e4 * events[:, :-1] / population])
    outcome = 60 + level[:, None] + ar1_noise(rng, (weeks,), 0.6, 1.0) + beta * before
    outcome = (
        outcome + ar1_noise(rng, (AREAS, weeks), *how.drift) + rng.normal(0, 20, n.shape) / n**0.5
    )
    return panel.Panel(outcome=outcome, deployments=events, population=population, weight=n)


def pooled_fit(one):
    """The wrong way: one regression of all cells together, with plain errors."""
    x, y, w = (
        grid[:, 1:].ravel()
        for grid in (panel.lagged_grid(one.exposure, 1), one.outcome, one.weight)
    )
    rows = np.column_stack([np.ones(len(x)), x])
    bread = np.linalg.inv(rows.T @ (rows * w[:, None]))
    beta = bread @ (rows.T @ (w * y))
    left = y - rows @ beta
    error = (bread[1, 1] * (w @ left**2) / (len(y) - 2)) ** 0.5
    return beta[1], beta[1] - 1.96 * error, beta[1] + 1.96 * error


def panel_fits(rng, replications, **truth):
    """β and its limits for each replication: by the panel, at lag 0 and pooled."""
    found = []
    for _ in range(replications):
        one = simulated_panel(rng, **truth)
        ours, now = panel.fit_panel(one), panel.fit_panel(one, lags=(0,))
        sides = [side[0] for fit in (ours, now) for side in fit.interval()]
        found.append([ours.beta[0], *sides, *pooled_fit(one)])
    return np.array(found).T


def A3(replications, seed):
    """Dense deployments (1 per 10,000 and week): bias and coverage of β."""
    rng = np.random.default_rng(seed)
    beta, low, high, now_low, now_high, alone, alone_low, alone_high = panel_fits(
        rng, replications, beta=BETA, per_10_000=1.0
    )
    error = float(beta.std()) / replications**0.5
    bias = float(beta.mean()) - BETA
    others = shares_text(
        lag_0=coverage(now_low, now_high, BETA), pooled=coverage(alone_low, alone_high, BETA)
    )
    held = coverage(low, high, BETA)
    return [
        band_row("A3 β dense: coverage", held, (0.92, 0.98), replications, others),
        Row(
            "A3 β dense: bias",
            replications,
            "below 0.05",
            f"{bias:+.3f}",
            f"Monte Carlo error {error:.3f}, pooled bias {alone.mean() - BETA:+.2f}",
            abs(bias) < 0.05 + (4 * error if slack(replications) else 0),
        ),
    ]


def A4(replications, seed):
    """The trial's own volume (209 in 234 days): inconclusive, and what could have been seen."""
    rng = np.random.default_rng(seed)
    found = [
        panel_association(
            simulated_panel(rng, beta=BETA, per_10_000=209 / 7.5e6 * 1e4 / 34, weeks=34)
        )
        for _ in range(replications)
    ]
    share = float(np.mean([one.verdict == "inconclusive" for one in found]))
    least = float(np.median([one.smallest_detectable for one in found if one.beta is not None]))
    printed = all(
        "Only an effect of more than" in one.sentence
        for one in found
        if one.verdict == "inconclusive" and one.beta is not None
    )
    note = f"smallest detectable effect {least:.1f} points, printed: {printed}"
    return [band_row("A4 2007 volume: inconclusive", share, (0.90, 1.0), replications, note)]


def A5(replications, seed):
    """No slope at all: how often one is found."""
    rng = np.random.default_rng(seed)
    _, low, high, _, _, _, alone_low, alone_high = panel_fits(
        rng, replications, beta=0.0, per_10_000=1.0
    )
    others = shares_text(pooled=1 - coverage(alone_low, alone_high, 0.0))
    share = 1 - coverage(low, high, 0.0)
    return [band_row("A5 β = 0: rejected", share, (0.0, 0.075), replications, others)]


def step(replications, seed):
    """A step of -2.5 in half of the boroughs, errors AR(0.8)."""
    rng, found = np.random.default_rng(seed), []
    start = np.where(np.arange(AREAS) % 2 == 0, 10, NEVER)
    begun = (start != NEVER)[:, None] & (np.arange(WEEKS) >= 10)
    for _ in range(replications):
        outcome = (
            rng.normal(60, 4, (AREAS, 1)) + ar1_noise(rng, (AREAS, WEEKS), 0.8, 1.0) - 2.5 * begun
        )
        ours = AdoptionPanel(outcome=outcome, weight=np.ones(outcome.shape), start=start)
        fit, events = interventions.difference_in_differences(ours), interventions.event_study(ours)
        found.append(
            [*(side[0] for side in fit.interval()), *plain_limits(ours, begun), events.pre_trend]
        )
    low, high, plain_low, plain_high, p = np.array(found).T
    others = shares_text(plain_errors=coverage(plain_low, plain_high, -2.5))
    held = coverage(low, high, -2.5)
    return [
        band_row("DiD step, ρ=.8: coverage", held, (0.925, 0.975), replications, others),
        band_row(
            "event study: joint pre-trend at 5 % (rough)",
            float((p < 0.05).mean()),
            (0.0, 0.12),
            replications,
        ),
    ]


def plain_limits(ours, begun):
    """The wrong way: errors of the step as if all cells were independent."""
    grids = np.stack([begun.astype(float), ours.outcome])
    (x, y), effects = panel.demeaned_grids(grids, ours.weight)
    beta = float((x * y).sum() / (x**2).sum())
    left = y - beta * x
    error = float(((left**2).sum() / (x.size - effects - 1) / (x**2).sum()) ** 0.5)
    return beta - 1.96 * error, beta + 1.96 * error


def staggered_starts(replications, seed):
    """Effects that grow week by week, three starts: two-way and group-time effects."""
    rng, found = np.random.default_rng(seed), []
    start = np.repeat([10, 18, 26, NEVER], AREAS // 4)
    since = np.arange(WEEKS) - start[:, None]
    effect = np.where((start != NEVER)[:, None] & (since >= 0), -0.15 * (1 + since), 0.0)
    truth = float(effect[effect < 0].mean())
    for _ in range(replications):
        outcome = rng.normal(60, 4, (AREAS, 1)) + ar1_noise(rng, (AREAS, WEEKS), 0.4, 1.0) + effect
        ours = AdoptionPanel(outcome=outcome, weight=np.ones(outcome.shape), start=start)
        both = interventions.adoption_cells(ours, (effect < 0)[None].astype(float))
        group = interventions.callaway_santanna(ours)
        found.append(
            [group.overall.value, *group.overall.interval(), panel.fit_two_way(both).beta[0]]
        )
    value, low, high, two_way = np.array(found).T
    note = f"bias {value.mean() - truth:+.2f}; two-way effects {two_way.mean() - truth:+.2f}"
    held = coverage(low, high, truth)
    return [band_row("staggered starts: coverage", held, (0.90, 0.98), replications, note)]


CRITERIA = (A3, A4, A5, step, staggered_starts)
