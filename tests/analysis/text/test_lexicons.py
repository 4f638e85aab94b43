"""VADER read our way: the same numbers as the library, at a cost that grows with the text."""

import random

import pytest
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from analysis.text.tone.lexicons import Vader

SAID = [
    "good",
    "not",
    "😀",
    "bad",
    "🚓",
    " ",
    "VERY",
    "kind",
    "of",
    "💔",
    "é",
    "but",
    "x😀y",
    "  ",
    "!",
    "never",
    "so",
    "😡😡",
    "least",
    "at",
    "friend",
]


@pytest.fixture(scope="module")
def both():
    return Vader(), SentimentIntensityAnalyzer()


@pytest.mark.parametrize("seed", range(5))
def test_the_same_as_the_library_with_emoji_and_without(both, seed):
    ours, theirs = both
    chance = random.Random(seed)
    for _ in range(500):
        text = "".join(chance.choice(SAID) + chance.choice(" _ ") for _ in range(9))
        assert ours.polarity_scores(text) == theirs.polarity_scores(text), text
