"""The verdict on the panel, and what is refused: no comparison, or a mixture of streams."""

import datetime

import numpy as np
import pytest

from analysis.statistics import panel
from analysis.statistics.association import panel_association
from analysis.statistics.sampling import estimates
from analysis.statistics.sampling.samples import Design, Feedback, Sample
from survey.problems import Problem
from tests.bench.statistics import looks
from tests.bench.statistics.panels import Deploying, simulated_panel


def test_the_trial_of_2007_is_too_small_to_tell():
    rng = np.random.default_rng(4)
    found = panel_association(simulated_panel(rng, beta=-0.8, per_10_000=209 / 750 / 34, weeks=34))
    assert found.verdict == "inconclusive"
    assert found.sentence.startswith("This trial is too small to show a link unless it were huge: ")
    assert "most boroughs had no deployment in most weeks" in found.sentence
    assert found.smallest_detectable > 10


def test_none_larger_needs_a_narrow_interval():
    found = panel_association(simulated_panel(np.random.default_rng(9), beta=0.0, per_10_000=3.0))
    assert found.verdict == "none_larger"
    assert "No effect larger than 2 points per deployment per 10,000" in found.sentence


def test_between_looks_there_is_an_estimate_and_no_verdict():
    given = simulated_panel(np.random.default_rng(9), beta=-3.0, per_10_000=3.0)
    at_look = panel_association(given)
    assert at_look.verdict == "associated"
    between = panel_association(given, next_look=datetime.date(2026, 12, 31))
    assert between.verdict == "between_looks"
    assert (between.beta, between.low, between.high) == (at_look.beta, at_look.low, at_look.high)
    assert between.sentence.startswith(f"An estimate, not a verdict: {between.beta:.1f} points")
    assert "The next verdict is in the monthly report to 31 December 2026." in between.sentence


@pytest.mark.slow
def test_four_looks_a_year_seldom_find_what_is_not_there():
    """60 years without an effect; the bench has 500."""
    found = looks.simulated_years(
        np.random.default_rng(5), 60, beta=0.0, per_10_000=0.13, weeks=looks.QUARTERS
    )
    planned = looks.share_of_years(found, looks.planned_hits)
    assert planned <= 0.05 < looks.share_of_years(found, looks.weekly_hits)


@pytest.mark.slow
def test_no_link_is_found_where_few_boroughs_deploy(drawn_seed):
    """20 years of each world; the bench has 500."""
    found = looks.uneven_deployments(20, drawn_seed)
    assert [row for row in found if not row.passed] == []


def test_of_few_boroughs_that_deploy_the_errors_know_how_few_they_are():
    how = Deploying(equipped=12)
    fit = panel.fit_panel(
        simulated_panel(np.random.default_rng(3), beta=0.0, per_10_000=1.0, how=how)
    )
    assert 2 < fit.df[0] < 12
    assert fit.p[0] > looks.p_by_cr1(fit)


@pytest.mark.parametrize("modes", [["sampled", "open"], ["open", "open"]])
def test_A6_open_answers_never_enter_a_sample(modes):
    with pytest.raises(Problem) as refused:
        Sample(modes=np.array(modes), design=Design(weight=np.ones(2)))
    assert refused.value.code == "streams.mixed"


def test_A6_feedback_gets_no_interval():
    given = Feedback(modes=np.full(2, "open"))
    for estimator in (estimates.means, estimates.totals):
        with pytest.raises(Problem, match="mixed"):
            estimator(np.zeros(2), given)
    with pytest.raises(Problem, match="mixed"):
        Feedback(modes=np.array(["open", "sampled"]))


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
    found = panel_association(
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
    found = panel_association(
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
    assert any("fewer than 10 boroughs" in caveat for caveat in found.caveats)
