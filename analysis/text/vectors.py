"""Texts to vectors. A sentence embedding takes this place behind the same function, `vectors`."""

import itertools
import re

from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, HashingVectorizer

from analysis.text.marks import READ, without_marks
from analysis.text.words import WORDS

DIMENSIONS = 2**16
WORD = re.compile(r"[a-z0-9][a-z0-9'&]*")
ENDINGS = re.compile(r"(?<=[a-z]{3})(?:ations?|ingly|ings?|ied|ies|edly|ed|ers?|ors?|ly|es|s|e|y)$")
# Negation is kept: what is missing is often what is said ("no explanation").
STOP = frozenset(ENGLISH_STOP_WORDS - {"no", "not", "never", "fire", "cannot"}) | WORDS.everywhere


def vectors(texts: list[str]) -> csr_matrix:
    """Rows of length 1 (or 0), shape (texts, 65,536); a row depends on its own text only.

    Word stems and pairs of them, hashed with a sign (Weinberger et al. 2009), so there is no
    vocabulary to fit or to ship; the dot product of two rows is the cosine of their texts.
    """
    return HASHING.transform(texts)


def features(text: str) -> list[str]:
    """Stems, pairs of neighbours, and pieces of long words, which forgive a misspelling."""
    said = stems(text)
    pairs = [f"{first} {second}" for first, second in itertools.pairwise(said)]
    pieces = [f"<{stem[:4]}" for stem in said if len(stem) > 5]
    return [stem for stem in said if stem not in NEGATIONS] + pairs + pieces


def stems(text: str) -> list[str]:
    plain = without_marks(text[:READ]).lower().replace("’", "'")
    return [
        SYNONYMS.get(stem, stem)
        for stem in (ENDINGS.sub("", word) for word in WORD.findall(plain) if word not in STOP)
        if len(stem) > 1
    ]


SYNONYMS = {
    ENDINGS.sub("", word): ENDINGS.sub("", meant)
    for meant, said in WORDS.synonyms.items()
    for word in said.split()
}
NEGATIONS = frozenset({"no", "not", "never", "cannot"})
HASHING = HashingVectorizer(analyzer=features, n_features=DIMENSIONS, norm="l2")
