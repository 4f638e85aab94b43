"""Intervals of means that have ends: never outside, never empty, and held to their level."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.statistics.correction import (
    LabelledTexts,
    MachineMean,
    bounded_interval,
    ppi,
    ppi_of_domain,
)
from analysis.statistics.sampling.samples import Design
from tests.oracles.coded_texts import misread_themes, misread_tones

SCALE = (-100.0, 100.0)
MIXES = {"mixed": (0.6, 0.2, 0.2), "nearly all worry": (0.98, 0.02, 0.0), "all worry": (1, 0, 0)}


@given(st.floats(-150, 150), st.floats(0.1, 60), st.integers(1, 300))
@settings(max_examples=60, deadline=None)
def test_an_interval_lies_within_the_scale_and_holds_the_best_value(value, error, df):
    low, high = bounded_interval(value, error, df, SCALE)
    held = min(max(value, -100.0), 100.0)
    assert -100 <= low <= held <= high <= 100


def test_away_from_the_ends_it_is_the_t_interval():
    low, high = bounded_interval(-20.0, 5.0, 10**6, SCALE)
    assert (low, high) == pytest.approx((-20 - 1.96 * 5, -20 + 1.96 * 5), abs=0.01)


def test_beyond_an_end_it_does_not_shrink_to_nothing():
    """Feldman & Cousins (1998), table X: a mean that is 0 or more, measured as -2.0 and as 0."""
    low, high = bounded_interval(-2.0, 1.0, 10**6, (0.0, 100.0))
    assert (low, high) == pytest.approx((0.0, 0.62), abs=0.01)
    low, high = bounded_interval(0.0, 1.0, 10**6, (0.0, 100.0))
    assert (low, high) == pytest.approx((0.0, 1.96), abs=0.01)


def test_labels_that_show_an_impossible_mean_give_its_end():
    """All worry, and in the window the machine hears more of it than in the labels."""
    y, f = np.full(100, -100.0), np.where(np.arange(100) < 70, -100.0, 100.0)
    found = ppi(y, f, one_weight(100), MachineMean(mean=-50.0), power=1.0, bounds=SCALE)
    assert found.value == found.low == -100
    assert -100 < found.high < -80


def one_weight(n):
    return Design(weight=np.ones(n))


def tone_limits(rng, shares, labels, texts):
    """The corrected interval of a window by earlier labels, and the true mean of the window."""
    y, f = misread_tones(rng, labels, shares)
    meant, read = misread_tones(rng, texts, shares)
    machine = MachineMean(mean=100 * read.mean(), concentration=(1 / texts,))
    found = ppi(100 * y, 100 * f, one_weight(labels), machine, power=1.0, bounds=SCALE)
    return found.low, found.high, 100 * meant.mean()


@pytest.mark.slow
@pytest.mark.parametrize(("labels", "texts"), [(100, 240), (250, 60)])
@pytest.mark.parametrize("mix", MIXES)
def test_the_corrected_tone_of_other_texts_is_held(mix, labels, texts):
    rng = np.random.default_rng(2_711)
    runs = [tone_limits(rng, MIXES[mix], labels, texts) for _ in range(500)]
    held = np.mean([low - 0.03 <= truth <= high + 0.03 for low, high, truth in runs])
    assert 0.92 <= held <= 0.98


def theme_limits(rng, shares, labels, texts):
    """As `tone_limits`, of the texts of a theme that one text in five is on."""
    (y, f), (on, found) = misread_tones(rng, labels, shares), misread_themes(rng, labels, 0.2)
    (meant, read), (true, heard) = (
        misread_tones(rng, texts, shares),
        misread_themes(rng, texts, 0.2),
    )
    group, mine = found[:, 0].astype(np.int64), heard[:, 0]
    spread = tuple(float((mine == i).sum()) / texts**2 for i in (0, 1))

    def machine(theta):
        return MachineMean(mean=float((mine * (100 * read - theta)).mean()), concentration=spread)

    corrected = ppi_of_domain(
        LabelledTexts(y=100 * y, f=100 * f, design=one_weight(labels), group=group),
        (on[:, 0].astype(float), found[:, 0].astype(float)),
        machine,
        power=1.0,
        bounds=SCALE,
    )
    return corrected, 100 * meant[true[:, 0]].mean()


@pytest.mark.slow
@pytest.mark.parametrize("labels", [120, 300])
@pytest.mark.parametrize("mix", MIXES)
def test_the_corrected_tone_of_a_theme_is_held_from_thirty_labels_on(mix, labels):
    rng = np.random.default_rng(1_127)
    runs = [theme_limits(rng, MIXES[mix], labels, 240) for _ in range(400)]
    runs = [(found, truth) for found, truth in runs if found is not None and found.n >= 30]
    held = np.mean([one.low - 0.03 <= truth <= one.high + 0.03 for one, truth in runs])
    assert 0.91 <= held <= 0.99
