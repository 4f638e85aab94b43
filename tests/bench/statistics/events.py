"""Counts of complaints and uses: ratios, funnels, families of tests."""

import numpy as np
from scipy import stats

from analysis.statistics import changes, counts, funnel, rates
from tests.bench.statistics.rows import Row, band_row, coverage, shares_text, slack

AREAS = 33


def complaints(replications, seed):
    """RR 1.3 after the start, NB2 counts of 33 boroughs over 40 weeks."""
    rng = np.random.default_rng(seed)
    area, week = np.divmod(np.arange(AREAS * 40), 40)
    x = counts.with_area_dummies((week >= 20).astype(float), area)
    found = []
    for _ in range(replications):
        people = rng.uniform(15, 33, AREAS)[area]
        mean = 0.2 * np.exp(rng.normal(0, 0.3, AREAS))[area] * people * 1.3 ** x[:, 0]
        y = rng.negative_binomial(2.0, 2.0 / (2.0 + mean))
        fits = (
            counts.negative_binomial(y, x, people),
            counts.poisson(y, x, people, cluster=area),
            counts.fit_poisson(y, x, people),
        )
        found.append([limit for fit in fits for limit in fit.rate_ratio(0)[1:]])
    found = np.array(found).T
    held = [coverage(*found[i : i + 2], 1.3) for i in (0, 2, 4)]
    others = shares_text(plain_Poisson=held[2])
    return [
        band_row("complaints RR 1.3, NB2: coverage", held[0], (0.925, 0.99), replications, others),
        band_row(
            "complaints RR 1.3, Poisson by clusters", held[1], (0.925, 0.99), replications, others
        ),
    ]


def ratios(replications, seed):
    """Rate ratio of 3 from about nine events against three: exact and mid-P, and Wald's log."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(replications):
        a, b = int(rng.poisson(3)), int(rng.poisson(1))
        exact, middle = (rates.rate_ratio((a, 1.0), (b, 1.0), mid_p=mid) for mid in (False, True))
        wald = (np.nan, np.nan)
        if a and b:
            reach = 1.96 * (1 / a + 1 / b) ** 0.5
            wald = a / b * np.exp(-reach), a / b * np.exp(reach)
        found.append([*(side for one in (exact, middle) for side in ratio_limits(one)), *wald])
    found = np.array(found).T
    others = shares_text(mid_P=coverage(*found[2:4], 3.0), Wald_log=coverage(*found[4:], 3.0))
    held = coverage(*found[:2], 3.0)
    return [band_row("rate ratio, means 3 and 1, exact", held, (0.95, 1.0), replications, others)]


def ratio_limits(ratio):
    return ratio.low, np.inf if ratio.high is None else ratio.high


def funnels(replications, seed):
    """Areas that truly vary by 15%: which are called different at 95%, also with rounded counts."""
    rng = np.random.default_rng(seed)
    found = np.array([funnel_alarms(rng) for _ in range(replications)])
    ours, rounded, exact, raw = found.mean(axis=0)
    others = shares_text(exact_limits=exact, raw_winsorised=raw)
    return [
        band_row(
            "funnel with τ²: false alarms at 95 %", ours, (0.025, 0.075), replications, others
        ),
        band_row("the same of counts to the nearest 5", rounded, (0.01, 0.075), replications),
    ]


def funnel_alarms(rng):
    population = rng.uniform(1.5e5, 3.3e5, AREAS)
    events = rng.poisson(population * 2.5e-4 * np.exp(rng.normal(0, 0.15, AREAS)))
    z = funnel.root_score(events, population)
    inside = np.clip(z, *np.quantile(z, [0.1, 0.9]))
    raw = max(float((inside**2).mean()), 1.0)
    tau2 = funnel.dispersion(z, 0.5 * np.sqrt(1e4 / population)).tau2
    target = 1e4 * events.sum() / population.sum()
    return [
        *(
            np.mean([
                funnel.limits_status(
                    rate, funnel.rate_limits(size, target, between=between, reach=reach)
                ) != "within"
                for rate, size in zip(1e4 * counted / population, population, strict=True)
            ])
            for counted, between, reach in (
                (events, tau2, 0), (5 * np.rint(events / 5), tau2, 2), (events, 0.0, 0)
            )
        ),
        np.mean(np.abs(z) > 1.96 * raw**0.5),
    ]  # fmt: skip


def families(replications, seed):
    """33 tests of which six are true at 3.5 errors: false among the findings, and power."""
    rng = np.random.default_rng(seed)
    truth = np.arange(AREAS) < 6
    z = rng.normal(0, 1, (replications, AREAS)) + 3.5 * truth
    p = 2 * stats.norm.sf(np.abs(z))
    found = np.array([changes.discoveries(one) for one in p])
    false = (found & ~truth).sum(axis=1) / np.maximum(found.sum(axis=1), 1)
    power = found[:, truth].mean()
    plain = (p < 0.05)[:, ~truth].sum(axis=1).mean()
    note = f"power {power:.3f}; unadjusted {plain:.1f} false a table"
    rate = float(false.mean())
    return [
        Row(
            "BH q=0.10: false discoveries",
            replications,
            "at most 0.10",
            f"{rate:.3f}",
            note,
            rate <= 0.10 + slack(replications, 0.9),
        )
    ]


CRITERIA = (complaints, ratios, funnels, families)
