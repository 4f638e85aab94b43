"""Small areas, counts, interrupted series, steps and lags: what must hold, and known truth."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.statistics import association, counts, interventions, panel
from analysis.statistics.association import panel_association
from analysis.statistics.interventions import NEVER, AdoptionPanel
from analysis.statistics.panel import PanelFit, PanelRefusal
from analysis.statistics.sampling import estimates, index
from analysis.statistics.sampling.estimates import Means

FEW = settings(max_examples=15, deadline=None)
SEEDS = st.integers(0, 2**32 - 1)


def simulated_areas(seed, n=33, between=16.0):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.normal(0, 1, n)])
    psi = rng.uniform(10, 60, n)
    truth = x @ [60.0, 4.0] + rng.normal(0, between**0.5, n)
    return truth + rng.normal(0, psi**0.5), psi, x, truth


@FEW
@given(SEEDS, st.floats(0.01, 100))
def test_fay_herriot_is_free_of_order_and_scale(seed, scale):
    y, psi, x, _ = simulated_areas(seed)
    found = index.fay_herriot(y, psi, x)
    order = np.random.default_rng(seed).permutation(len(y))
    other = index.fay_herriot(scale * y[order], scale**2 * psi[order], x[order])
    assert other.value == pytest.approx(scale * found.value[order], rel=1e-7)
    assert other.mse == pytest.approx(scale**2 * found.mse[order], rel=1e-6)


def test_areas_that_differ_by_chance_alone_are_one_line():
    _, psi, x, _ = simulated_areas(2)
    found = index.fay_herriot(x @ [60.0, 4.0] + 0.1 * psi**0.5, psi, x)
    assert found.between == 0
    assert found.gamma.tolist() == [0.0] * 33
    assert found.value == pytest.approx(x @ found.beta)


def test_an_area_without_answers_is_what_areas_like_it_are():
    y, psi, x, _ = simulated_areas(3)
    y[4], psi[4] = np.nan, np.inf
    found = index.fay_herriot(y, psi, x)
    assert found.value[4] == pytest.approx(x[4] @ found.beta)
    assert found.mse[4] > found.between
    with pytest.raises(ValueError, match="more areas"):
        index.fay_herriot(y[:2], psi[:2], x[:2])


def test_pooled_errors_are_one_variance_for_each_answer():
    found = estimates.with_pooled_errors(
        Means(
            value=np.array([50.0, 60, 70, np.nan]),
            se=np.array([1.0, 4, 0, np.nan]),
            df=np.array([5, 5, 0, 0]),
            n=np.array([50, 50, 20, 0]),
            n_eff=np.array([40.0, 50, 20, 0]),
        )
    )
    unit = (1 * 40 + 16 * 50) / 2
    assert found.se[:3] == pytest.approx(np.sqrt([unit / 40, unit / 50, unit / 20]))
    assert np.isnan(found.se[3])
    assert found.df.tolist() == [10, 10, 10, 0]


def test_pooled_errors_need_degrees_of_freedom():
    lone = Means(
        value=np.array([50.0]), se=np.array([0.0]), df=np.array([0]), n=np.array([9]),
        n_eff=np.array([9.0]),
    )  # fmt: skip
    assert estimates.with_pooled_errors(lone) is lone


def test_counts_that_spread_without_end_are_refused():
    """All events in one row: no θ above 0 fits, and Poisson's errors would be far too small."""
    y = np.zeros(4_000)
    y[0] = 1e6
    with pytest.raises(ValueError, match="does not converge"):
        counts.negative_binomial(y, np.ones((4_000, 1)), np.ones(4_000))


def simulated_complaints(seed, *, ratio=1.3, theta=2.0, areas=32, weeks=40):
    rng = np.random.default_rng(seed)
    area, week = np.divmod(np.arange(areas * weeks), weeks)
    post = (week >= 20).astype(float)
    people = np.repeat(rng.uniform(15, 33, areas), weeks)
    mean = 0.2 * np.exp(rng.normal(0, 0.3, areas))[area] * people * ratio**post
    return rng.negative_binomial(theta, theta / (theta + mean)), post, area, people


def test_counts_find_the_ratio_and_are_free_of_order_and_of_the_offset_s_unit():
    y, post, area, people = simulated_complaints(1)
    found = counts.negative_binomial(y, counts.with_area_dummies(post, area), people)
    ratio, low, high = found.rate_ratio(0)
    assert low < 1.3 < high
    assert found.theta == pytest.approx(2.0, rel=0.3)
    order = np.random.default_rng(2).permutation(len(y))
    other = counts.negative_binomial(
        y[order], counts.with_area_dummies(post[order], area[order]), 1e4 * people[order]
    )
    assert other.rate_ratio(0) == pytest.approx((ratio, low, high), rel=1e-8)


def test_an_area_without_a_complaint_is_left_out():
    y, post, area, people = simulated_complaints(1)
    y[area == 4] = 0
    found = counts.area_count_models(y, post, area=area, residents=1e4 * people)
    rows = area != 4
    plain = counts.negative_binomial(
        y[rows], counts.with_area_dummies(post[rows], area[rows]), people[rows]
    )
    assert found.left_out == 1
    assert found.negative_binomial.rate_ratio(0) == pytest.approx(plain.rate_ratio(0))
    assert found.clustered.df == 30


def test_counts_that_vary_hardly_more_than_poisson_have_a_fit():
    """θ swung between 3687.688 and 3687.685, and no edition of that week could be made."""
    weeks = "8 8 9 9 6 15 14 7 12 17 17 8 11 9 16 16 8 7 8 13 6 11 9 4 13 10 13 8 11 11 13 11 11 12"
    y, ones = np.array(weeks.split(), dtype=np.float64), np.ones((34, 1))
    found = counts.negative_binomial(y, ones, ones[:, 0])
    assert found.theta == pytest.approx(3687.69, rel=1e-5)
    assert found.se[0] == pytest.approx(counts.fit_poisson(y, ones, ones[:, 0]).se[0], rel=0.01)


def test_a_spread_that_does_not_converge_is_refused(monkeypatch):
    swinging = itertools.cycle([1.0, 2.0])
    monkeypatch.setattr(counts, "best_theta", lambda *_: next(swinging))
    y, post, area, people = simulated_complaints(1, areas=4)
    with pytest.raises(ValueError, match="does not converge"):
        counts.negative_binomial(y, counts.with_area_dummies(post, area), people)


def test_counts_without_dispersion_are_poisson():
    y, post, _, people = simulated_complaints(3, theta=1e9)
    found = counts.negative_binomial(y, np.column_stack([np.ones(len(y)), post]), people)
    assert found.phi < 1.5
    assert (found.method == "Poisson") == (found.theta is None)


@pytest.mark.parametrize(
    ("y", "x", "offset", "sentence"),
    [
        ([1, -1, 2], [[1.0]] * 3, [1.0] * 3, "0 or more"),
        ([1, 2, 2], [[1.0]] * 3, [1.0, 0, 1], "above 0"),
        ([1], [[1.0]], [1.0], "more counts"),
        ([0, 0, 0], [[1.0]] * 3, [1.0] * 3, "did not converge"),
    ],
)
def test_counts_that_cannot_be_fitted_are_refused(y, x, offset, sentence):
    with pytest.raises(ValueError, match=sentence):
        counts.negative_binomial(np.array(y), np.array(x), np.array(offset))


def test_errors_by_clusters_need_clusters():
    y, post, _, people = simulated_complaints(4)
    with pytest.raises(ValueError, match="two clusters"):
        counts.poisson(y, post[:, None] + 1, people, cluster=np.zeros(len(y)))


def step_series(seed, weeks=60, start=30, rho=0.4):
    rng = np.random.default_rng(seed)
    noise = np.zeros(weeks)
    for t in range(weeks):
        noise[t] = rho * noise[t - 1] * (t > 0) + rng.normal(0, 1)
    return 60 + noise - 5 * (np.arange(weeks) >= start)


def test_interrupted_series_with_gaps_is_that_of_the_covariance_written_out():
    y = step_series(1)
    y[[7, 8, 33]] = np.nan
    found = interventions.interrupted_series(y, 30)
    t = np.flatnonzero(np.isfinite(y))
    x = np.column_stack([np.ones(len(t)), t, t >= 30, (t - 30) * (t >= 30)]).astype(float)
    inverse = np.linalg.inv(found.rho ** np.abs(t[:, None] - t))
    bread = np.linalg.inv(x.T @ inverse @ x)
    assert found.beta == pytest.approx(bread @ x.T @ inverse @ y[t])
    left = y[t] - x @ found.beta
    assert found.sigma**2 == pytest.approx(left @ inverse @ left / (len(t) - 4))
    assert found.covariance == pytest.approx(found.sigma**2 * bread)


def test_interrupted_series_says_where_it_is_weak():
    found = interventions.interrupted_series(step_series(2), 10)
    assert found.weak
    assert found.caveats[0] == (
        "Weak: there are only 10 weeks before the start; our minimum is 24."
    )
    strong = interventions.interrupted_series(step_series(2), 30)
    assert strong.caveats == (interventions.UNCONTROLLED,)
    assert strong.interval()[1][2] < 0
    assert interventions.interrupted_series(step_series(2), 2) is None


@FEW
@given(SEEDS, st.floats(0.1, 10), st.floats(-50, 50))
def test_interrupted_series_is_free_of_scale_and_origin(seed, scale, origin):
    y = step_series(seed)
    found = interventions.interrupted_series(y, 30)
    other = interventions.interrupted_series(origin + scale * y, 30)
    assert other.beta[1:] == pytest.approx(scale * found.beta[1:], abs=1e-4 * scale)
    assert other.rho == pytest.approx(found.rho, abs=1e-5)


def simulated_panel(seed, *, areas=32, periods=40, exposed=32, beta=-0.8):
    rng = np.random.default_rng(seed)
    deployments = rng.poisson(8.0, (areas, periods)).astype(float)
    deployments[exposed:] = 0
    population = rng.uniform(1.5e5, 3.3e5, (areas, 1))
    before = np.hstack([np.zeros((areas, 1)), 1e4 * deployments[:, :-1] / population])
    outcome = rng.normal(60, 4, (areas, 1)) + rng.normal(0, 1, periods) + beta * before
    return panel.Panel(
        outcome=outcome + rng.normal(0, 1, outcome.shape),
        deployments=deployments,
        population=population,
        weight=rng.uniform(5, 20, outcome.shape),
    )


def test_only_the_lag_of_the_effect_stands_out():
    found = panel.lag_profile(simulated_panel(1, beta=-3.0))
    assert found.lags == (0, 1, 2, 3, 4)
    assert int(np.argmin(found.holm)) == 1
    assert found.holm[1] < 0.001
    assert (found.holm >= [one.p[0] for one in found.fits]).all()


def test_lag_one_of_the_profile_is_the_estimate_that_has_the_verdict():
    ours = simulated_panel(1, beta=-3.0)
    lag_1, alone = panel.lag_profile(ours).fits[1], panel.fit_panel(ours)
    assert (lag_1.beta[0], lag_1.cells) == (alone.beta[0], alone.cells)
    assert lag_1.beta[0] == panel_association(ours).beta


def test_what_has_not_happened_yet_has_no_effect():
    low, high = panel.lead_placebo(simulated_panel(2, beta=-3.0)).interval()
    assert low[0] < 0 < high[0]


def test_the_answer_does_not_hang_on_one_choice():
    ours = simulated_panel(3, beta=-3.0)
    found = panel.sensitivity_fits(ours, fired=np.zeros_like(ours.deployments))
    plain = panel.fit_panel(ours)
    assert found.area_trends.beta[0] == pytest.approx(-3.0, abs=3 * plain.se[0])
    assert found.area_trends.parameters == plain.parameters + 31
    assert found.logged.beta[0] < 0
    assert isinstance(found.fired_only, PanelRefusal)
    low, high = found.widest
    assert low < plain.beta[0] < high < 0


def test_area_trends_are_those_of_the_regression_written_out():
    ours = simulated_panel(4, areas=12, periods=9, exposed=12)
    found = panel.fit_with_area_trends(ours)
    area, period = np.divmod(np.arange(12 * 8), 8)
    x = (1e4 * ours.deployments / ours.population)[:, :-1].ravel()
    own = np.eye(12)[area]
    every = np.column_stack([x, own, np.eye(8)[period], own * period[:, None]])
    root = np.sqrt(ours.weight[:, 1:].ravel())
    beta = np.linalg.lstsq(every * root[:, None], ours.outcome[:, 1:].ravel() * root, rcond=None)[0]
    assert found.beta[0] == pytest.approx(beta[0])


def cr2_written_out(fixed, within, y, weight, area):
    """The definition with whole n x n matrices, for one exposure."""
    x = np.column_stack([fixed, within])
    hat = x @ np.linalg.pinv(x.T @ (x * weight[:, None]), rcond=1e-10) @ (x * weight[:, None]).T
    left = np.eye(len(y)) - hat
    pull = weight * within / (weight @ within**2)
    squares, paths = 0.0, []
    for g in np.unique(area):
        own = area == g
        values, vectors = np.linalg.eigh(left[own] @ left[own].T)
        scale = [value**-0.5 if value > 1e-9 else 0.0 for value in values]
        adjusted = pull[own] @ (vectors * scale) @ vectors.T
        squares += float(adjusted @ (left @ y)[own]) ** 2
        paths.append(adjusted @ left[own])
    inner = np.array(paths) @ np.array(paths).T
    return squares**0.5, np.trace(inner) ** 2 / (inner**2).sum()


@pytest.mark.parametrize("trends", [False, True])
def test_errors_are_those_of_the_definition_written_out(trends):
    ours = simulated_panel(4, areas=12, periods=9, exposed=7)
    found = panel.fit_with_area_trends(ours) if trends else panel.fit_panel(ours)
    cells = panel.usable_cells(ours, (1,))
    area, period = np.nonzero(cells.weight)
    weight, y, x = (one[area, period] for one in (cells.weight, cells.outcome, cells.exposure[0]))
    fixed = np.column_stack([np.eye(12)[area], np.eye(8)[period]])
    if trends:
        fixed = np.column_stack([fixed, np.eye(12)[area] * period[:, None]])
    root = np.sqrt(weight)
    effects = np.linalg.lstsq(fixed * root[:, None], x * root, rcond=None)[0]
    theirs = cr2_written_out(fixed, x - fixed @ effects, y, weight, area)
    assert (found.se[0], found.df[0]) == pytest.approx(theirs, rel=1e-7)
    assert found.df[0] < 11


def test_of_a_single_area_with_deployments_nothing_is_said():
    found = panel.fit_panel(simulated_panel(7, exposed=1))
    assert found.sentence == panel.ONE_AREA


def test_a_straight_line_for_each_area_can_leave_nothing():
    ours = simulated_panel(5, areas=12, periods=30)
    slopes = np.outer(np.arange(12.0), np.arange(30.0))
    trending = panel.Panel(
        outcome=ours.outcome, deployments=slopes, population=np.full((12, 1), 1e5),
        weight=ours.weight,
    )  # fmt: skip
    assert isinstance(panel.fit_panel(trending), PanelFit)
    assert "leave nothing" in panel.fit_with_area_trends(trending).sentence


@FEW
@given(SEEDS)
def test_the_panel_is_free_of_order(seed):
    ours, order = (
        simulated_panel(seed, areas=14, periods=12),
        np.random.default_rng(seed).permutation(14),
    )
    other = panel.panel_of_areas(ours, order)
    assert panel.fit_panel(other).covariance == pytest.approx(
        panel.fit_panel(ours).covariance, rel=1e-9
    )
    first, second = (association.wild_cluster(one, times=99) for one in (ours, other))
    assert second.p == first.p
    assert (second.low, second.high) == pytest.approx((first.low, first.high), rel=1e-5)


def test_the_wild_bootstrap_agrees_with_the_fit_where_all_areas_are_exposed():
    ours = simulated_panel(6)
    found, plain = association.wild_cluster(ours), panel.fit_panel(ours)
    low, high = plain.interval()
    assert (found.low, found.high) == pytest.approx((low[0], high[0]), abs=0.15 * (high - low)[0])
    assert found.p == pytest.approx(plain.p[0], abs=0.03)


def test_the_wild_bootstrap_is_wider_where_few_are():
    ours = simulated_panel(7, exposed=3)
    found, plain = association.wild_cluster(ours), panel.fit_panel(ours)
    assert found.high - found.low > (plain.interval()[1] - plain.interval()[0])[0]
    assert association.wild_cluster(simulated_panel(7, exposed=0)) is None


def simulated_steps(seed, start, *, effect=-2.0, periods=24):
    rng = np.random.default_rng(seed)
    n = len(start)
    begun = (start != NEVER)[:, None] & (np.arange(periods) >= start[:, None])
    y = rng.normal(60, 4, (n, 1)) + rng.normal(0, 1, periods) + effect * begun
    outcome = y + rng.normal(0, 0.5, y.shape)
    return AdoptionPanel(outcome=outcome, weight=np.ones(y.shape), start=start)


TOGETHER = np.where(np.arange(30) < 12, 10, NEVER)


def test_areas_that_began_together_against_the_rest():
    found = interventions.difference_in_differences(simulated_steps(1, TOGETHER))
    low, high = found.interval()
    assert low[0] < -2 < high[0] < 0
    ours = simulated_steps(1, TOGETHER).outcome
    before, after = ours[:, :10].mean(axis=1), ours[:, 10:].mean(axis=1)
    change = (after - before)[TOGETHER != NEVER].mean() - (after - before)[TOGETHER == NEVER].mean()
    assert found.beta[0] == pytest.approx(change)


def test_event_study_by_bins_of_two_weeks():
    found = interventions.event_study(simulated_steps(2, TOGETHER))
    assert found.bins == (-10, -8, -6, -4, 0, 2, 4, 6, 8, 10, 12)
    after = np.array(found.bins) >= 0
    assert found.fit.beta[after] == pytest.approx(np.full(7, -2.0), abs=0.6)
    assert found.fit.beta[~after] == pytest.approx(np.zeros(4), abs=0.6)
    assert found.pre_trend > 0.01


def test_event_study_sees_a_trend_before():
    ours = simulated_steps(3, TOGETHER)
    drifting = ours.outcome + np.where(TOGETHER != NEVER, 0.4, 0)[:, None] * np.arange(24)
    found = interventions.event_study(
        AdoptionPanel(outcome=drifting, weight=ours.weight, start=ours.start)
    )
    assert found.pre_trend < 0.001


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        (np.full(30, 10), "none to compare with"),
        (np.full(30, NEVER), "nothing to compare"),
        (np.where(np.arange(30) < 5, 4, TOGETHER), "different times"),
        (np.where(TOGETHER == 10, 0, NEVER), "before the start"),
        (np.where(TOGETHER == 10, 30, NEVER), "nothing after"),
    ],
)
def test_no_step_is_estimated_without_a_comparison(start, sentence):
    for estimate in (interventions.difference_in_differences, interventions.event_study):
        assert sentence in estimate(simulated_steps(4, start)).sentence


STAGGERED = np.repeat([4, 10, 16, NEVER], [8, 8, 8, 8])


def test_staggered_starts_are_compared_with_areas_that_have_not_begun():
    """The effect grows by 0.3 a week: two-way effects would compare with early growth."""
    ours = simulated_steps(5, STAGGERED, effect=0.0)
    since = np.arange(24) - STAGGERED[:, None]
    grown = np.where((STAGGERED != NEVER)[:, None] & (since >= 0), -0.3 * (1 + since), 0.0)
    step = AdoptionPanel(outcome=ours.outcome + grown, weight=ours.weight, start=STAGGERED)
    found = interventions.callaway_santanna(step)
    truth = grown[grown < 0].mean()
    assert found.overall.value == pytest.approx(truth, abs=3 * found.overall.se)
    assert found.overall.se < 0.3
    assert found.since[5].value == pytest.approx(-1.8, abs=0.6)
    low, high = found.since[-3].interval()
    assert low < 0 < high


def test_staggered_starts_are_free_of_order():
    ours, order = simulated_steps(6, STAGGERED), np.random.default_rng(1).permutation(32)
    other = AdoptionPanel(
        outcome=ours.outcome[order], weight=ours.weight[order], start=ours.start[order]
    )
    first, second = (interventions.callaway_santanna(one) for one in (ours, other))
    assert second.by_group.value == pytest.approx(first.by_group.value, rel=1e-12)
    assert second.by_group.se == pytest.approx(first.by_group.se, rel=1e-12)


def test_staggered_starts_with_gaps_use_what_is_there():
    ours = simulated_steps(7, STAGGERED)
    ours.outcome[3, 9] = np.nan
    ours.weight[20, 2] = 0
    assert interventions.callaway_santanna(ours).overall.value == pytest.approx(-2, abs=0.5)


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        (np.full(32, NEVER), "No area began"),
        (np.full(32, 10), "areas to compare with"),
        (np.repeat([4, NEVER], [3, 5]), "too few areas"),
        (np.repeat([0, NEVER], [3, 29]), "No area began"),
    ],
)
def test_staggered_starts_without_a_comparison(start, sentence):
    assert sentence in interventions.callaway_santanna(simulated_steps(8, start)).sentence
