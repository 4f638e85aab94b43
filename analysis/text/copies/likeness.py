"""How alike texts are: near-duplicates, by the runs of five letters that they share."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.text.personal_data.marks import CHARACTERS_READ, without_marks

Hashes = NDArray[np.uint64]
Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]

GRAM = 5
# 40 bits for the run leave 24 for the number of its text: at most 16 million texts at a time.
HASH_BITS = np.uint64(40)
BLOCK = 1_000
"""Texts at a time, so that memory does not grow with what is in between."""


class Grams:
    """The different runs of five letters of each text, as hashes of 40 bits, text after text."""

    def __init__(self, texts: Sequence[str]) -> None:
        blocks = [
            gram_keys(texts[start : start + BLOCK], start) for start in range(0, len(texts), BLOCK)
        ]
        keys = np.concatenate(blocks)
        self.text: Numbers = (keys >> HASH_BITS).astype(np.int64)
        self.hashes: Hashes = keys & ((np.uint64(1) << HASH_BITS) - np.uint64(1))
        self.starts: Numbers = np.searchsorted(self.text, np.arange(len(texts) + 1))
        self.sizes: Numbers = np.diff(self.starts)

    def __len__(self) -> int:
        return len(self.sizes)

    def of(self, text: int) -> Hashes:
        return self.hashes[self.starts[text] : self.starts[text + 1]]


def gram_keys(texts: Sequence[str], first: int) -> Hashes:
    """The hash of each run, with the number of its text (from `first` on) in the top bits."""
    sizes = np.array([len(text) for text in texts], dtype=np.int64)
    # Four bytes a letter, so that a place in the array is a place in the text.
    letters = np.frombuffer("".join(texts).encode("utf-32-le"), dtype=np.uint32)
    runs = len(letters) - GRAM + 1
    rolled = np.zeros(runs, dtype=np.uint64)
    for k in range(GRAM):
        rolled = mixed_hash(rolled ^ letters[k : runs + k])
    text = np.repeat(np.arange(len(texts)), sizes)[:runs]
    # A run that reaches into the next text belongs to neither.
    inside = np.arange(runs) <= np.cumsum(sizes)[text] - GRAM
    number = (text[inside] + first).astype(np.uint64)
    return np.unique((number << HASH_BITS) | (rolled[inside] >> (np.uint64(64) - HASH_BITS)))


def mixed_hash(values: Hashes) -> Hashes:
    # The product is meant to wrap at 64 bits.
    with np.errstate(over="ignore"):
        values = (values ^ (values >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
    return values ^ (values >> np.uint64(29))


SHORTEST = 40
"""Letters below which two texts are alike by chance."""
SPACES = re.compile(r"[\W_]+")


def jaccard_with_others(text: str, others: Sequence[str]) -> list[float]:
    """The Jaccard index, 0 to 1, of a redacted text with each other one, ignoring case and marks.

    Of the sets A and B of their different runs of five letters: |A ∩ B| / |A ∪ B|. Texts of fewer
    than 40 letters get 0.
    """
    plain = [comparable_text(one) for one in (text, *others)]
    if len(plain[0]) < SHORTEST:
        return [0.0] * len(others)
    # Too short a text is replaced by an empty one, so that the others stay at their positions.
    grams = Grams([one if len(one) >= SHORTEST else "" for one in plain])
    mine = grams.of(0)
    return [
        both / (len(mine) + len(grams.of(i)) - both)
        for i in range(1, len(plain))
        for both in [len(np.intersect1d(mine, grams.of(i), assume_unique=True))]
    ]


def comparable_text(text: str) -> str:
    return SPACES.sub(" ", without_marks(text[:CHARACTERS_READ]).casefold()).strip()
