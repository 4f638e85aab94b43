"""Many areas, weeks and groups at once: published examples and what must hold for any input."""

import datetime
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.statistics.changes import control, forecasts, multiplicity
from analysis.statistics.panel import spatial
from analysis.statistics.rates import disproportionality, funnel, rates, standardisation
from analysis.statistics.sampling import index, power, weights, windows
from analysis.statistics.sampling.estimates import Means

FEW = settings(max_examples=30, deadline=None)
SEEDS = st.integers(0, 2**32 - 1)
P_OF_1995 = np.fromstring(
    ".0001 .0004 .0019 .0095 .0201 .0278 .0298 .0344 .0459 .324 .4262 .5719 .6528 .759 1", sep=" "
)


def test_benjamini_and_hochberg_s_own_example():
    """Fifteen tests at 5 %: four findings, of which Holm keeps three."""
    assert multiplicity.discoveries(P_OF_1995, rate=0.05).sum() == 4
    assert (multiplicity.holm(P_OF_1995) <= 0.05).sum() == 3


@FEW
@given(st.lists(st.floats(0, 1) | st.none(), max_size=30), SEEDS)
def test_adjusted_p_are_larger_and_free_of_order(p, seed):
    p = np.array([np.nan if one is None else one for one in p], dtype=float)
    order = np.random.default_rng(seed).permutation(len(p))
    for adjust in (multiplicity.holm, multiplicity.benjamini_hochberg):
        found = adjust(p)
        assert found[order] == pytest.approx(adjust(p[order]), nan_ok=True)
        assert (np.isnan(found) == np.isnan(p)).all()
        assert (np.nan_to_num(found) >= np.nan_to_num(p) - 1e-12).all()


def test_montgomery_s_cusum():
    """Statistical Quality Control, table 9.2: mean 10, later 11; C⁺ passes 5 at the 29th."""
    x = (
        "9.45 7.99 9.29 11.66 12.16 10.18 8.04 11.46 9.2 10.34 9.03 11.47 10.51 9.4 10.08 9.37 "
        "10.62 10.31 8.52 10.84 10.9 9.33 12.29 11.5 10.6 11.08 10.38 11.62 11.31 10.52"
    )
    found = control.cusum(np.array(x.split(), dtype=float) - 10)
    assert np.flatnonzero(found.signal).tolist() == [28, 29]
    assert found.high[28:] == pytest.approx([5.28, 5.30])


def test_a_week_without_a_figure_changes_no_chart():
    z = np.array([1.0, 2.0, -1.0, 3.0])
    gap = np.insert(z, 2, np.nan)
    assert control.ewma(gap).value[[0, 1, 3, 4]] == pytest.approx(control.ewma(z).value)
    assert control.ewma(gap).limit[4] == control.ewma(z).limit[3]
    assert not control.ewma(np.array([9.0, np.nan])).signal[1]
    assert control.cusum(gap).high[4] == control.cusum(z).high[3]


def test_a_chart_that_somebody_looked_into_begins_anew():
    z = np.array([9.0, 0.1, 0.1])
    assert control.ewma(z).signal.tolist() == [True, True, True]
    assert control.ewma(z, restart=True).signal.tolist() == [True, False, False]
    assert control.cusum(z, restart=True).high[1] == 0


def test_an_area_warns_after_two_signals_and_half_a_year():
    z = np.zeros((3, 30))
    z[1:, -4:] = 4.0
    assert control.warning_areas(z, baseline=np.array([52, 52, 25])).tolist() == [0, 1, 0]
    assert not control.warning_areas(z[:, :1], baseline=np.full(3, 52)).any()
    assert control.has_city_warning(z[1])
    assert not control.has_city_warning(np.array([0.0, 9.0]))
    assert control.expected_false_alarms(33, 52) == pytest.approx(3.5, abs=0.01)


def simulated_series(seed, weeks, *, persistence=0.6, error=2.0):
    rng = np.random.default_rng(seed)
    level = np.zeros(weeks)
    for t in range(1, weeks):
        level[t] = persistence * level[t - 1] + rng.normal(0, 1)
    return 60 + level + rng.normal(0, error, weeks), np.full(weeks, error**2)


def test_forecasts_leave_residuals_of_one_size_without_memory():
    y, variance = simulated_series(1, 2_000)
    z = forecasts.one_step_residuals(y, variance, forecasts.fit_level(y[:104], variance[:104]))[
        104:
    ]
    assert z.mean() == pytest.approx(0, abs=0.1)
    assert z.std() == pytest.approx(1, abs=0.06)
    assert np.corrcoef(z[1:], z[:-1])[0, 1] == pytest.approx(0, abs=0.07)


def test_forecasts_are_those_of_the_normal_distribution_written_out():
    y, variance = simulated_series(2, 12)
    y[5] = np.nan
    level = forecasts.LevelModel(
        mean=60.0, persistence=0.6, innovation=1.0, uncertainty=0.3, baseline=26
    )
    t = np.array([i for i in range(12) if i != 5])
    covariance = 0.6 ** np.abs(t[:, None] - t) / (1 - 0.36) + 4.0 * np.eye(11)
    inverse = np.linalg.inv(covariance[:-1, :-1])
    pull = covariance[-1, :-1] @ inverse
    ahead = 60 + pull @ (y[t[:-1]] - 60)
    spread = covariance[-1, -1] - pull @ covariance[:-1, -1] + 0.3 * (1 - pull.sum()) ** 2
    z = forecasts.one_step_residuals(y, variance, level)
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

    found = forecasts.fit_level(y, variance)
    grid = [(rho, q) for rho in np.linspace(0, 0.98, 50) for q in np.geomspace(1e-3, 30, 60)]
    least = min(unlikely(*one) for one in grid)
    assert unlikely(found.persistence, found.innovation) <= least + 1e-3
    assert found.baseline == 38


def test_a_short_baseline_fits_nothing():
    assert forecasts.fit_level(np.arange(7.0), np.ones(7)) is None


@FEW
@given(SEEDS, st.floats(0.01, 100))
def test_residuals_are_free_of_scale(seed, scale):
    y, variance = simulated_series(seed, 40)
    level = forecasts.fit_level(y, variance)
    other = forecasts.fit_level(y * scale, variance * scale**2)
    ours = forecasts.one_step_residuals(y, variance, level)
    assert forecasts.one_step_residuals(y * scale, variance * scale**2, other) == pytest.approx(
        ours, abs=0.02
    )


def rook_neighbours(side):
    at = np.stack(np.divmod(np.arange(side**2), side), axis=1)
    return np.abs(at[:, None] - at[None]).sum(axis=2) == 1


def test_a_chessboard_has_the_lowest_and_a_slope_a_high_moran():
    board = np.indices((6, 6)).sum(axis=0).ravel() % 2
    assert spatial.morans_i(board.astype(float), rook_neighbours(6)).value == pytest.approx(-1)
    slope = spatial.morans_i(np.repeat(np.arange(6.0), 6), rook_neighbours(6))
    assert slope.value > 0.7
    assert slope.p == pytest.approx(1 / 1000)
    assert slope.expected == pytest.approx(-1 / 35)


@FEW
@given(SEEDS, st.floats(0.1, 10), st.floats(-50, 50))
def test_moran_is_free_of_order_scale_and_origin(seed, scale, origin):
    rng = np.random.default_rng(seed)
    values, near = rng.normal(0, 1, 16), rook_neighbours(4)
    order = rng.permutation(16)
    first = spatial.morans_i(values, near)
    other = spatial.morans_i(origin + scale * values[order], near[np.ix_(order, order)])
    assert other.value == pytest.approx(first.value, abs=1e-9)
    assert other.p == first.p


def test_moran_leaves_out_islands_and_what_is_unknown():
    near = np.zeros((7, 7), dtype=bool)
    for i in range(5):
        near[i, i + 1] = near[i + 1, i] = True
    values = np.array([1.0, 2, 3, 4, 5, np.nan, 9])
    assert spatial.morans_i(values, near).areas == 5
    assert spatial.morans_i(np.ones(7), near) is None
    with pytest.raises(ValueError, match="so does the other"):
        spatial.morans_i(values, np.triu(near))


def test_dispersion_is_one_where_chance_is_all():
    rng = np.random.default_rng(3)
    found = [funnel.dispersion(rng.normal(0, 1, 33)).phi for _ in range(2000)]
    assert np.mean([phi > 1 for phi in found]) < 0.10
    assert funnel.dispersion(np.full(9, 5.0)) == (1.0, 0.0)


def test_the_null_expectation_of_winsorised_dispersion():
    z = np.random.default_rng(4).normal(0, 1, 1_000_000)
    inside = np.clip(z, *np.quantile(z, [0.1, 0.9]))
    assert (inside**2).mean() == pytest.approx(funnel.NULL, abs=2e-3)


def test_areas_that_spread_truly_are_not_all_called_different():
    rng = np.random.default_rng(5)
    population = rng.uniform(1e5, 3e5, 33)
    events = rng.poisson(population * 0.003 * np.exp(rng.normal(0, 0.15, 33)))
    outside = [
        sum(one != "within" for one in found)
        for found in (
            funnel.rate_positions(events, population),
            funnel.dispersed_rate_positions(events, population),
        )
    ]
    assert outside[0] > 10 > outside[1]
    even = rng.poisson(population * 0.003)
    assert funnel.dispersed_rate_positions(even, population) == funnel.rate_positions(
        even, population
    )


def test_tau_widens_the_limits_of_means():
    rng = np.random.default_rng(6)
    found = Means(
        value=60 + rng.normal(0, 5, 33), se=np.full(33, 1.0), df=np.full(33, 30),
        n=np.full(33, 400), n_eff=np.full(33, 300.0),
    )  # fmt: skip
    plain, wide = funnel.mean_positions(found, 60.0), funnel.dispersed_mean_positions(found, 60.0)
    assert sum(one != "within" for one in plain) > 15
    assert sum(one != "within" for one in wide) < 6
    z = (found.value - 60) / found.se
    assert funnel.dispersion(z, found.se).tau2 ** 0.5 == pytest.approx(5, abs=1.5)


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


EVENTS = {"White": 60, "Black": 55}
RESIDENTS = {"White": 4.5e6, "Black": 975e3}


def disparities_by(**benchmarks):
    return disproportionality.disparity_ratios(
        EVENTS, benchmarks, reference="White", code="officer-defined", unknown=20
    )


def test_a_ratio_is_given_by_two_benchmarks_and_says_what_it_cannot_show():
    (by_residents, by_arrests), caveats = disparities_by(
        residents=RESIDENTS, arrests={"White": 9e4, "Black": 3.9e4}
    )
    assert caveats == ()
    assert by_residents.sentence == (
        "Black (officer-defined): recorded use was 4.2 times (2.9 to 6.1) the White rate per "
        "resident; resident population is not the population police met; this does not show why."
    )
    assert by_arrests.shown.value == pytest.approx(55 / 39 / (60 / 90))
    assert "bias" not in by_arrests.sentence


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
        {"White": 0, "Black": 3}, {"residents": RESIDENTS}, reference="White", code="self-defined"
    )
    assert found.tipping == (None, None)
    assert "no ratio can be given" in found.sentence
    with pytest.raises(ValueError, match="reference group"):
        disproportionality.disparity_ratios({}, {}, reference="White", code="self-defined")


def test_age_adjustment_takes_out_ages_and_nothing_else():
    """Both groups have the same rate at each age; one is younger, and the crude ratio is 2."""
    population = np.array([[1e5, 3e5], [3e5, 1e5]])
    found = disproportionality.age_adjusted_ratios(population * np.array([9e-4, 1e-4]), population)
    assert found.log_ratio == pytest.approx([0.0], abs=1e-9)
    assert disproportionality.age_adjusted_ratios(np.array([[3.0, 1], [0, 0]]), population) is None


def test_age_adjusted_errors_grow_with_dispersion():
    events = np.array([[30.0, 5, 40], [2, 40, 3]])
    found = disproportionality.age_adjusted_ratios(events, np.full((2, 3), 1e5))
    assert found.phi > 1.5
    assert found.df == 2
    low, high = found.interval()
    assert low[0] < np.exp(found.log_ratio[0]) < high[0]


def test_a_rate_of_one_age_group_is_byar_s():
    found = standardisation.standardised_rate(np.array([40]), np.array([2e5]), np.array([1.0]))
    plain = rates.rate("Camden", 40, population=2e5)
    assert found.per_10_000 == pytest.approx(plain.per_10_000)
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high))


def test_standardised_by_hand():
    found = standardisation.standardised_rate(
        np.array([10, 30]), np.array([1e5, 1e5]), np.array([3.0, 1.0])
    )
    assert found.per_10_000 == pytest.approx(0.75 * 1 + 0.25 * 3)
    spread = (0.75e-5**2 * 10 + 0.25e-5**2 * 30) / 40
    assert found.low == pytest.approx(1.5 + 1e4 * spread**0.5 * (rates.byar_limits(40)[0] - 40))


def test_no_standardised_rate_of_few_events():
    found = standardisation.standardised_rate(np.array([4, 5]), np.array([1e5, 1e5]), np.ones(2))
    assert (found.events, found.per_10_000) == (9, None)
    with pytest.raises(ValueError, match="every age group"):
        standardisation.standardised_rate(np.array([4]), np.array([0.0]), np.ones(1))


def test_what_power_a_design_has():
    assert power.detection_power(power.detectable_effect(2.0), 2.0) == pytest.approx(0.8, abs=1e-4)
    assert power.detection_power(0.0, 2.0) == pytest.approx(0.05)
    assert power.detectable_mean(20.0, power.needed_answers(5.0, 20.0)) <= 5.0
    assert power.detectable_mean(20.0, power.needed_answers(5.0, 20.0) - 1) > 5.0
    for refused in (lambda: power.detectable_share(2, 9), lambda: power.needed_answers(0, 1)):
        with pytest.raises(ValueError, match=r"share|nothing"):
            refused()


def test_windows_of_which_no_two_share_interviews():
    years = [(i, i + 11) for i in range(0, 36, 3)]
    kept = [years[i] for i in windows.disjoint_windows(years)]
    assert kept[-1] == years[-1]
    assert all(one[1] < other[0] for one, other in itertools.pairwise(kept))
    day = datetime.date
    assert windows.disjoint_windows(
        [(day(2022, 1, 1), day(2022, 12, 31)), (day(2022, 4, 1), day(2023, 3, 31))]
    ) == [1]


def test_items_that_go_with_the_rest_make_an_index():
    rng = np.random.default_rng(8)
    common = rng.normal(3, 1, (300, 1))
    items = np.clip(np.rint(common + rng.normal(0, 0.7, (300, 4))), 1, 5)
    assert index.is_publishable(index.item_sums(items))
    assert index.item_rest_correlations(index.item_sums(items))[0] == pytest.approx(
        np.corrcoef(items[:, 0], items[:, 1:].sum(axis=1))[0, 1]
    )
    items[:, 3] = rng.integers(1, 6, 300)
    assert not index.is_publishable(index.item_sums(items))
    assert index.item_rest_correlations(index.item_sums(items[:, :1])) is None


def test_net_agree_is_agree_less_disagree():
    answers = np.array([5.0, 4, 3, 2, np.nan])
    assert np.nanmean(index.net_agreement(answers)) == pytest.approx(25)
    assert index.net_agreement(np.array([[5.0, 5]]), reverse=[False, True]).tolist() == [
        [100, -100]
    ]


def test_weights_flag_what_they_cost():
    assert [weights.Kish(deff, 9.0).flag for deff in (1.0, 2.5, 4.5, float("nan"))] == [
        "green", "amber", "red", "red",
    ]  # fmt: skip
    assert weights.kish(np.ones(5)).efficiency == 1


def test_weights_held_within_multiples_of_their_mean():
    d = np.append(np.ones(98), [40.0, 0.01])
    cell = np.arange(100) % 2
    found = weights.rake(
        d, {"sex": cell}, {"sex": np.array([50.0, 50.0])}, trim=weights.TrimBounds()
    )
    assert found.trimmed_share == 0.02
    assert found.weight.max() / found.weight.min() < 20


def test_post_strata_are_hit_in_one_step():
    found = weights.poststratify(np.array([1.0, 3, 2]), np.array([0, 0, 1]), np.array([40.0, 60.0]))
    assert found.weight == pytest.approx([10, 30, 60])
