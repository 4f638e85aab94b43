"""Texts chosen to teach: in doubt, of rare themes, and no copies of what is coded anyway."""

import numpy as np
import pytest

from analysis.themes.tone_heads import ReadTexts, teaching_texts, theme_doubt, tone_doubt

SURE, TORN = (0.9, 0.05, 0.05), (0.45, 0.1, 0.45)
NO_TONE = (np.nan,) * 3


def read_texts(tones, strengths=None, vectors=None):
    n = len(tones)
    return ReadTexts(
        vectors=np.eye(n, dtype=np.float32) if vectors is None else vectors.astype(np.float32),
        tone=np.array(tones, dtype=np.float64),
        strengths=np.zeros((n, 2)) if strengths is None else np.array(strengths),
    )


def only(n, *rows):
    return np.isin(np.arange(n), rows)


def test_a_tone_in_doubt_comes_before_one_that_is_sure():
    texts = read_texts([SURE, TORN, (0.6, 0.2, 0.2), SURE])
    assert teaching_texts(texts, only(4, 0), size=4).tolist() == [1, 2]


def test_the_doubt_of_a_tone_is_what_its_two_likeliest_leave():
    assert tone_doubt(np.array([SURE, TORN, NO_TONE])) == pytest.approx([0.15, 1.0, 0.0])


def test_the_other_half_is_for_themes_and_rare_ones_come_first():
    strengths = [[0.5, 0], [0.5, 0], [0.5, 0], [0, 0.5], [0.5, 0], [0, 0.99]]
    texts = read_texts([NO_TONE] * 6, strengths)
    drawn = only(6, 0, 1, 2)
    assert theme_doubt(texts.strengths, drawn)[3:] == pytest.approx([1.0, 0.5, 0.02])
    assert teaching_texts(texts, drawn, size=2).tolist() == [3, 4]


def test_a_copy_of_a_text_that_is_drawn_or_taken_is_left_out():
    vectors = np.eye(5)[[0, 0, 1, 1, 2]]
    texts = read_texts([SURE, TORN, TORN, TORN, SURE], vectors=vectors)
    assert teaching_texts(texts, only(5, 0), size=10).tolist() == [2, 4]


def test_of_texts_equally_in_doubt_the_one_furthest_from_the_others_comes_first():
    vectors = np.array([[1, 0, 0], [0.9, 0.19**0.5, 0], [0, 0, 1], [0, 0.6, 0.8]])
    texts = read_texts([SURE, TORN, TORN, TORN], vectors=vectors)
    assert teaching_texts(texts, only(4, 0), size=4).tolist() == [2, 3]


def test_where_nothing_is_in_doubt_nothing_is_chosen():
    texts = read_texts([NO_TONE] * 3)
    assert teaching_texts(texts, only(3, 0), size=2).tolist() == []
