"""Agreement of two people, and how well a machine reads: published examples and properties."""

import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.statistics.agreement import (
    CodingSample,
    MachineReading,
    bootstrap_weights,
    bootstrapped_figure,
    krippendorff_alpha,
    macro_recall,
    masi,
    percent_agreement,
    theme_set_values,
)
from analysis.themes import accuracy
from survey.themes.double_coding import Accuracy, AccuracyEstimate, reading_status


def equal_chance_sample(n):
    """A sample in which every text had the same chance."""
    return CodingSample(weight=np.ones(n), stratum=np.zeros(n, dtype=np.int64))


def coder_values(*coders):
    """Coders' values as units x coders; "." for none."""
    return np.array(
        [
            [-1 if v == "." else ord(v) - ord("a") for v in unit]
            for unit in zip(*coders, strict=True)
        ]
    )


# Krippendorff (2011), "Computing Krippendorff's alpha-reliability", sections A, B and C.
PUBLISHED = [
    (coder_values("abaaaaaaba", "bbbaabaaaa"), 0.095),
    (coder_values("aabbdcccedda", "babbbccceddd"), 0.692),
    (
        coder_values("abccbadab...", "abccbbdabe.c", ".cccbcdbbea.", "abccbddabea."),
        0.743,
    ),
]


@pytest.mark.parametrize(("found", "published"), PUBLISHED)
def test_alpha_is_the_one_that_krippendorff_printed(found, published):
    assert bootstrapped_figure(
        krippendorff_alpha(found), equal_chance_sample(len(found))
    ).value == pytest.approx(published, abs=0.0005)


def test_a_unit_with_one_value_counts_nothing():
    full = coder_values("aabbdcccedda", "babbbccceddd")
    more = np.vstack([full, [[4, -1]], [[-1, -1]]])
    assert krippendorff_alpha(more)(np.ones((1, 14))) == pytest.approx(
        krippendorff_alpha(full)(np.ones((1, 12))), abs=1e-12
    )


def test_alpha_of_one_category_alone_is_no_figure():
    assert (
        bootstrapped_figure(
            krippendorff_alpha(np.zeros((5, 2), dtype=int)), equal_chance_sample(5)
        ).value
        is None
    )


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=3, max_size=40))
def test_alpha_is_1_for_those_who_agree_and_never_more(pairs):
    pairs = np.array(pairs)
    found = krippendorff_alpha(pairs)(np.ones((1, len(pairs))))[0]
    assert np.isnan(found) or found <= 1 + 1e-12
    same = krippendorff_alpha(np.repeat(pairs[:, :1], 2, axis=1))(np.ones((1, len(pairs))))[0]
    assert np.isnan(same) or same == pytest.approx(1)


@given(st.permutations(range(12)))
def test_alpha_does_not_depend_on_the_order_of_texts_or_people(order):
    found = coder_values("aabbdcccedda", "babbbccceddd")
    turned = found[order][:, ::-1]
    assert krippendorff_alpha(turned)(np.ones((1, 12)))[0] == pytest.approx(0.692, abs=0.0005)


def test_a_text_of_weight_two_counts_as_two_texts():
    found = coder_values("aabbdc", "babbbc")
    twice = np.vstack([found, found[:1]])
    weight = np.array([[2.0, 1, 1, 1, 1, 1]])
    figure, again = (
        krippendorff_alpha(found)(weight)[0],
        krippendorff_alpha(twice)(np.ones((1, 7)))[0],
    )
    # The number of values is that of the texts in hand: only this small-sample factor differs.
    assert (1 - figure) / (12 - 1) * 12 == pytest.approx((1 - again) / (14 - 1) * 14)


MASI = [
    ("ab", "ab", 1.0),
    ("", "", 1.0),
    ("a", "ab", 1 / 3),
    ("ab", "bc", 1 / 9),
    ("a", "b", 0.0),
    ("", "a", 0.0),
]


@pytest.mark.parametrize(("one", "other", "likeness"), MASI)
def test_masi_as_passonneau_defined_it(one, other, likeness):
    assert masi(frozenset(one), frozenset(other)) == pytest.approx(likeness)


def test_alpha_of_sets_by_hand():
    """Three texts: same, one within the other, apart. D_o = (0 + 2/3 + 1) / 3 = 5/9."""
    first = [frozenset("a"), frozenset("a"), frozenset("a")]
    second = [frozenset("a"), frozenset("ab"), frozenset("b")]
    pairs, distance = theme_set_values(first, second)
    # Values a,a,a,a,ab,b: of 15 pairs 6 are a-a (0), 4 a-ab (2/3), 4 a-b (1), 1 ab-b (2/3).
    expected = (4 * 2 / 3 + 4 + 2 / 3) / 15
    found = krippendorff_alpha(pairs, distance)(np.ones((1, 3)))[0]
    assert found == pytest.approx(1 - (5 / 9) / expected)


def test_percent_agreement_leaves_out_what_one_could_not_tell():
    found = coder_values("aab.", "abbc")
    assert bootstrapped_figure(
        percent_agreement(found), equal_chance_sample(4)
    ).value == pytest.approx(2 / 3)


# Four texts and two themes, by hand: hits 1 and 1, said 2 and 1, meant 1 and 2.
TRUTH = np.array([[1, 0], [0, 1], [0, 1], [0, 0]], dtype=bool)
GUESS = np.array([[1, 0], [1, 1], [0, 0], [0, 0]], dtype=bool)


def test_precision_recall_and_f1_by_hand():
    read, one = MachineReading(truth=TRUTH, guess=GUESS), np.ones((1, 4))
    precision, recall, f1 = read.of_themes(one)
    assert precision.tolist() == [[0.5, 1.0]]
    assert recall.tolist() == [[1.0, 0.5]]
    assert f1[0] == pytest.approx([2 / 3, 2 / 3])
    assert read.macro_f1()(one)[0] == pytest.approx(2 / 3)


def test_samples_f1_leaves_out_texts_of_which_nobody_says_anything():
    read = MachineReading(truth=TRUTH, guess=GUESS)
    assert read.samples_f1()(np.ones((1, 4)))[0] == pytest.approx((1 + 2 / 3 + 0) / 3)


def test_samples_f1_counts_a_text_as_often_as_its_weight_says():
    read = MachineReading(truth=TRUTH, guess=GUESS)
    weight = np.array([[1.0, 3.0, 1.0, 9.0]])
    assert read.samples_f1()(weight)[0] == pytest.approx((1 + 3 * 2 / 3 + 0) / 5)


def test_macro_recall_is_the_mean_over_classes_and_leaves_out_the_unknown():
    truth, guess = np.array([0, 0, 0, 1, 2, -1]), np.array([0, 0, 1, 1, 0, 1])
    assert macro_recall(truth, guess)(np.ones((1, 6)))[0] == pytest.approx((2 / 3 + 1 + 0) / 3)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=30), st.integers(0, 2**32))
def test_resamples_keep_the_weight_of_every_stratum(strata, seed):
    drawn = CodingSample(weight=np.ones(len(strata)), stratum=np.array(strata))
    found = bootstrap_weights(drawn, seed=seed, times=20)
    assert found.sum(axis=1) == pytest.approx(len(strata))


@pytest.mark.slow
def test_the_bootstrap_interval_covers_the_truth():
    rng, truth, hit = np.random.default_rng(7), 0.7, 0
    for seed in range(200):
        values = (rng.random(120) < truth).astype(float)
        figure = lambda weight, y=values: weight @ y / weight.sum(axis=1)  # noqa: E731
        found = bootstrapped_figure(figure, equal_chance_sample(120), seed=seed)
        hit += found.low <= truth <= found.high
    assert 0.91 <= hit / 200 <= 0.98


def test_the_same_texts_give_the_same_interval():
    found = coder_values("aabbdcccedda", "babbbccceddd")
    assert bootstrapped_figure(
        krippendorff_alpha(found), equal_chance_sample(12)
    ) == bootstrapped_figure(krippendorff_alpha(found), equal_chance_sample(12))


def test_no_texts_give_no_figure():
    assert (
        bootstrapped_figure(
            percent_agreement(np.zeros((0, 2), dtype=int)), equal_chance_sample(0)
        ).value
        is None
    )


# ---------------------------------------------------------------- the threshold


def accuracy_of_quarter(f1, low, high, labels=150):
    day = datetime.date(2026, 4, 1)
    figure = AccuracyEstimate(n=labels, value=f1, low=low, high=high)
    return Accuracy(quarter=day, labels=labels, alpha=figure, f1=figure, tone_recall=figure)


GOOD = accuracy_of_quarter(0.85, 0.80, 0.90)
READING_STATUSES = [
    (GOOD, None, "passed"),
    (GOOD, accuracy_of_quarter(0.94, 0.9, 0.97), "passed"),
    (accuracy_of_quarter(0.84, 0.8, 0.9), accuracy_of_quarter(0.94, 0.9, 0.97), "dropped"),
    (accuracy_of_quarter(0.75, 0.70, 0.80), GOOD, "dropped"),
    (accuracy_of_quarter(0.76, 0.70, 0.80), GOOD, "unsettled"),
    (accuracy_of_quarter(0.70, 0.66, 0.749), None, "below"),
    (accuracy_of_quarter(None, None, None), GOOD, "unsettled"),
]


@pytest.mark.parametrize(("newest", "before", "expected"), READING_STATUSES)
def test_themes_stand_or_fall_by_the_mark_and_by_ten_points(newest, before, expected):
    assert reading_status(newest, before) == expected


def test_a_quarter_of_few_labels_neither_condemns_nor_is_a_yardstick():
    few = accuracy_of_quarter(0.3, 0.2, 0.4, labels=99)
    assert accuracy.newest_reading_status([few]) is None
    assert accuracy.newest_reading_status([few, GOOD]) == "passed"
    assert (
        accuracy.newest_reading_status(
            [accuracy_of_quarter(0.8, 0.75, 0.85), few, accuracy_of_quarter(0.95, 0.9, 1.0)]
        )
        == "dropped"
    )


def test_a_window_is_corrected_by_the_labels_of_four_quarters():
    quarters = [
        datetime.date(year, month, 1) for year in range(2023, 2031) for month in (1, 4, 7, 10)
    ]
    for place, last in enumerate(quarters[5:], 5):
        window = accuracy.CorrectionWindow(start=last, end=last + datetime.timedelta(days=40))
        covered = window.covers(np.array(quarters))
        assert [quarters[n] for n in np.flatnonzero(covered)] == quarters[place - 3 : place + 1]
