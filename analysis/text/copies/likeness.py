"""How alike texts are: near-duplicates, by the runs of five letters that they share."""

import re
from collections.abc import Sequence

import numpy as np

from analysis.text.copies.grams import Grams
from analysis.text.personal_data.marks import CHARACTERS_READ, without_marks

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
    grams = Grams([one if len(one) >= SHORTEST else "" for one in plain])
    mine = grams.of(0)
    return [
        both / (len(mine) + len(grams.of(i)) - both)
        for i in range(1, len(plain))
        for both in [len(np.intersect1d(mine, grams.of(i), assume_unique=True))]
    ]


def comparable_text(text: str) -> str:
    return SPACES.sub(" ", without_marks(text[:CHARACTERS_READ]).casefold()).strip()
