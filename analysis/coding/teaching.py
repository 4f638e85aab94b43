"""Which texts teach the machine most once two people have coded them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.statistics.sampling.variance import Flags, Floats, Ints


@dataclass(frozen=True, eq=False, kw_only=True)
class ReadTexts:
    """n texts of a quarter as the machine reads them.

    `vectors` (n, d) of length 1; `tone` (n, 3) the probability of each tone, NaN where a text has
    none; `strengths` (n, k) the strength of each theme that was found, 0 of the others.
    """

    vectors: NDArray[np.float32]
    tone: Floats
    strengths: Floats


def teaching_texts(texts: ReadTexts, drawn: Flags, *, size: int) -> Ints:
    """The rows of up to `size` texts whose labels teach most, in the order of their choice.

    `drawn` (n) marks the texts that chance drew already. The first half are those whose tone is
    most in doubt, the others those whose themes are, rare themes first: one after the other is
    taken the text i with the largest u_i · min_j (1 - v_i·v_j), over all j drawn or taken before.

    - Tone: u_i = 1 - (p_1 - p_2), of the two likeliest tones.
    - Themes: u_i = max_k (1 - |2 s_ik - 1|) / √(1 + m_k), over the themes that were found, with m_k
      drawn texts.

    A copy of a text that is drawn or taken teaches nothing, and is left out. Source: Settles (2009)
    for the margin; Sener & Savarese (2018) for the spread.
    """
    by_tone = spread_choice(texts.vectors, tone_doubt(texts.tone), drawn, size // 2)
    known = drawn.copy()
    known[by_tone] = True
    rare = theme_doubt(texts.strengths, drawn)
    return np.concatenate([by_tone, spread_choice(texts.vectors, rare, known, size - len(by_tone))])


def tone_doubt(tone: Floats) -> Floats:
    """1 - (p_1 - p_2) of each text, 0 to 1; 0 where it has no tone."""
    least_to_most = np.sort(tone, axis=1)
    return np.nan_to_num(1 - (least_to_most[:, 2] - least_to_most[:, 1]))


def theme_doubt(strengths: Floats, drawn: Flags) -> Floats:
    """The doubt of each text's most doubtful theme, 0 to 1: less where many drawn texts have it."""
    found = strengths > 0
    doubt = np.where(found, 1 - np.abs(2 * strengths - 1), 0.0)
    return np.asarray((doubt / np.sqrt(1 + found[drawn].sum(axis=0))).max(axis=1, initial=0.0))


# Of vectors that are stored with half precision, those of equal texts may differ by so much.
LEAST_DISTANCE = 1e-3


def spread_choice(vectors: NDArray[np.float32], doubt: Floats, known: Flags, size: int) -> Ints:
    """The rows of `size` texts at most, each in doubt and unlike those known and those before."""
    apart = np.ones(len(vectors))
    for row in np.flatnonzero(known):
        apart = np.minimum(apart, 1 - vectors @ vectors[row])
    taken: list[int] = []
    while len(taken) < size:
        gain = np.where(apart > LEAST_DISTANCE, doubt * apart, 0.0)
        if not (gain > 0).any():
            break
        taken.append(int(gain.argmax()))
        apart = np.minimum(apart, 1 - vectors @ vectors[taken[-1]])
    return np.array(taken, dtype=np.int64)
