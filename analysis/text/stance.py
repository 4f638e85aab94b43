"""The stance of texts towards a demand: for, against, under conditions, or none.

Heads are fitted for each demand on the few texts that people labelled. Tone does not say it: "Never
in our schools" and "I am glad that they are not in our schools" are for the same demand.
"""

import re
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from analysis.statistics import agreement
from analysis.statistics.agreement import CodingSample
from analysis.text.model import reading
from analysis.text.personal_data import CHARACTERS_READ, without_marks
from survey.themes.demands import STANCES, StanceReading
from survey.themes.double_coding import AccuracyEstimate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rows = NDArray[np.float32]
Flags = NDArray[np.bool_]

STRENGTH = 1.0
"""C of the regression; it and the weights below were chosen on the training tweets of TweetEval and
on half of the consultation, with 20, 60 and 200 labels."""
TONE_WEIGHT = 0.2
CUE_WEIGHT = 0.3
FOLDS = 10
CURVE = (20, 40, 60, 100, 150, 200, 300, 400, 600, 800)
FEWEST_TO_JUDGE = 10  # of a stance
LEAST = 1e-4  # tones are stored with four digits

CUES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\bnot?\b|n't\b",
        r"\bnever\b",
        r"\bonly\b",
        r"\bonly (?:if|when|where|with|after)\b|\bas long as\b|\bprovided\b|\bunless\b|\bif\b"
        r"|\bon condition\b",
        r"\bshould(?:n't)?\b",
        r"\bmust(?:n't)?\b|\bneeds? to\b|\bha(?:s|ve) to\b",
        r"\bban(?:ned)?\b|\bstop\b|\bend\b",
        r"\bagree|\bsupport|\bfavou?r|\bright\b|\byes\b",
        r"\bdisagree|\boppos|\bagainst\b|\bwrong\b",
        r"\bbut\b|\bhowever\b|\balthough\b",
        r"\?",
        r"\bplease\b|\bwant\b",
        r"\bkeep\b|\ballow",
    )
)


class ReadTexts(NamedTuple):
    """n texts as they were read: passages (rows of each, the whole first) and tone (n, 3), the
    probabilities of negative, neutral and positive.
    """

    texts: Sequence[str]
    passages: Sequence[Rows]
    tone: Floats


def stance_features(read: ReadTexts, demand: Rows) -> Floats:
    """(n, 384 + 384 + 3 + 13): the text's vector, that of its sentence most like the demand's
    vector (384), .2 · log of the probabilities of tone, and .3 · whether each cue is in it.

    The product with the demand's vector and the absolute difference from it, which heads for
    several targets at once need, add nothing where each demand has its own head: the demand's
    vector is then the same in every row (measured: docs/method/text.md).
    """
    whole = [rows[0] if len(rows) else np.zeros_like(demand) for rows in read.passages]
    nearest = [
        rows[int((rows @ demand).argmax())] if len(rows) else np.zeros_like(demand)
        for rows in read.passages
    ]
    n = len(read.texts)
    tone = TONE_WEIGHT * np.log(np.clip(read.tone, LEAST, 1.0)).reshape(n, 3)
    cues = CUE_WEIGHT * np.array([cues_in(text) for text in read.texts], np.float64)
    return np.hstack(
        [
            np.array(whole, np.float64).reshape(n, len(demand)),
            np.array(nearest, np.float64).reshape(n, len(demand)),
            tone,
            cues.reshape(n, len(CUES)),
        ]
    )


def cues_in(text: str) -> list[bool]:
    # Phones type the curly apostrophe; the cues are written with the straight one.
    plain = without_marks(text[:CHARACTERS_READ]).replace("’", "'")
    return [bool(cue.search(plain)) for cue in CUES]


def demand_vector(sentence: str) -> Rows:
    """The vector (384) of a demand's sentence."""
    rows: Rows = reading.read_texts([sentence]).vectors[0]
    return rows


def fit_head(features: Floats, stances: Ints) -> LogisticRegression:
    """A multinomial logistic regression of stance (n) on features (n, d), each class counting
    alike: the loss of a text is weighted by n / (classes · texts of its class).

    The same texts in the same order give the same head. Errors: ValueError for a single class.
    Source: Mohammad, Kiritchenko, Sobhani, Zhu & Cherry (2016), SemEval-2016 task 6, for stance
    towards a target as a class beside tone; one head a target was best there too.
    """
    return LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=1_000).fit(
        features, stances
    )


class StanceGuess(NamedTuple):
    """The likeliest stance of n texts (n), and its probability (n)."""

    stance: Ints
    sureness: Floats


def guess_stances(head: LogisticRegression, features: Floats) -> StanceGuess:
    if not len(features):
        return StanceGuess(np.zeros(0, np.int64), np.zeros(0))
    p = head.predict_proba(features)
    return StanceGuess(head.classes_[p.argmax(axis=1)].astype(np.int64), p.max(axis=1))


def fold_of(text: str) -> int:
    """The fold of a text, by a hash of its words: equal texts are in one fold."""
    return zlib.crc32(" ".join(text.casefold().split()).encode()) % FOLDS


def can_learn(stances: Ints, fold: Ints) -> bool:
    """Whether the labels outside each fold are of two stances at least."""
    return all(len(set(stances[fold != number].tolist())) > 1 for number in range(FOLDS))


def fit_heads(features: Floats, stances: Ints, fold: Ints) -> list[LogisticRegression]:
    """A head (a regression) for each fold, learned from the labels of all other folds.

    No text is read by a head that learned from it, so that labels which teach also say how far the
    machine is off, and correct its shares. Errors: ValueError where `can_learn` is false. Source:
    Zrnic & Candès (2024), cross-prediction-powered inference.
    """
    return [fit_head(features[fold != number], stances[fold != number]) for number in range(FOLDS)]


def guess_by_fold(heads: Sequence[LogisticRegression], features: Floats, fold: Ints) -> StanceGuess:
    """The stances of n texts, each read by the head of its fold (n)."""
    stances, sureness = np.zeros(len(fold), np.int64), np.zeros(len(fold))
    for number in np.unique(fold):
        mine = fold == number
        stances[mine], sureness[mine] = guess_stances(heads[number], features[mine])
    return StanceGuess(stances, sureness)


def guess_with_labels(features: Floats, stances: Ints, fold: Ints, labels: int) -> Ints:
    """The stance of each labelled text (n) by a head that learned from the first `labels` labels of
    other folds at most; -1 where these were of one stance only.
    """
    guesses = np.full(len(stances), -1, np.int64)
    for number in np.unique(fold):
        learned = np.flatnonzero(fold != number)[:labels]
        if len(set(stances[learned].tolist())) > 1:
            head = fit_head(features[learned], stances[learned])
            guesses[fold == number] = guess_stances(head, features[fold == number]).stance
    return guesses


def judge_heads(features: Floats, said: Ints, fold: Ints, random: Flags) -> StanceReading:
    """How well heads that learned from these labels read: features (n, d), stances (n), folds (n).

    The measure is balanced accuracy, the mean over stances of the share of their texts read right,
    each text by the head that did not learn from it; by the labels that chance chose where there
    are ten of each of two stances or more, else by all. The limits are those of a bootstrap of the
    texts.
    """
    judged = random if enough_to_judge(said[random]) else np.ones(len(said), np.bool_)
    guess = guess_with_labels(features, said, fold, len(said))
    # The curve is measured at nine tenths of the labels at most, as a tenth is left out.
    most = len(said) * (FOLDS - 1) // FOLDS
    return StanceReading(
        labels=len(said),
        accuracy=balanced_accuracy(said[judged], guess[judged]),
        curve=tuple(
            (labels, balanced_value(said[judged], early[judged]))
            for labels in [*(number for number in CURVE if number < most), most]
            for early in [guess_with_labels(features, said, fold, labels)]
        ),
    )


def enough_to_judge(said: Ints) -> bool:
    return int((np.bincount(said, minlength=1) >= FEWEST_TO_JUDGE).sum()) > 1


def balanced_accuracy(said: Ints, guess: Ints) -> AccuracyEstimate:
    n = len(said)
    # By stance, so that no resample lacks one.
    drawn = CodingSample(weight=np.ones(n), stratum=said)
    return agreement.bootstrapped_figure(agreement.macro_recall(said, guess), drawn)


def balanced_value(said: Ints, guess: Ints) -> float:
    # A stance that the first labels did not have is read wrongly, not left out.
    read = np.where(guess < 0, len(STANCES), guess)
    return round(float(agreement.macro_recall(said, read)(np.ones((1, len(said))))[0]), 4)
