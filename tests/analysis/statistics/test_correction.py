"""Correction of shares by labels: by hand, by property, and against known truth (A8)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.statistics import agreement
from analysis.statistics.correction import MachineMean, ShareEstimate, ppi, rogan_gladen
from analysis.statistics.sampling.estimates import means
from analysis.statistics.sampling.samples import Design, Sample
from tests.oracles.readings import machine_mean, share_estimate

Y = np.array([1.0, 1, 0, 0, 1, 0, 0, 0])
F = np.array([1.0, 1, 0, 1, 0, 0, 0, 0])


def equal_weights(n):
    return Design(weight=np.ones(n))


def test_with_equal_chances_it_is_the_plain_formula():
    rng = np.random.default_rng(3)
    every = (rng.random(2_000) < 0.3).astype(float)
    found = ppi(
        Y, F, equal_weights(8), MachineMean(mean=every.mean(), variance=F.var(ddof=1) / 2_000)
    )
    power = np.cov(Y, F)[0, 1] / ((1 + 8 / 2_000) * F.var(ddof=1))
    variance = power**2 * F.var(ddof=1) / 2_000 + (Y - power * F).var(ddof=1) / 8
    assert found.power == pytest.approx(power, abs=1e-12)
    assert found.value == pytest.approx(power * every.mean() + (Y - power * F).mean(), abs=1e-12)
    assert found.standard_error == pytest.approx(variance**0.5, abs=1e-12)


def test_by_hand_with_the_machine_believed_fully():
    """mean(y) = 3/8 and mean(f) = 3/8: nothing to correct; errors +1 and -1 of eight."""
    found = ppi(Y, F, equal_weights(8), MachineMean(mean=0.25), power=1.0)
    assert found.value == pytest.approx(0.25)
    assert found.standard_error == pytest.approx((2 / 7 / 8) ** 0.5)


def test_a_stratum_drawn_half_as_often_counts_twice():
    y, f = np.array([1.0, 0, 1, 1]), np.array([0.0, 0, 1, 1])
    design = Design(weight=np.array([2.0, 2, 1, 1]), stratum=np.array(["a", "a", "b", "b"]))
    found = ppi(y, f, design, MachineMean(mean=0.5), power=1.0)
    assert found.value == pytest.approx(0.5 + 2 / 6)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.booleans()), min_size=3, max_size=60),
    st.floats(0, 1),
    st.integers(1, 5_000),
)
def test_no_power_has_a_smaller_variance_than_the_chosen_one(pairs, mean, size):
    y, f = np.array(pairs, dtype=float).T
    machine = MachineMean(mean=mean, variance=mean * (1 - mean) / size)
    found = ppi(y, f, equal_weights(len(y)), machine)
    assert 0 <= found.power <= 1
    for power in (0.0, 0.3, 0.6, 1.0):
        other = ppi(y, f, equal_weights(len(y)), machine, power=power)
        assert found.standard_error <= other.standard_error + 1e-9


@settings(max_examples=40, deadline=None)
@given(st.lists(st.booleans(), min_size=3, max_size=50), st.floats(0, 1))
def test_a_machine_that_reads_as_people_do_is_not_put_right(said, mean):
    y = np.array(said, dtype=float)
    found = ppi(y, y, equal_weights(len(y)), MachineMean(mean=mean), power=1.0)
    assert found.value == pytest.approx(mean)
    assert found.low <= mean <= found.high
    assert found.low < found.high


def test_no_error_seen_in_100_texts_still_leaves_an_interval_of_3_6_points():
    y = np.repeat([0.0, 1.0], 50)
    found = ppi(y, y, equal_weights(100), MachineMean(mean=0.3), power=1.0)
    assert found.high - found.value == pytest.approx(1 - 0.025**0.01)


def test_one_label_is_refused():
    with pytest.raises(ValueError, match="two labels"):
        ppi(Y[:1], F[:1], equal_weights(1), MachineMean(mean=0.5))


def test_rogan_gladen_by_hand():
    """q .3, Se .8, Sp .9: p = .2 / .7; V = (.0021 + (1-p)²·.0009 + p²·.0016) / .49."""
    parts = ShareEstimate(0.3, 0.0021), ShareEstimate(0.8, 0.0016), ShareEstimate(0.9, 0.0009)
    found, p = rogan_gladen(*parts, n=100), 2 / 7
    variance = (0.0021 + (1 - p) ** 2 * 0.0009 + p**2 * 0.0016) / 0.49
    assert found.value == pytest.approx(p)
    assert found.standard_error == pytest.approx(variance**0.5)


@pytest.mark.parametrize(("sensitivity", "defined"), [(0.15, False), (0.16, True)])
def test_rogan_gladen_is_undefined_for_a_machine_that_knows_nothing(sensitivity, defined):
    parts = ShareEstimate(0.3, 0.01), ShareEstimate(sensitivity, 0.01), ShareEstimate(0.9, 0.01)
    assert (rogan_gladen(*parts, n=50) is not None) == defined


# ---------------------------------------------------------------- A8: known truth

SENSITIVITY, SPECIFICITY, TEXTS, LABELS, RUNS = 0.76, 0.88, 5_000, 300, 600


def simulated_readings(rng, prevalence, n):
    y = rng.random(n) < prevalence
    f = np.where(y, rng.random(n) < SENSITIVITY, rng.random(n) >= SPECIFICITY)
    return y.astype(float), f.astype(float)


def simulate_quarter(rng, prevalence):
    """The intervals of one quarter: PPI++, Rogan-Gladen, the machine's share, and 0 to the width
    that labels alone would give.
    """
    y, f = simulated_readings(rng, prevalence, LABELS)
    every = simulated_readings(rng, prevalence, TEXTS)[1]
    ours = ppi(y, f, equal_weights(LABELS), machine_mean(every))
    hits, misses = int((f[y == 1]).sum()), int((1 - f[y == 0]).sum())
    machine = share_estimate(int(every.sum()), TEXTS)
    other = rogan_gladen(
        machine,
        share_estimate(hits, int(y.sum())),
        share_estimate(misses, int((1 - y).sum())),
        n=LABELS,
    )
    reach = 1.96 * machine.variance**0.5
    labels_alone = 2 * 1.96 * (y.var(ddof=1) / LABELS) ** 0.5
    return (
        (ours.low, ours.high),
        (other.low, other.high),
        (machine.value - reach, machine.value + reach),
        (0.0, labels_alone),
    )


@pytest.mark.parametrize(
    "prevalence",
    [0.05, *(pytest.param(each, marks=pytest.mark.slow) for each in (0.20, 0.50))],
)
def test_A8_ppi_covers_the_truth_and_the_machine_count_does_not(prevalence):
    rng = np.random.default_rng(2_611)
    found = np.array([simulate_quarter(rng, prevalence) for _ in range(RUNS)])
    ours, other, naive = (
        (found[:, i, 0] <= prevalence) & (prevalence <= found[:, i, 1]) for i in range(3)
    )
    width = (found[:, :, 1] - found[:, :, 0]).mean(axis=0)
    assert 0.92 <= ours.mean() <= 0.97
    assert other.mean() >= 0.92
    assert naive.mean() <= 0.01
    assert width[0] < min(width[1], width[3])


@pytest.mark.slow
def test_A8_holds_for_a_stratified_sample_in_which_the_rare_is_drawn_more_often():
    """What the machine finds is drawn more than twice as often, and weighed back."""
    y, f = simulated_readings(np.random.default_rng(91), 0.05, TEXTS)
    truth, hit, unweighted = y.mean(), 0, []
    for seed in range(500):
        picks = agreement.draw_sample(
            [str(i) for i in range(TEXTS)], [str(int(x)) for x in f], size=LABELS, seed=seed
        )
        rows = np.array([int(one.text) for one in picks])
        design = Design(
            weight=np.array([1 / one.probability for one in picks]),
            stratum=np.array([one.stratum for one in picks]),
        )
        found = ppi(y[rows], f[rows], design, MachineMean(mean=f.mean()))
        hit += found.low <= truth <= found.high
        unweighted.append(y[rows].mean())
    assert 0.92 <= hit / 500 <= 0.98
    assert np.mean(unweighted) > 1.25 * truth


PSUS, PEOPLE = 60, 12


def simulated_survey(rng):
    """Residents of 60 neighbourhoods with unequal chances; some write, a few of these are coded.

    Truth is the share of all residents; neighbourhoods differ, and so does the chance to be asked.
    """
    local = np.clip(rng.normal(0.25, 0.10, PSUS), 0.02, 0.9)
    psu = np.repeat(np.arange(PSUS), PEOPLE)
    weight = np.where(psu % 3 == 0, 3.0, 1.0)
    y = rng.random(len(psu)) < local[psu] * np.where(psu % 3 == 0, 0.5, 1.0)
    f = np.where(y, rng.random(len(psu)) < SENSITIVITY, rng.random(len(psu)) >= SPECIFICITY)
    return y.astype(float), f.astype(float), weight, psu


@pytest.mark.slow
def test_A8_holds_for_residents_who_were_drawn_before_their_texts_were():
    """The interval holds both sampling errors: the survey's in the window, both in the labels."""
    rng, hit = np.random.default_rng(5), 0
    truth = np.average([0.125, 0.25, 0.25], weights=[3, 1, 1])
    for _ in range(500):
        _, every, w, psu = simulated_survey(rng)
        found = means(
            every, Sample(modes=np.full(len(w), "sampled"), design=Design(weight=w, psu=psu))
        )
        y, f, w, psu = simulated_survey(rng)
        coded = rng.permutation(len(y))[:220]
        labels = Design(weight=w[coded] * len(y) / 220, psu=psu[coded])
        window = MachineMean(mean=found.value[0], variance=found.se[0] ** 2)
        mine = ppi(y[coded], f[coded], labels, window, power=1.0)
        hit += mine.low <= truth <= mine.high
    assert 0.92 <= hit / 500 <= 0.975


# ---------------------------------------------------------------- the draw


@given(st.lists(st.integers(1, 400), min_size=1, max_size=30), st.integers(1, 400))
def test_a_draw_has_its_size_and_leaves_no_stratum_out(sizes, size):
    given_ = agreement.allocation(sizes, size)
    assert all(min(n, 2) <= mine <= n for n, mine in zip(sizes, given_, strict=True))
    least = sum(min(n, 2) for n in sizes)
    assert sum(given_) == max(least, min(size, sum(sizes)))


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=60), st.randoms())
def test_the_same_seed_draws_the_same_texts_in_whatever_order_they_come(strata, chance):
    rows = [(f"t{i:02}", stratum) for i, stratum in enumerate(strata)]
    turned = chance.sample(rows, len(rows))
    one, other = (
        agreement.draw_sample(*zip(*order, strict=True), size=12, seed=5)
        for order in (rows, turned)
    )
    assert one == other


def test_the_chances_that_are_stored_are_those_of_the_draw():
    strata = ["common"] * 90 + ["rare"] * 10
    texts = [str(i) for i in range(100)]
    times = np.zeros(100)
    for seed in range(400):
        found = agreement.draw_sample(texts, strata, size=20, seed=seed)
        times[[int(one.text) for one in found]] += 1
    chance = {one.stratum: one.probability for one in found}
    assert times[:90].mean() / 400 == pytest.approx(chance["common"])
    assert times.min() > 0
    assert chance["rare"] > 2 * chance["common"]


def test_a_text_stands_under_the_rarest_of_its_themes():
    themes = [["often", "seldom"], ["often"], [], ["often"]]
    assert agreement.rarest_themes(themes) == ["seldom", "often", "none", "often"]
