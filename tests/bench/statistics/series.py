"""Single series: interrupted by a start, charted week by week (A10)."""

import numpy as np
from scipy import stats

from analysis.statistics import interventions, series
from tests.bench.statistics.panels import ar1_noise
from tests.bench.statistics.rows import Row, band_row, coverage, shares_text, slack

AREAS, WEEKS = 33, 52


def newey_west(y, x, lags):
    """For comparison: least squares with Bartlett weights, as R `NeweyWest(prewhite=FALSE)`."""
    bread = np.linalg.inv(x.T @ x)
    beta = bread @ (x.T @ y)
    scores = x * (y - x @ beta)[:, None]
    meat = scores.T @ scores
    for lag in range(1, lags + 1):
        both = scores[lag:].T @ scores[:-lag]
        meat += (1 - lag / (lags + 1)) * (both + both.T)
    return beta, len(y) / (len(y) - x.shape[1]) * bread @ meat @ bread


def its_design(weeks, start):
    t = np.arange(weeks)
    return np.column_stack([np.ones(weeks), t, t >= start, (t - start) * (t >= start)]).astype(
        float
    )


def its(replications, seed):
    """Forty weeks, ten of them before, a step of -2.5: REML, and Newey-West with three lags."""
    rng, rows, x = np.random.default_rng(seed), [], its_design(40, 10)
    for rho in (0.3, 0.6):
        found = []
        for _ in range(replications):
            y = 60 - 2.5 * x[:, 2] + ar1_noise(rng, (40,), rho, 1.0)
            low, high = interventions.interrupted_series(y, 10).interval()
            beta, covariance = newey_west(y, x, 3)
            reach = stats.t.ppf(0.975, 36) * covariance[2, 2] ** 0.5
            found.append((low[2], high[2], beta[2] - reach, beta[2] + reach))
        found = np.array(found).T
        held, others = (
            coverage(*found[:2], -2.5),
            shares_text(Newey_West=coverage(*found[2:], -2.5)),
        )
        what = f"ITS step, 10 weeks before, ρ={rho:g}, REML: coverage"
        rows.append(band_row(what, held, (0.90, 0.98), replications, others))
    return rows


def A10(replications, seed):
    """False alarms of 33 charts in a year of white noise whose parameters are known."""
    z = np.random.default_rng(seed).normal(0, 1, (replications * AREAS, WEEKS))
    found = series.ewma(z, restart=True).signal.sum() / replications
    return [
        Row(
            "A10 EWMA, 33 x 52, known parameters",
            replications,
            "at most 5 alarms",
            f"{found:.2f}",
            f"by run length {series.expected_false_alarms(AREAS, WEEKS):.1f}",
            bool(found <= 5),
        )
    ]


def charts(replications, seed, baseline=52):
    """AR(0.4) levels with sampling errors: raw charts, residuals, and the full rule."""
    rng, found = np.random.default_rng(seed), []
    fewer = max(replications // 25, 2)
    for _ in range(fewer):
        y = 60 + ar1_noise(rng, (AREAS, baseline + WEEKS), 0.4, 2.0)
        error = rng.uniform(1, 9, y.shape)
        y = y + rng.normal(0, error**0.5)
        raw = (y - y[:, :baseline].mean(axis=1, keepdims=True)) / y[:, :baseline].std(
            axis=1, ddof=1, keepdims=True
        )
        levels = series.fit_levels(y[:, :baseline], error[:, :baseline])
        z = np.array(
            [
                series.one_step_residuals(one, v, level)
                for one, v, level in zip(y, error, levels, strict=True)
            ]
        )
        found.append(
            [*(count_alarms(of[:, baseline:]) for of in (raw, z)), count_warnings(z[:, baseline:])]
        )
    plain, ours, rule = np.mean(found, axis=0)
    return [
        Row(
            "charts of one-step residuals, 52-week baseline",
            fewer,
            "at most 12 alarms",
            f"{ours:.1f}",
            f"charts of raw figures {plain:.1f}; after two signals and BH {rule:.1f}",
            bool(ours <= 12 + 3 * bool(slack(replications)) and rule <= ours),
        )
    ]


def count_alarms(z):
    return float(series.ewma(z, restart=True).signal.sum())


def count_warnings(z):
    """How often an area warns in a week after a week in which it did not."""
    before, count = np.zeros(len(z), dtype=bool), 0
    for week in range(2, z.shape[1] + 1):
        now = series.warning_areas(z[:, :week], baseline=np.full(len(z), 52))
        count, before = count + int((now & ~before).sum()), now
    return count


CRITERIA = (its, A10, charts)
