"""Word error rate: how many of the words that were said a machine writes down wrongly, by group."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
DRAWS = 2_000
LEVELS = (2.5, 97.5)


class SpokenCount(NamedTuple):
    """One recording: the group of who speaks, its errors, and the words that were said."""

    group: str
    errors: int
    words: int


class GroupErrorRate(NamedTuple):
    """The word error rate of a group, with the 95% interval over its recordings."""

    group: str
    recordings: int
    words: int
    rate: float
    low: float
    high: float


def spoken_words(text: str) -> list[str]:
    """The words of a text as they are compared: without capitals and punctuation."""
    return [one.replace("’", "'").casefold() for one in WORD.findall(text)]


def word_errors(said: str, written: str) -> tuple[int, int]:
    """Errors and the number of words said: E = the fewest words to replace, leave out or add.

    E is the Levenshtein distance of the two lists of words; the word error rate is E / N, which
    can be above 1.
    """
    before, after = spoken_words(said), spoken_words(written)
    row = list(range(len(after) + 1))
    for place, word in enumerate(before, 1):
        diagonal, row[0] = row[0], place
        for other, found in enumerate(after, 1):
            diagonal, row[other] = (
                row[other],
                min(row[other] + 1, row[other - 1] + 1, diagonal + (word != found)),
            )
    return row[-1], len(before)


def group_error_rates(counts: Sequence[SpokenCount], seed: int) -> list[GroupErrorRate]:
    """The rate of each group, in the order of the first recording of each.

    The rate of a group is the sum of its errors over the sum of its words. The interval is from
    the 2.5th to the 97.5th percentile of `DRAWS` bootstrap samples of its recordings: recordings
    of one person are not independent, so it is too narrow where a group has few people. With one
    recording it is 0 to infinity.
    Source: Bisani and Ney (2004), Bootstrap estimates for confidence intervals in ASR performance
    evaluation, ICASSP.
    """
    random = np.random.default_rng(seed)
    found = []
    for group in dict.fromkeys(one.group for one in counts):
        mine = [one for one in counts if one.group == group]
        errors = np.array([one.errors for one in mine])
        words = np.array([one.words for one in mine])
        low, high = 0.0, float("inf")
        if len(mine) > 1:
            drawn = random.integers(len(mine), size=(DRAWS, len(mine)))
            rates = errors[drawn].sum(axis=1) / words[drawn].sum(axis=1)
            low, high = (float(one) for one in np.percentile(rates, LEVELS))
        rate = float(errors.sum() / words.sum())
        found.append(GroupErrorRate(group, len(mine), int(words.sum()), rate, low, high))
    return found
