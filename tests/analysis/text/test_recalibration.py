"""Recalibration of the tone: what it learns, what it leaves, and that the version shows it."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.text.tone import sentiment
from survey.coding.codes import Coding, Sentiment
from survey.coding.double_coding import Recalibration

NO_CHANGE = Recalibration(
    version=1, labels=200, temperature=1.0, bias=(0.0, 0.0, 0.0), loss=1.0, loss_after=0.9
)


def simulated_readings(n, temperature, bias):
    """A machine whose log probabilities were stretched and shifted, and the true tones."""
    rng = np.random.default_rng(3)
    true = rng.dirichlet([1.2, 1.0, 0.8], size=n)
    tone = np.array([rng.choice(3, p=row) for row in true])
    p = np.exp((np.log(true) - np.array(bias)) * temperature)
    return p / p.sum(axis=1, keepdims=True), tone


def test_it_learns_how_much_too_sure_the_machine_is_and_what_comes_too_seldom():
    p, tone = simulated_readings(4_000, 2.0, (0.0, 0.5, -0.3))
    found = sentiment.fit_recalibration(p, tone, np.ones(len(tone)), version=3)
    assert found.version == 3
    assert found.temperature == pytest.approx(2.0, rel=0.12)
    assert found.bias[1:] == pytest.approx((0.5, -0.3), abs=0.12)
    assert found.loss_after < found.loss - 0.03


def test_a_machine_that_is_right_is_left_as_it_is():
    p, tone = simulated_readings(4_000, 1.0, (0.0, 0.0, 0.0))
    found = sentiment.fit_recalibration(p, tone, np.ones(len(tone)), version=1)
    assert found.temperature == pytest.approx(1.0, abs=0.1)
    assert found.loss_after == pytest.approx(found.loss, abs=0.005)


def test_fewer_than_200_labels_fit_nothing():
    p, tone = simulated_readings(199, 1.0, (0.0, 0.0, 0.0))
    with pytest.raises(ValueError, match="200 labels"):
        sentiment.fit_recalibration(p, tone, np.ones(199), version=1)


@given(st.tuples(*[st.floats(0.01, 1)] * 3))
def test_a_sentiment_holds_the_three_probabilities_it_was_made_from(parts):
    p = np.array(parts) / sum(parts)
    one = sentiment_of(p)
    assert sentiment.sentiment_probabilities(one) == pytest.approx(p, abs=1e-9)
    same = sentiment.recalibrated_sentiment(one, NO_CHANGE)
    assert p[sentiment.TONES.index(same.label)] == pytest.approx(p.max())
    assert same.polarity == pytest.approx(one.polarity, abs=2e-4)


def sentiment_of(p):
    return Sentiment(
        label=sentiment.TONES[int(p.argmax())],
        polarity=float(p[2] - p[0]),
        subjectivity=0.0,
        words=(),
        confidence=float(p.max()),
    )


def test_a_recalibrated_text_says_so_in_its_coder_version():
    one = Coding(
        language="en", redacted="x", spans=(), sentiment=sentiment_of(np.array([0.4, 0.35, 0.25])),
        themes=(), coder="soundings.text", coder_version="2", codebook=1,
    )  # fmt: skip
    neutral = msgspec.structs.replace(NO_CHANGE, version=4, bias=(0.0, 1.0, 0.0))
    found = sentiment.recalibrated_coding(one, neutral)
    assert found.coder_version == "2+r4"
    assert (one.sentiment.label, found.sentiment.label) == ("negative", "neutral")
    silent = sentiment.recalibrated_coding(msgspec.structs.replace(one, sentiment=None), neutral)
    assert (silent.sentiment, silent.coder_version) == (None, "2+r4")
