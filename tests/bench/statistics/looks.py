"""A year of editions: how often a plan of looks says "associated", and how large that then is."""

import numpy as np
from scipy import stats

from analysis.statistics import panel
from analysis.statistics.association import (
    LOOK_LEVEL,
    SMALLEST_OF_INTEREST,
    association_verdict,
    size_caveats,
    smallest_detectable,
)
from tests.bench.statistics.panels import USUALLY, Deploying, simulated_panel
from tests.bench.statistics.rows import Row, band_row, shares_text

WEEKS = 52
QUARTERS = (12, 25, 38, 51)  # number of the last week of each quarter
YEAR_END = (51,)
# Alpha spending of the O'Brien-Fleming type, 5% over four looks (Lan and DeMets 1983).
SPENDING = (0.0000149, 0.00305, 0.01829, 0.04404)
USUAL = 0.13  # deployments per 10,000 and week in the demo
UNEVEN = {  # who deploys, in worlds of one deployment per 10,000 and week
    "most are in few boroughs (SD of logs 1.5)": Deploying(spread=1.5),
    "12 of 32 boroughs deploy": Deploying(equipped=12),
    "10 of 32 boroughs deploy": Deploying(equipped=10),
    "5 of 32 boroughs deploy": Deploying(equipped=5),
    "they come in runs of weeks": Deploying(runs=0.8, drift=(0.9, 1.3)),
}


def last_year(whole, end):
    """The panel of the 52 weeks to a week, which is what an edition has."""
    cut = slice(end + 1 - WEEKS, end + 1)
    return panel.Panel(
        outcome=whole.outcome[:, cut],
        deployments=whole.deployments[:, cut],
        population=whole.population,
        weight=whole.weight[:, cut],
    )


def simulated_years(rng, years, *, beta, per_10_000, weeks=range(WEEKS), how=USUALLY):
    """The fits of these weeks of each year, after a year before it: years x weeks."""
    found = []
    for _ in range(years):
        whole = simulated_panel(rng, beta=beta, per_10_000=per_10_000, weeks=2 * WEEKS, how=how)
        found.append([panel.fit_panel(last_year(whole, WEEKS + week)) for week in weeks])
    return found


def hits(fits, level=LOOK_LEVEL):
    """Which fits have a p below the level, or each below its own."""
    return np.array([fit.p[0] for fit in fits]) < level


def planned_hits(year):
    """The plan: four looks, each at 1%. A year of quarters alone has nothing else."""
    return hits([year[week] for week in QUARTERS] if len(year) == WEEKS else year)


def weekly_hits(year):
    return hits(year, 0.05)


def share_of_years(years, rule):
    return float(np.mean([rule(year).any() for year in years]))


def no_effect(replications, seed):
    """A year without any effect: years in which an edition says associated, by plan of looks."""
    rng = np.random.default_rng(seed)
    rows = []
    for per_10_000 in (USUAL, 1.0):
        years = simulated_years(rng, replications, beta=0.0, per_10_000=per_10_000, weeks=QUARTERS)
        few = simulated_years(rng, max(replications // 5, 10), beta=0.0, per_10_000=per_10_000)
        others = shares_text(
            every_week_at_5=share_of_years(few, weekly_hits),
            every_quarter_at_5=share_of_years(years, weekly_hits),
            spending_over_four=share_of_years(years, lambda year: hits(year, SPENDING)),
            once_a_year_at_5=share_of_years(years, lambda year: weekly_hits(year[-1:])),
        )
        share = share_of_years(years, planned_hits)
        name = f'β = 0, {per_10_000:g} per 10,000: years with "associated"'
        rows.append(band_row(name, share, (0.0, 0.05), replications, others))
    return rows


def p_by_cr1(fit):
    """The wrong way: an error that takes all boroughs for alike, and t(G-1)."""
    error = fit.covariance[0, 0] ** 0.5
    return float(2 * stats.t.sf(abs(fit.beta[0]) / error, fit.areas - 1))


def uneven_deployments(replications, seed):
    """No effect, where deployments are in few boroughs or come in runs: years with an edition that
    says associated, and how often the 95% interval holds 0.
    """
    rng, rows = np.random.default_rng(seed), []
    for name, how in UNEVEN.items():
        years = simulated_years(
            rng, replications, beta=0.0, per_10_000=1.0, weeks=QUARTERS, how=how
        )
        ours = np.array([[fit.p[0] for fit in year] for year in years])
        theirs = np.array([[p_by_cr1(fit) for fit in year] for year in years])
        note = shares_text(CR1=(theirs < LOOK_LEVEL).any(axis=1).mean())
        share = float((ours < LOOK_LEVEL).any(axis=1).mean())
        title = f"β = 0 where {name}"
        rows.append(
            band_row(f'{title}: years with "associated"', share, (0, 0.05), replications, note)
        )
        note = shares_text(CR1=(theirs >= 0.05).mean())
        held = float((ours >= 0.05).mean())
        rows.append(band_row(f"{title}: coverage", held, (0.93, 1.0), replications, note))
    return rows


def planted_effect(replications, seed):
    """The effect that the demo plants: how often it is found, how large then, and the warning."""
    rng, beta = np.random.default_rng(seed), -0.8
    years = simulated_years(rng, replications, beta=beta, per_10_000=USUAL, weeks=QUARTERS)
    printed = [fit for year in years for fit in year if association_verdict(fit) == "associated"]
    large = [float(fit.beta[0]) for fit in printed]
    warned = [
        any("too large" in one for one in size_caveats(fit, "associated", smallest=2.0))
        for fit in printed
        if smallest_detectable(fit) > SMALLEST_OF_INTEREST
    ]
    size = f"{np.mean(np.abs(large)) / -beta:.1f} times the truth" if large else "never printed"
    wrong = shares_text(
        years=share_of_years(years, planned_hits),
        wrong_sign=np.mean(np.array(large) > 0) if large else 0.0,
    )
    share = float(np.mean(warned)) if warned else 1.0
    name = f"β = -0.8, {USUAL:g} per 10,000: associated, with a warning of its size"
    return [Row(name, replications, "each time", f"{share:.3f}", f"{size}; {wrong}", share == 1.0)]


def detectable(replications, seed):
    """An effect as large as the smallest detectable one, which a look finds in four of five."""
    rng = np.random.default_rng(seed)
    truth = {"per_10_000": 1.0, "weeks": WEEKS}
    nothing = [panel.fit_panel(simulated_panel(rng, beta=0.0, **truth)) for _ in range(50)]
    beta = -float(np.median([smallest_detectable(fit) for fit in nothing]))
    fits = [panel.fit_panel(simulated_panel(rng, beta=beta, **truth)) for _ in range(replications)]
    share = float(hits(fits).mean())
    name = f"β = smallest detectable ({beta:.2f}): found at a look"
    return [band_row(name, share, (0.7, 0.88), replications)]


def equivalence(replications, seed):
    """An effect of just the margin, 2 points: years in which a look says none larger."""
    rng = np.random.default_rng(seed)
    years = simulated_years(
        rng, replications, beta=-SMALLEST_OF_INTEREST, per_10_000=1.0, weeks=QUARTERS
    )
    said = [any(association_verdict(fit) == "none_larger" for fit in year) for year in years]
    none = simulated_years(
        rng, max(replications // 5, 10), beta=0.0, per_10_000=1.0, weeks=QUARTERS
    )
    power = [association_verdict(fit) == "none_larger" for year in none for fit in year]
    note = shares_text(looks_at_no_effect_that_say_so=np.mean(power))
    return [
        band_row(
            'β = margin: years with "no effect larger"',
            float(np.mean(said)),
            (0.0, 0.05),
            replications,
            note,
        )
    ]


CRITERIA = (no_effect, uneven_deployments, planted_effect, detectable, equivalence)
