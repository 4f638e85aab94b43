"""Many areas, weeks and groups at once: published examples and what must hold for any input."""

from statistics import NormalDist

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.statistics import changes, disproportionality, funnel, power, series
from analysis.statistics.sampling import index, samples
from tests.oracles import persons

FEW = settings(max_examples=30, deadline=None)
SEEDS = st.integers(0, 2**32 - 1)
P_OF_1995 = np.fromstring(
    ".0001 .0004 .0019 .0095 .0201 .0278 .0298 .0344 .0459 .324 .4262 .5719 .6528 .759 1", sep=" "
)


def test_benjamini_and_hochberg_s_own_example():
    """Fifteen tests at 5 %: four findings, of which Holm keeps three."""
    assert changes.discoveries(P_OF_1995, rate=0.05).sum() == 4
    assert (changes.holm(P_OF_1995) <= 0.05).sum() == 3


@FEW
@given(st.lists(st.floats(0, 1) | st.none(), max_size=30), SEEDS)
def test_adjusted_p_are_larger_and_free_of_order(p, seed):
    p = np.array([np.nan if one is None else one for one in p], dtype=float)
    order = np.random.default_rng(seed).permutation(len(p))
    for adjust in (changes.holm, changes.benjamini_hochberg):
        found = adjust(p)
        assert found[order] == pytest.approx(adjust(p[order]), nan_ok=True)
        assert (np.isnan(found) == np.isnan(p)).all()
        assert (np.nan_to_num(found) >= np.nan_to_num(p) - 1e-12).all()


def test_a_week_without_a_figure_changes_no_chart():
    z = np.array([1.0, 2.0, -1.0, 3.0])
    gap = np.insert(z, 2, np.nan)
    assert series.ewma(gap).value[[0, 1, 3, 4]] == pytest.approx(series.ewma(z).value)
    assert series.ewma(gap).limit[4] == series.ewma(z).limit[3]
    assert not series.ewma(np.array([9.0, np.nan])).signal[1]


def test_a_chart_that_somebody_looked_into_begins_anew():
    z = np.array([9.0, 0.1, 0.1])
    assert series.ewma(z).signal.tolist() == [True, True, True]
    assert series.ewma(z, restart=True).signal.tolist() == [True, False, False]


def test_an_area_warns_after_two_signals_and_half_a_year():
    z = np.zeros((3, 30))
    z[1:, -4:] = 4.0
    assert series.warning_areas(z, baseline=np.array([52, 52, 25])).tolist() == [0, 1, 0]
    assert not series.warning_areas(z[:, :1], baseline=np.full(3, 52)).any()
    assert series.has_city_warning(z[1])
    assert not series.has_city_warning(np.array([0.0, 9.0]))
    assert series.expected_false_alarms(33, 52) == pytest.approx(3.5, abs=0.01)


def simulated_series(seed, weeks, *, persistence=0.6, error=2.0):
    rng = np.random.default_rng(seed)
    level = np.zeros(weeks)
    for t in range(1, weeks):
        level[t] = persistence * level[t - 1] + rng.normal(0, 1)
    return 60 + level + rng.normal(0, error, weeks), np.full(weeks, error**2)


def fitted_level(y, variance):
    return series.fit_levels(y[None], variance[None])[0]


def test_forecasts_leave_residuals_of_one_size_without_memory():
    y, variance = simulated_series(1, 2_000)
    z = series.one_step_residuals(y, variance, fitted_level(y[:104], variance[:104]))[104:]
    assert z.mean() == pytest.approx(0, abs=0.1)
    assert z.std() == pytest.approx(1, abs=0.06)
    assert np.corrcoef(z[1:], z[:-1])[0, 1] == pytest.approx(0, abs=0.07)


def test_forecasts_are_those_of_the_normal_distribution_written_out():
    y, variance = simulated_series(2, 12)
    y[5] = np.nan
    level = series.LevelModel(
        mean=60.0, persistence=0.6, innovation=1.0, uncertainty=0.3, baseline=26
    )
    t = np.array([i for i in range(12) if i != 5])
    covariance = 0.6 ** np.abs(t[:, None] - t) / (1 - 0.36) + 4.0 * np.eye(11)
    inverse = np.linalg.inv(covariance[:-1, :-1])
    pull = covariance[-1, :-1] @ inverse
    ahead = 60 + pull @ (y[t[:-1]] - 60)
    spread = covariance[-1, -1] - pull @ covariance[:-1, -1] + 0.3 * (1 - pull.sum()) ** 2
    z = series.one_step_residuals(y, variance, level)
    assert z[-1] == pytest.approx((y[11] - ahead) / spread**0.5)
    assert np.isnan(z[5])


def test_the_fit_is_the_likeliest_by_the_normal_distribution_written_out():
    y, variance = simulated_series(3, 40)
    y[[4, 17]] = np.nan
    t = np.flatnonzero(np.isfinite(y))

    def unlikely(rho, innovation):
        level = innovation / (1 - rho**2)
        covariance = level * rho ** np.abs(t[:, None] - t) + np.diag(variance[t])
        inverse, ones = np.linalg.inv(covariance), np.ones(len(t))
        information = ones @ inverse @ ones
        away = y[t] - ones @ inverse @ y[t] / information
        return away @ inverse @ away + np.linalg.slogdet(covariance)[1] + np.log(information)

    found = fitted_level(y, variance)
    grid = [(rho, q) for rho in np.linspace(0, 0.98, 50) for q in np.geomspace(1e-3, 30, 60)]
    least = min(unlikely(*one) for one in grid)
    assert unlikely(found.persistence, found.innovation) <= least + 1e-3
    assert found.baseline == 38


def test_a_short_baseline_fits_nothing():
    assert fitted_level(np.arange(7.0), np.ones(7)) is None


@FEW
@given(SEEDS, st.floats(0.01, 100))
def test_residuals_are_free_of_scale(seed, scale):
    y, variance = simulated_series(seed, 40)
    level = fitted_level(y, variance)
    other = fitted_level(y * scale, variance * scale**2)
    ours = series.one_step_residuals(y, variance, level)
    assert series.one_step_residuals(y * scale, variance * scale**2, other) == pytest.approx(
        ours, abs=0.02
    )


def test_dispersion_is_one_where_chance_is_all():
    rng = np.random.default_rng(3)
    found = [funnel.dispersion(rng.normal(0, 1, 33), np.ones(33)).phi for _ in range(2000)]
    assert np.mean([phi > 1 for phi in found]) < 0.10
    assert funnel.dispersion(np.full(9, 5.0), np.ones(9)) == (1.0, 0.0)


def test_the_null_expectation_of_winsorised_dispersion():
    z = np.random.default_rng(4).normal(0, 1, 1_000_000)
    inside = np.clip(z, *np.quantile(z, [0.1, 0.9]))
    assert (inside**2).mean() == pytest.approx(funnel.NULL, abs=2e-3)


def zones_of_rates(events, population):
    error = 0.5 * np.sqrt(1e4 / population)
    tau2 = funnel.dispersion(funnel.root_score(events, population), error).tau2
    target = 1e4 * events.sum() / population.sum()
    return [
        [
            funnel.limits_status(rate, funnel.rate_limits(size, target, between=between))
            for rate, size in zip(1e4 * events / population, population, strict=True)
        ]
        for between in (0.0, tau2)
    ]


def test_areas_that_spread_truly_are_not_all_called_different():
    rng = np.random.default_rng(5)
    population = rng.uniform(1e5, 3e5, 33)
    outside = [
        sum(one != "within" for one in found)
        for found in zones_of_rates(
            rng.poisson(population * 0.003 * np.exp(rng.normal(0, 0.15, 33))), population
        )
    ]
    assert outside[0] > 10 > outside[1]
    exact, wider = zones_of_rates(rng.poisson(population * 0.003), population)
    assert exact == wider


def test_tau_widens_the_limits_of_means():
    values = 60 + np.random.default_rng(6).normal(0, 5, 33)
    se = np.full(33, 1.0)
    tau2 = funnel.dispersion((values - 60) / se, se).tau2
    plain, wide = (
        funnel.mean_limits(300.0, 60.0, unit=300.0, degrees=30, between=between)
        for between in (0.0, tau2)
    )
    assert sum(funnel.limits_status(one, plain) != "within" for one in values) > 15
    assert sum(funnel.limits_status(one, wide) != "within" for one in values) < 6
    assert tau2**0.5 == pytest.approx(5, abs=1.5)


@pytest.mark.parametrize(
    ("fired", "drawn", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)  # fmt: skip
def test_newcombe_s_examples_of_wilson(fired, drawn, low, high):
    found = disproportionality.fired_given_drawn(np.array([fired]), np.array([drawn]))
    assert (found.low[0], found.high[0]) == pytest.approx((low, high), abs=5e-5)


def test_fisher_s_tea():
    found = disproportionality.fired_given_drawn(np.array([3, 1, 0]), np.array([4, 4, 0]))
    assert found.p == pytest.approx([1.0, 0.4857, np.nan], abs=1e-4, nan_ok=True)
    assert np.isnan(found.share[2])
    with pytest.raises(ValueError, match="than were drawn"):
        disproportionality.fired_given_drawn(np.array([3]), np.array([2]))


EVENTS = {"White people": 60, "Black people": 55}
RESIDENTS = {"White people": 4.5e6, "Black people": 975e3}


def disparities_by(**benchmarks):
    return disproportionality.disparity_ratios(
        EVENTS, benchmarks, reference="White people", code="officer-defined", unknown=20
    )


def test_a_ratio_is_given_by_two_benchmarks_and_says_what_it_cannot_show():
    (by_residents, by_arrests), caveats = disparities_by(
        residents=RESIDENTS, arrests={"White people": 9e4, "Black people": 3.9e4}
    )
    assert caveats == ()
    assert by_residents.sentence == (
        "Black people (officer-defined): recorded use was 4.2 times (2.9 to 6.1) the rate per "
        "resident for White people. Residents are not the population police met. This does not "
        "show why."
    )
    assert by_arrests.shown.value == pytest.approx(55 / 39 / (60 / 90))
    assert "bias" not in by_arrests.sentence
    assert "Arrests are themselves decisions of the police." in by_arrests.sentence


def test_one_benchmark_alone_is_told():
    (found,), caveats = disparities_by(residents=RESIDENTS)
    assert caveats == (disproportionality.ONE_BENCHMARK,)
    assert found.unknown == pytest.approx(20 / 135)
    low, high = found.tipping
    assert low == pytest.approx(55 / 80 * 4.5e6 / 975e3)
    assert high == pytest.approx(75 / 60 * 4.5e6 / 975e3)
    assert low < found.exact.value < high


def test_no_ratio_over_nothing():
    (found,), _ = disproportionality.disparity_ratios(
        {"White people": 0, "Black people": 3},
        {"residents": RESIDENTS},
        reference="White people",
        code="self-defined",
    )
    assert found.tipping == (None, None)
    assert "so there is no ratio" in found.sentence
    with pytest.raises(ValueError, match="reference group"):
        disproportionality.disparity_ratios({}, {}, reference="White", code="self-defined")


def test_a_detectable_effect_is_found_four_times_of_five():
    away, z = power.detectable_effect(2.0) / 2.0, NormalDist().inv_cdf(0.975)
    assert NormalDist().cdf(away - z) == pytest.approx(0.8, abs=1e-4)
    with pytest.raises(ValueError, match="share"):
        power.detectable_share(2, 9)


def test_answers_until_a_change_shows_are_those_at_which_it_is_the_detectable_one():
    """R: 2*((qnorm(.975)+qnorm(.8))*50/5)^2*1.5 gives 2354.664."""
    n = power.answers_for_change(5.0, 50.0, deff=1.5)
    assert n == pytest.approx(2354.664, abs=0.001)
    assert power.detectable_share(0.5, n, deff=1.5) == pytest.approx(0.05)
    for wrong in ((0, 50), (5, 0), (-1, 50)):
        with pytest.raises(ValueError, match="larger than 0"):
            power.answers_for_change(*wrong)


def test_answers_until_no_change_larger_than_the_margin_can_be_said():
    """R: 2*pnorm(2/se-qnorm(.975))-1 is 0.8 at n = 2101.485, with a deviation of 20."""
    n = power.answers_for_equivalence(2.0, 20.0, deff=1.0)
    assert n == pytest.approx(2101.485, abs=0.001)
    assert power.equivalence_margin(20 * (2 / n) ** 0.5) == pytest.approx(2.0)
    assert n > power.answers_for_change(2.0, 20.0, deff=1.0)
    with pytest.raises(ValueError, match="larger than 0"):
        power.answers_for_equivalence(0, 20)


def test_two_one_sided_tests_agree_with_r():
    """R 4.5: t.test(x, y, mu = ±0.6, var.equal = TRUE) of two samples of ten, both sides."""
    p = changes.equivalence_p(0.112, 0.22922332633, 18, 0.6)
    assert p == pytest.approx(0.02366186965, rel=1e-8)


@FEW
@given(st.floats(-3, 3), st.floats(0.05, 2), st.integers(1, 200), st.floats(0.01, 0.2))
def test_the_interval_is_the_two_one_sided_tests(value, se, df, alpha):
    reach = float(scipy.stats.t.ppf(1 - alpha, df)) * se
    p = changes.equivalence_p(value, se, df)
    within = changes.is_within_margin(value - reach, value + reach)
    assert within == (p < alpha) or p == pytest.approx(alpha)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.2, 1.4, "rose"),
        (-1.4, -0.2, "fell"),
        (-1.9, 1.9, "none_larger"),
        (-2.0, 1.0, "unclear"),
        (-0.5, 2.1, "unclear"),
    ],
)
def test_a_change_that_shows_is_told_before_the_margin_is_looked_at(low, high, verdict):
    assert changes.change_verdict(low, high) == verdict


def test_items_that_go_with_the_rest_make_an_index():
    rng = np.random.default_rng(8)
    common = rng.normal(3, 1, (300, 1))
    items = np.clip(np.rint(common + rng.normal(0, 0.7, (300, 4))), 1, 5)
    assert index.is_publishable(persons.item_sums(items))
    assert index.item_rest_correlations(persons.item_sums(items))[0] == pytest.approx(
        np.corrcoef(items[:, 0], items[:, 1:].sum(axis=1))[0, 1]
    )
    items[:, 3] = rng.integers(1, 6, 300)
    assert not index.is_publishable(persons.item_sums(items))
    assert index.item_rest_correlations(persons.item_sums(items[:, :1])) is None


def test_weights_flag_what_they_cost():
    assert [samples.Kish(deff, 9.0).flag for deff in (1.0, 2.5, 4.5, float("nan"))] == [
        "green", "amber", "red", "red",
    ]  # fmt: skip
    assert samples.kish(np.ones(5)).efficiency == 1


def test_weights_held_within_multiples_of_their_mean():
    d = np.append(np.ones(98), [40.0, 0.01])
    cell = np.arange(100) % 2
    found = samples.rake(
        d, {"sex": cell}, {"sex": np.array([50.0, 50.0])}, trim=samples.TrimBounds()
    )
    assert found.trimmed_share == 0.02
    assert found.weight.max() / found.weight.min() < 20


def test_changes_that_all_are_chance_are_drawn_to_none_and_a_large_one_hardly():
    y = np.linspace(-6.0, 6.0, 33)
    quiet = changes.partially_pooled(y, np.full(33, 16.0))
    assert (np.abs(quiet.value) < 0.4 * np.abs(y) + 1e-9).all()
    assert ((quiet.low < 0) & (quiet.high > 0)).all()
    y[0] = -40.0
    assert changes.partially_pooled(y, np.full(33, 16.0)).value[0] < -36.0


@FEW
@given(st.floats(0.1, 10.0), SEEDS)
def test_pooled_changes_keep_their_unit_and_their_sign(scale, seed):
    y = np.random.default_rng(seed).normal(0, 5, 33)
    one, other = (
        changes.partially_pooled(factor * y, np.full(33, 16.0) * scale**2)
        for factor in (scale, -scale)
    )
    assert one.value == pytest.approx(-other.value, abs=1e-6 * scale)
    assert one.low == pytest.approx(-other.high, abs=1e-3 * scale)
    unit = changes.partially_pooled(y, np.full(33, 16.0))
    assert one.value == pytest.approx(scale * unit.value, abs=1e-6 * scale)


def test_the_studentised_range_is_that_of_the_tables():
    """q at 5 % for 2, 3 and 7 groups and an infinite df: 2.772, 3.314 and 4.170."""
    for many, q in ((2, 2.772), (3, 3.314), (7, 4.170)):
        value = np.linspace(0.0, q, many)
        assert changes.range_p(value, np.ones(many)) == pytest.approx(0.05, abs=2e-4)
    assert changes.any_difference_p(np.array([0.0, 2.772]), np.ones(2)) == pytest.approx(
        0.05, abs=2e-4
    )


def test_intervals_of_what_was_picked_are_wider_the_fewer_were_picked():
    assert changes.false_coverage_level(1, 33) == pytest.approx(1 - 0.05 / 33)
    assert changes.false_coverage_level(33, 33) == 0.95
