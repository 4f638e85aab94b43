"""The vectors that come with Soundings are those of all its examples, and of no other text."""

import numpy as np
import pytest

from analysis.text import codes
from analysis.text.model import multilingual, reading
from tools.text_model.read_examples import codebook_texts

ABSENT = multilingual.absence_reason()
TAUGHT = sorted(codebook_texts())
ALL = sorted({*TAUGHT, *codes.example_texts()})
EVERY = pytest.param(1, marks=pytest.mark.slow)


def test_every_example_was_read_beforehand():
    """Where this fails run `python -m tools.text_model.read_examples`."""
    assert set(reading.load_example_readings()) == set(ALL)
    assert set(multilingual.load_example_vectors()) == set(TAUGHT)


@pytest.mark.parametrize("step", [100, EVERY])
def test_an_example_is_read_as_it_was(step):
    for text in ALL[::step]:
        before, now = reading.load_example_readings()[text], reading.read_text(text)
        assert before.placed.spans == now.placed.spans
        np.testing.assert_allclose(before.placed.rows, now.placed.rows, atol=1e-3)
        np.testing.assert_allclose(before.vector, now.vector, atol=1e-3)
        np.testing.assert_allclose(before.tone, now.tone, atol=1e-3)


@pytest.mark.skipif(ABSENT is not None, reason=ABSENT or "")
@pytest.mark.parametrize("step", [200, EVERY])
def test_an_example_is_read_as_it_was_in_any_language(step):
    for text in TAUGHT[::step]:
        before, now = multilingual.load_example_vectors()[text], multilingual.read_vector(text)
        # Processors round this reader's numbers differently: single ones differ by .002.
        assert before @ now > 0.999


def test_vectors_of_another_reader_are_left_aside(monkeypatch):
    monkeypatch.setattr(multilingual, "READER", "another")
    assert multilingual.load_example_vectors.__wrapped__() == {}
