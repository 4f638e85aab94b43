"""What must be exact: parity, streams, order, speed (A1, A6, A12, A13)."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from analysis.statistics import association, counts, interventions, panel
from analysis.statistics.sampling import estimates, index, samples
from analysis.statistics.sampling.samples import Design, Feedback, Sample
from survey.problems import Problem
from tests.bench.statistics import panels, surveys
from tests.bench.statistics.rows import Row

ROOT = Path(__file__).parents[3]
PARITY = [f"tests/analysis/statistics/test_{name}.py" for name in (
    "parity", "parity_models", "rscript", "oracles"
)]  # fmt: skip
ENVIRONMENTS = (
    {"PYTHONHASHSEED": "1", "OPENBLAS_NUM_THREADS": "1"},
    {
        "PYTHONHASHSEED": "77",
        "OPENBLAS_NUM_THREADS": "2",
    },
)


def A1(replications, seed):
    """Every case of R and of the oracles, by the tests of parity; what is skipped is not met."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *PARITY],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    said = run.stdout.strip().splitlines()[-1]
    met = run.returncode == 0 and "skipped" not in said
    return [Row("A1 parity with R and worked examples", 1, "≤ 1e-6", said, "", met)]


def A6(replications, seed):
    """A sample with one open answer, and an estimator given feedback: both refuse."""
    mixed, open_modes = np.array(["sampled", "open"]), np.full(2, "open")
    tries = (
        lambda: Sample(modes=mixed, design=Design(weight=np.ones(2))),
        lambda: Feedback(modes=mixed),
        lambda: estimates.means(np.ones(2), Feedback(modes=open_modes)),
        lambda: estimates.totals(np.ones(2), Feedback(modes=open_modes)),
    )
    refused = sum(is_refused(one) for one in tries)
    found = f"{refused} of {len(tries)}"
    return [Row("A6 mixed streams refused", 1, "every way", found, "", refused == len(tries))]


def is_refused(attempt):
    try:
        attempt()
    except Problem as problem:
        return problem.code == "streams.mixed"
    return False


def figures(order_seed=None):
    """One figure of each kind from one simulation; a seed reorders its rows and areas."""
    rng = np.random.default_rng(12)
    size, level, _, _ = surveys.residents(rng)
    y, cells, targets, ward, d = surveys.draw_respondents(rng, size, level)
    one = panels.simulated_panel(rng, beta=-0.8, per_10_000=1.0)
    rows, areas = np.arange(len(y)), np.arange(panels.AREAS)
    if order_seed is not None:
        again = np.random.default_rng(order_seed)
        rows, areas = again.permutation(rows), again.permutation(areas)
    return [*answer_figures(y, cells, targets, ward, d, rows), *area_figures(one, areas)]


def answer_figures(y, cells, targets, ward, d, rows):
    cells = {name: cell[rows] for name, cell in cells.items()}
    raked = samples.rake(d[rows], cells, targets)
    ours = surveys.sample(raked.weight, cells["borough"], ward[rows])
    projection = estimates.Projection(cells=cells, design_weight=d[rows])
    city = estimates.means(y[rows], ours, projection=projection)
    areas = estimates.means(y[rows], ours, domain=cells["borough"], projection=projection)
    small = index.fay_herriot(areas.value, areas.se**2, np.ones((33, 1)))
    return [*city.value, *city.se, *areas.value, *areas.se, *small.value, *small.mse]


def area_figures(one, areas):
    ours = panel.Panel(
        **{
            name: getattr(one, name)[areas]
            for name in ("outcome", "deployments", "population", "weight")
        }
    )
    fit, wild = panel.fit_panel(ours), association.wild_cluster(ours)
    area, week = np.divmod(np.arange(ours.outcome.size), panels.WEEKS)
    x = counts.with_area_dummies((week > 20).astype(float), area)
    many = counts.negative_binomial(ours.deployments.ravel(), x, ours.population[area, 0] / 1e4)
    city = interventions.interrupted_series(np.average(one.outcome, axis=0), 20)
    return [*fit.beta, *fit.se, wild.p, many.beta[0], many.se[0], *city.beta]


def figures_elsewhere(environment):
    """The same figures from another process, with this hash seed and number of threads."""
    script = (
        "import json; from tests.bench.statistics import exact; print(json.dumps(exact.figures()))"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | environment,
    )
    return np.array(json.loads(run.stdout))


def A12(replications, seed):
    """Input order, hash seed and threads: the largest relative change of any figure."""
    here = np.array(figures())
    others = [np.array(figures(seed)), *(figures_elsewhere(one) for one in ENVIRONMENTS)]
    worst = max(float(np.max(np.abs(other - here) / np.abs(here))) for other in others)
    what = "A12 order, hash seed, threads: largest change"
    note = f"{len(here)} figures"
    return [Row(what, len(others), "≤ 1e-9", f"{worst:.1e}", note, worst <= 1e-9)]


def A13(replications, seed):
    """33 boroughs x 40 weeks on 130,000 answers, design and all; the best of five."""
    rng, n = np.random.default_rng(seed), 130_000
    area, week, ward = (rng.integers(0, size, n) for size in (33, 40, 20))
    y, weight, modes = rng.normal(60, 20, n), rng.lognormal(0, 0.4, n), np.full(n, "sampled")
    fastest = np.inf
    for _ in range(5):
        start = time.perf_counter()
        ours = Sample(modes=modes, design=Design(weight=weight, stratum=area, psu=ward))
        estimates.means(y, ours, domain=area * 40 + week)
        fastest = min(fastest, time.perf_counter() - start)
    found = f"{1000 * fastest:.0f} ms"
    return [Row("A13 33 x 40 domains, 130,000 rows", 5, "< 100 ms", found, "", fastest < 0.1)]


CRITERIA = (A1, A6, A12, A13)
