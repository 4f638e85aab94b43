"""The examples that come with Soundings were read beforehand, and nothing else was."""

import numpy as np
import pytest

from analysis.text import comment_types, multilingual, reading
from analysis.text.model.read_examples import texts_of_codebook

ABSENT = multilingual.why_absent()
TAUGHT = sorted(texts_of_codebook())
ALL = sorted({*TAUGHT, *comment_types.texts()})
EVERY = pytest.param(1, marks=pytest.mark.slow)


def test_every_example_was_read_beforehand():
    """Where this fails run `python -m analysis.text.model.read_examples`."""
    assert set(reading.examples()) == set(ALL)
    assert set(multilingual.examples()) == set(TAUGHT)


@pytest.mark.parametrize("step", [100, EVERY])
def test_an_example_is_read_as_it_was(step):
    for text in ALL[::step]:
        before, now = reading.examples()[text], reading.of_one(text)
        assert before.placed.spans == now.placed.spans
        np.testing.assert_allclose(before.placed.rows, now.placed.rows, atol=1e-3)
        np.testing.assert_allclose(before.vector, now.vector, atol=1e-3)
        np.testing.assert_allclose(before.tone, now.tone, atol=1e-3)


@pytest.mark.skipif(ABSENT is not None, reason=ABSENT or "")
@pytest.mark.parametrize("step", [200, EVERY])
def test_an_example_is_read_as_it_was_in_any_language(step):
    for text in TAUGHT[::step]:
        before, now = multilingual.examples()[text], multilingual.of_one(text)
        np.testing.assert_allclose(before, now, atol=1e-3)


def test_vectors_of_another_reader_are_left_aside(monkeypatch):
    monkeypatch.setattr(multilingual, "READER", "another")
    assert multilingual.examples.__wrapped__() == {}
