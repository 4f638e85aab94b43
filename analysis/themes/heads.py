"""Heads of a codebook: one-vs-rest regressions over vectors and over parts of words, calibrated.

What a text is about shows in its vector, and in words that the sentence model knows too little of:
names of things, dialect, set phrases. Each says it alone; the mean of both says it better.

Parts of words are runs of two to four letters, weighed by how rare they are. scikit-learn's own
count looks at each run of each text in Python. A run never crosses a blank, so each word of a batch
is looked at once here and texts add up their words: the same numbers in a quarter of the time.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression

Columns = NDArray[np.int32]
NONE = np.zeros(0, np.int32)
Rows = NDArray[np.float32]
Matrix = NDArray[np.float64]
Numbers = NDArray[np.int_]
Flags = NDArray[np.bool_]
Features: TypeAlias = "Rows | sparse.csr_matrix"
SEED = 20081
# Chosen on a consultation and on our own examples; 3 to 30 differ by .02.
CLOSENESS = 10.0
# Chosen on a consultation and on half of the comments of patients; 5 to 100 differ by .006.
CLOSENESS_OF_WORDS = 20.0
# Of regressions that only place a text among others: twice as fast, and differs in the third digit.
ROUGHLY = 0.01
CLOSELY = 1e-4
FOLDS = 5
FEWEST_JUDGED = 10
FEWEST_OWN = 3
LOWER = 0.25
# How many of the texts about no theme may get one: a decision, see docs/method/text.md.
MOST_ASTRAY = 0.15
# Precision counts twice as much as recall (F with β² = ½): a wrong theme misleads.
RECALL_WEIGHT = 0.5
UNKNOWN = -1
NEVER = -1


class WordParts(NamedTuple):
    """Learned runs of letters: which have a column, and what each weighs."""

    counter: CountVectorizer
    weights: TfidfTransformer

    def features(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """(n, runs), rows of length 1 or 0: (1 + log count) times the weight of the run."""
        words = [plain(text).split() for text in texts]
        # Of this batch only: no word stays in memory after it.
        columns = self.columns_by_word({word for some in words for word in some})
        runs = [np.concatenate([NONE, *(columns[word] for word in some)]) for some in words]
        ends = np.cumsum([0, *map(len, runs)])
        counts = sparse.csr_matrix(
            (np.ones(ends[-1]), np.concatenate([NONE, *runs]), ends),
            shape=(len(texts), len(self.counter.vocabulary_)),
        )
        counts.sum_duplicates()
        return sparse.csr_matrix(self.weights.transform(counts, copy=False))

    def columns_by_word(self, words: Collection[str]) -> dict[str, Columns]:
        """The columns of each word's runs of letters; a run that it has twice is given twice."""
        known, runs_in = self.counter.vocabulary_, self.counter.build_analyzer()
        return {
            word: np.array([known[run] for run in runs_in(word) if run in known], np.int32)
            for word in words
        }


def learn_word_parts(texts: Sequence[str]) -> WordParts:
    """The runs that at least two of these texts have, and what each weighs (1 + log inverse share).

    On half of the comments of patients, runs up to five letters are .003 better and cost half as
    much again.
    """
    counter = CountVectorizer(
        analyzer="char_wb", ngram_range=(2, 4), min_df=2, preprocessor=plain, dtype=np.float64
    )
    counts = counter.fit_transform(texts)
    return WordParts(counter, TfidfTransformer(sublinear_tf=True).fit(counts))


def plain(text: str) -> str:
    # Phones type the curly apostrophe.
    return text.lower().replace("’", "'")


class TrainingSet(NamedTuple):
    """What heads learn from: n texts; row `first[i]` is the whole of text i, others are sentences.

    rows (m, d); owner (m), the text of each row; first (n); member (n, k): 1 belongs, 0 does not,
    -1 is not known; against (n, k): a person said that it does not; turn (n): the fold in which a
    text is left out, -1 for never; said (m): the words of each row, or none where only vectors
    count.
    """

    rows: Rows
    owner: Numbers
    first: Numbers
    member: Numbers
    against: Flags
    turn: Numbers
    said: tuple[str, ...] = ()


class Line(NamedTuple):
    """a and b of Platt's 1 / (1 + exp(-(a s + b)))."""

    scale: float
    shift: float


class Regressions(NamedTuple):
    """One regression a theme: weights (k, d) and bias (k) of its logit."""

    weights: Matrix
    bias: Matrix

    def logits(self, rows: Features) -> Matrix:
        """The logits (n, k), without BLAS: its sums depend on its threads and on the other rows."""
        if isinstance(rows, sparse.csr_matrix):
            return np.asarray(rows @ self.weights.T) + self.bias
        sums: Matrix = np.einsum("nd,kd->nk", rows.astype(np.float64), self.weights)
        return sums + self.bias

    def on_line(self, line: Line) -> "Regressions":
        return Regressions(self.weights * line.scale, self.bias * line.scale + line.shift)


class WordHeads(NamedTuple):
    """Regressions over parts of words."""

    parts: WordParts
    regressions: Regressions


class ThemeHeads(NamedTuple):
    """The logit of a strength is the sum of what vectors say and, if learned, what words say.

    A theme whose strength is below `threshold` is not coded.
    """

    vectors: Regressions
    words: WordHeads | None
    threshold: float

    def logits(self, rows: Rows, said: Sequence[str]) -> Matrix:
        """The logits (n, k) of n rows of vectors and the words that each row was read from."""
        sums = self.vectors.logits(rows)
        if self.words and len(rows):
            sums = sums + self.words.regressions.logits(self.words.parts.features(said))
        return sums

    def strengths(self, rows: Rows, said: Sequence[str]) -> Matrix:
        strengths: Matrix = 1 / (1 + np.exp(-self.logits(rows, said)))
        return strengths


class LeftOut(NamedTuple):
    """Scores (n, k) of texts by regressions that have not seen them; `asked` (n): which were
    scored.

    `lines` calibrate the parts that were averaged, vectors and then words if there are any, and
    `whole` their mean.
    """

    scores: Matrix
    asked: Flags
    lines: tuple[Line, ...]
    whole: Line

    def strengths(self) -> Matrix:
        strengths: Matrix = 1 / (1 + np.exp(-(self.whole.scale * self.scores + self.whole.shift)))
        return strengths


def train_heads(lessons: TrainingSet, most_astray: float = MOST_ASTRAY) -> ThemeHeads:
    """Regressions on all training texts; lines and threshold from texts left out in turn.

    The strength is Platt's: 1 / (1 + exp(-(a s + b))), s the largest score of a text and its
    sentences, a score the mean of the logits by vectors and by words, each calibrated in the same
    way. The threshold has the best F over all themes and texts, and is high enough that at most
    `most_astray` of the texts without a theme get one.
    """
    lessons = without_doubtful_labels(lessons)
    parts = learn_parts(lessons)
    left_out = held_out_scores(lessons, parts)
    share, whole = 1 / len(left_out.lines), left_out.whole
    # The mean of what the parts say on their lines, put on the last line, is a sum again.
    vectors, *words = (
        fit_regressions(features, lessons, closeness, CLOSELY)
        .on_line(Line(line.scale * share, line.shift * share))
        .on_line(Line(whole.scale, whole.shift * share))
        for (features, closeness), line in zip(
            features_of(lessons, parts), left_out.lines, strict=True
        )
    )
    heads = WordHeads(parts, words[0]) if parts else None
    return ThemeHeads(vectors, heads, strength_threshold(left_out, lessons.member, most_astray))


def learn_parts(lessons: TrainingSet) -> WordParts | None:
    """Parts of words, learned from whole texts; None where only vectors count."""
    if not lessons.said:
        return None
    return learn_word_parts([lessons.said[row] for row in lessons.first])


def features_of(lessons: TrainingSet, parts: WordParts | None) -> list[tuple[Features, float]]:
    """The features of every row, by vectors and by words if there are any, with their C."""
    vectors: list[tuple[Features, float]] = [(lessons.rows, CLOSENESS)]
    if parts is None:
        return vectors
    return [*vectors, (parts.features(lessons.said), CLOSENESS_OF_WORDS)]


def without_doubtful_labels(lessons: TrainingSet) -> TrainingSet:
    """The training set without labels that are probably wrong: people name one theme of several.

    If an example of one theme, when left out, scores for another theme like that theme's own
    examples (above their lower quartile), it counts as unknown whether it belongs there too. On the
    consultation, with ten examples a theme that each name one, samples-F1 rises from .77 to .87.
    Vectors alone decide: a word that two themes share is no reason for doubt.
    """
    scores, asked = held_out_scores(lessons, None).scores, lessons.turn != NEVER
    member = lessons.member.copy()
    others = asked & (member == 1).any(axis=1)
    for theme in range(member.shape[1]):
        own = scores[asked & (lessons.member[:, theme] == 1), theme]
        if len(own) >= FEWEST_OWN:
            alike = others & (scores[:, theme] >= np.quantile(own, LOWER))
            unsaid = (lessons.member[:, theme] == 0) & ~lessons.against[:, theme]
            member[alike & unsaid, theme] = UNKNOWN
    return lessons._replace(member=member)


def fit_regressions(
    features: Features,
    lessons: TrainingSet,
    closeness: float,
    tolerance: float,
    fit_rows: Flags | None = None,
) -> Regressions:
    """The regressions over one kind of features, before they are calibrated."""
    if fit_rows is None:
        fit_rows = np.ones(len(lessons.turn), bool)
    wholes = features[lessons.first]
    parts = [
        fit_theme(wholes, lessons, fit_rows, theme, closeness, tolerance)
        for theme in range(lessons.member.shape[1])
    ]
    weights = np.array([weight for weight, _ in parts]).reshape(len(parts), -1)
    return Regressions(weights, np.array([bias for _, bias in parts]))


def fit_theme(
    wholes: Features,
    lessons: TrainingSet,
    fit_rows: Flags,
    theme: int,
    closeness: float,
    tolerance: float,
) -> tuple[Matrix, float]:
    """The regression of one theme. liblinear uses no threads.

    Texts for and against have the same total weight; a counterexample weighs as much as an example.
    """
    member = lessons.member[:, theme]
    used = np.flatnonzero(fit_rows & (member != UNKNOWN))
    belongs = member[used] == 1
    half = len(used) / 2
    weight = np.where(belongs, half / max(1, belongs.sum()), half / max(1, (~belongs).sum()))
    weight[lessons.against[used, theme]] = half / max(1, belongs.sum())
    model = LogisticRegression(
        C=closeness,
        solver="liblinear",
        dual=isinstance(wholes, sparse.csr_matrix),
        tol=tolerance,
        max_iter=1_000,
        random_state=SEED,
    )
    model.fit(wholes[used], belongs, weight)
    return model.coef_[0], float(model.intercept_[0])


def held_out_scores(lessons: TrainingSet, parts: WordParts | None) -> LeftOut:
    """Scores of texts by regressions that have not seen them: the mean of the calibrated parts."""
    asked = lessons.turn != NEVER
    known = asked[:, None] & (lessons.member != UNKNOWN)
    truth = lessons.member[known] == 1
    lines, mean = [], np.zeros((len(lessons.owner), lessons.member.shape[1]))
    kinds = features_of(lessons, parts)
    for features, closeness in kinds:
        logits = held_out_logits(features, lessons, closeness)
        lines.append(fit_line(largest_scores(logits, lessons.owner)[known], truth))
        mean += (lines[-1].scale * logits + lines[-1].shift) / len(kinds)
    scores = largest_scores(mean, lessons.owner)
    return LeftOut(scores, asked, tuple(lines), fit_line(scores[known], truth))


def held_out_logits(features: Features, lessons: TrainingSet, closeness: float) -> Matrix:
    """Logits (m, k) of the rows of texts that were left out; 0 for texts that never are."""
    logits = np.zeros((len(lessons.owner), lessons.member.shape[1]))
    for turn in range(FOLDS):
        asked = lessons.turn == turn
        if asked.any():
            rows = asked[lessons.owner]
            fitted = fit_regressions(features, lessons, closeness, ROUGHLY, ~asked)
            logits[rows] = fitted.logits(features[rows])
    return logits


def fit_line(scores: Matrix, truth: Flags) -> Line:
    """The line that calibrates scores by their `truth`; it changes nothing where too few are
    true.
    """
    if truth.sum() < FEWEST_JUDGED:
        return Line(1.0, 0.0)
    # Two numbers are fitted to many texts, so the penalty is as good as none.
    platt = LogisticRegression(C=1e6, solver="liblinear", random_state=SEED)
    platt.fit(scores[:, None], truth)
    return Line(float(platt.coef_[0, 0]), float(platt.intercept_[0]))


def largest_scores(scores: Matrix, owner: Numbers) -> Matrix:
    """(n, k): the largest of each text's rows; `owner` names every text at least once."""
    maxima = np.full((int(owner.max(initial=-1)) + 1, scores.shape[1]), -np.inf)
    np.maximum.at(maxima, owner, scores)
    return maxima


def strength_threshold(left_out: LeftOut, member: Numbers, most_astray: float) -> float:
    """The lowest strength that is coded; .5 where too few texts can be judged."""
    known = left_out.asked[:, None] & (member != UNKNOWN)
    truth = member[known] == 1
    if truth.sum() < FEWEST_JUDGED:
        return 0.5
    strengths = left_out.strengths()
    astray = strengths[left_out.asked & (member == 0).all(axis=1)].max(axis=1)
    floor = float(np.quantile(astray, 1 - most_astray)) if len(astray) else 0.0
    steps = np.arange(0.05, 0.81, 0.01)
    scores = [f_score(truth, strengths[known] >= step) for step in steps]
    return round(max(round(float(steps[int(np.argmax(scores))]), 2), floor), 2)


def f_score(truth: Flags, guess: Flags) -> float:
    hits = int((truth & guess).sum())
    return (
        (1 + RECALL_WEIGHT) * hits / max(1.0, RECALL_WEIGHT * int(truth.sum()) + int(guess.sum()))
    )
