"""Known truth, many draws: the acceptance criteria A2 to A7 on a small, fast world."""

import numpy as np
import pytest

from analysis.statistics import estimates, panel, proportions, shares, weights
from analysis.statistics.association import associate
from analysis.statistics.streams import Design, Feedback, Sample
from survey.problems import Problem

AREAS = 32


def asked(modes, weight, **drawn):
    return Sample(modes=np.full(len(weight), modes), design=Design(weight=weight, **drawn))


def raked_interval(rng, people):
    """One survey of 32 boroughs in which older people answer far more often."""
    age = rng.choice(3, size=AREAS * 40, p=[0.2, 0.3, 0.5])
    borough = np.repeat(np.arange(AREAS), 40)
    y = 50 + 6.0 * age + people["borough"][borough] + rng.normal(0, 20, len(age))
    cells = {"age": age, "borough": borough}
    d = np.full(len(age), 100.0)
    raked = weights.rake(d, cells, people["targets"])
    found = estimates.means(
        y,
        asked("sampled", raked.weight, stratum=borough),
        projection=estimates.Projection(cells=cells, design_weight=d),
    )
    low, high = found.interval()
    return found.value[0], low[0], high[0], y.mean()


def test_A2_raked_mean_of_the_city_covers_the_truth():
    rng = np.random.default_rng(6107)
    share, size = np.array([0.4, 0.4, 0.2]), rng.uniform(1e5, 3e5, AREAS)
    people = {
        "borough": rng.normal(0, 4, AREAS),
        "targets": {"age": share * size.sum(), "borough": size},
    }
    truth = 50 + 6.0 * share @ np.arange(3) + np.average(people["borough"], weights=size)
    value, low, high, naive = np.array([raked_interval(rng, people) for _ in range(400)]).T
    assert abs(value.mean() - truth) < 0.1
    assert 0.925 <= ((low <= truth) & (truth <= high)).mean() <= 0.975
    assert naive.mean() - truth > 2


def simulated(rng, *, beta, events, periods):
    """Index on deployments one period before, more of them where the index is low."""
    level = rng.normal(0, 4, AREAS)
    population = rng.uniform(1.5e5, 3.3e5, (AREAS, 1))
    intensity = population[:, 0] * np.exp(-0.15 * level)
    rate = np.outer(intensity / intensity.sum(), np.full(periods, events / periods))
    deployments = rng.poisson(rate).astype(float)
    n = rng.poisson(12, (AREAS, periods)).astype(float)
    x = 1e4 * deployments / population
    before = np.hstack([np.zeros((AREAS, 1)), x[:, :-1]])
    noise = rng.normal(0, 20, n.shape) / np.sqrt(np.maximum(n, 1))
    outcome = 60 + level[:, None] + rng.normal(0, 1, periods) + beta * before + noise
    return panel.Panel(
        outcome=np.where(n > 0, outcome, np.nan),
        deployments=deployments,
        population=population,
        weight=n,
    )


def fits(seed, runs, **truth):
    rng = np.random.default_rng(seed)
    found = [panel.fit(simulated(rng, **truth)) for _ in range(runs)]
    beta = np.array([each.beta[0] for each in found])
    limits = np.array([[limit[0] for limit in each.interval()] for each in found])
    return beta, limits[:, 0], limits[:, 1]


def test_A3_dense_deployments_find_the_true_slope():
    beta, low, high = fits(3, 500, beta=-0.8, events=30_000, periods=40)
    assert abs(beta.mean() + 0.8) < 0.05
    assert 0.92 <= ((low <= -0.8) & (high >= -0.8)).mean() <= 0.98


def test_A4_the_trial_of_2007_is_too_small_to_tell():
    rng = np.random.default_rng(4)
    found = [associate(simulated(rng, beta=-0.8, events=209, periods=34)) for _ in range(300)]
    assert np.mean([each.verdict == "inconclusive" for each in found]) >= 0.9
    assert all(each.smallest_detectable > 10 for each in found)
    typical = next(each for each in found if each.verdict == "inconclusive")
    assert typical.sentence.startswith(f"Too few deployments (n={typical.events}) to tell")


def test_A5_no_slope_is_seldom_found():
    _, low, high = fits(5, 500, beta=0.0, events=30_000, periods=40)
    assert ((low > 0) | (high < 0)).mean() <= 0.075


def test_none_larger_needs_a_narrow_interval():
    found = associate(simulated(np.random.default_rng(9), beta=0.0, events=30_000, periods=40))
    assert found.verdict == "none_larger"
    assert "No association larger than 2 points" in found.sentence


@pytest.mark.parametrize("modes", [["sampled", "open"], ["open", "open"]])
def test_A6_open_answers_never_enter_a_sample(modes):
    with pytest.raises(Problem) as refused:
        Sample(modes=np.array(modes), design=Design(weight=np.ones(2)))
    assert refused.value.code == "streams.mixed"


def test_A6_feedback_gets_no_interval():
    given = Feedback(modes=np.full(2, "open"))
    for estimator in (estimates.means, estimates.totals, shares.net_sentiment):
        with pytest.raises(Problem, match="put together"):
            estimator(np.zeros(2), given)
    with pytest.raises(Problem, match="put together"):
        Feedback(modes=np.array(["open", "sampled"]))


@pytest.mark.parametrize("p", [0.03, 0.1, 0.5])
def test_A7_korn_graubard_covers(p):
    runs, n = 4000, 60
    y = (np.random.default_rng(7).random(runs * n) < p).astype(float)
    survey = np.repeat(np.arange(runs), n)
    found = estimates.means(y, asked("sampled", np.ones(len(y)), stratum=survey), domain=survey)
    limits = proportions.korn_graubard(found)
    assert ((limits.low <= p) & (p <= limits.high)).mean() >= 0.94


@pytest.mark.parametrize(
    ("areas", "periods", "deployments", "sentence"),
    [
        (32, 2, 1.0, "too few periods"),
        (9, 30, 1.0, "too few areas"),
        (32, 30, 0.0, "did not vary"),
        (32, 0, 1.0, "too few periods"),
    ],
)
def test_nothing_is_said_without_a_comparison(areas, periods, deployments, sentence):
    rng = np.random.default_rng(1)
    shape = (areas, periods)
    found = associate(
        panel.Panel(
            outcome=rng.normal(60, 5, shape),
            deployments=deployments * rng.poisson(1.0, shape),
            population=np.full((areas, 1), 2e5),
            weight=np.ones(shape),
        )
    )
    assert (found.verdict, found.beta) == ("inconclusive", None)
    assert sentence in found.sentence


def test_few_exposed_areas_get_no_verdict():
    rng = np.random.default_rng(2)
    counts = np.zeros((32, 40))
    counts[:4] = rng.poisson(50, (4, 40))
    found = associate(
        panel.Panel(
            outcome=60
            - np.hstack([np.zeros((32, 1)), counts[:, :-1]])
            + rng.normal(0, 1, (32, 40)),
            deployments=counts,
            population=np.full((32, 1), 2e5),
            weight=np.ones((32, 40)),
        )
    )
    assert found.verdict == "inconclusive"
    assert any("only 4 boroughs" in caveat for caveat in found.caveats)
