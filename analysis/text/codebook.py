"""The codebook and the coder that learns it: examples in, themes out, the same for ever.

Only the examples and descriptions of a codebook train its coder, never the texts to be coded, so a
text has the same themes whatever came with it, and a new version is the only way to change them.
"""

import re
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from analysis.text.marks import READ
from analysis.text.vectors import vectors
from survey.codebooks import Codebook, Theme
from survey.codes import ThemeCode

STARTING = msgspec.toml.decode(
    Path(__file__).with_name("codebook.toml").read_bytes(), type=Codebook
)
SEED = 20081
MOST_THEMES = 4
MOST_SENTENCES = 40
# The regression's C, chosen like the threshold on examples left out; 3 to 100 differ by .01.
CLOSENESS = 3.0
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


class Coder:
    """One-vs-rest logistic regression over vectors, with the threshold its examples ask for."""

    def __init__(self, codebook: Codebook, model: OneVsRestClassifier, threshold: float) -> None:
        self.codebook = codebook
        self.model = model
        self.threshold = threshold

    def assign(self, texts: list[str]) -> list[tuple[ThemeCode, ...]]:
        """0 to 4 themes a text, strongest first, said by the whole or by one of its sentences.

        `strength` is the largest probability of these, in [0, 1]; under the threshold no code.
        """
        pieces, owners = [], []
        for owner, text in enumerate(texts):
            parts = sentences(text)
            pieces += parts
            owners += [owner] * len(parts)
        if not pieces:
            return [() for _ in texts]
        strength = np.zeros((len(texts), len(self.codebook.themes)))
        np.maximum.at(strength, owners, strengths(self.model, pieces))
        return [self.codes(row) for row in strength]

    def codes(self, strength: NDArray[np.float64]) -> tuple[ThemeCode, ...]:
        strongest = np.argsort(-strength, kind="stable")[:MOST_THEMES]
        return tuple(
            ThemeCode(self.codebook.themes[place].id, round(float(strength[place]), 3))
            for place in strongest
            if strength[place] >= self.threshold
        )


def coder(codebook: Codebook) -> Coder:
    """Learns a codebook in about a second: keep the Coder for as long as its version is in use."""
    texts, member = examples(codebook)
    return Coder(codebook, fitted(texts, member), threshold(codebook, texts, member))


def examples(codebook: Codebook) -> tuple[list[str], NDArray[np.int_]]:
    """Every example and description once, with a column a theme; one may stand under several."""
    themes: dict[str, list[int]] = {}
    for place, theme in enumerate(codebook.themes):
        for text in (said_of(theme), *theme.examples):
            themes.setdefault(text, []).append(place)
    member = np.zeros((len(themes), len(codebook.themes)), dtype=np.int_)
    for row, places in enumerate(themes.values()):
        member[row, places] = 1
    return list(themes), member


def said_of(theme: Theme) -> str:
    return f"{theme.name.get('en', '')}. {theme.description}"


def fitted(texts: list[str], member: NDArray[np.int_]) -> OneVsRestClassifier:
    # The dual has a coefficient an example (170), not one a dimension (65,536): no BLAS threads.
    regression = LogisticRegression(
        C=CLOSENESS, class_weight="balanced", solver="liblinear", dual=True, random_state=SEED
    )
    return OneVsRestClassifier(regression).fit(vectors(texts), member)


def strengths(model: OneVsRestClassifier, texts: list[str]) -> NDArray[np.float64]:
    probability: NDArray[np.float64] = model.predict_proba(vectors(texts))
    return probability


def threshold(codebook: Codebook, texts: list[str], member: NDArray[np.int_]) -> float:
    """Where micro-F is best when each example is coded by a model that has not seen it."""
    asked, probability = left_out(codebook, texts, member)
    steps = np.arange(0.20, 0.81, 0.01)
    scores = [micro_f(member[asked] == 1, probability[asked] >= step) for step in steps]
    return round(float(steps[int(np.argmax(scores))]), 2)


def left_out(
    codebook: Codebook, texts: list[str], member: NDArray[np.int_]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which rows are examples, and the strengths of each by a model that has not seen it.

    One example of every theme is left out at a time: as many fits as a theme has examples,
    not as many as there are examples.
    """
    turn = np.zeros(len(texts), dtype=np.int_)
    for theme in codebook.themes:
        for number, example in enumerate(theme.examples, start=1):
            turn[texts.index(example)] = number
    probability = np.zeros(member.shape)
    for number in range(1, turn.max() + 1):
        kept = turn != number
        model = fitted([texts[row] for row in np.flatnonzero(kept)], member[kept])
        probability[~kept] = strengths(model, [texts[row] for row in np.flatnonzero(~kept)])
    return turn > 0, probability


def micro_f(truth: NDArray[np.bool_], guess: NDArray[np.bool_]) -> float:
    """F with precision twice as dear as recall (beta .5): a wrong theme misleads."""
    hits = int((truth & guess).sum())
    return 1.25 * hits / max(1.0, 0.25 * int(truth.sum()) + int(guess.sum()))


def sentences(text: str) -> list[str]:
    """The text and, where it has several, its sentences."""
    whole = text[:READ].strip()
    if not whole:
        return []
    parts = [part for part in SENTENCE.split(whole) if part.strip()][:MOST_SENTENCES]
    return [whole, *parts] if len(parts) > 1 else [whole]
