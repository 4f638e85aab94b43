"""The tone of a text: two lexicons and the sentence model, mixed, with reasons and a confidence."""

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from analysis.text import reading
from analysis.text.tone import lexicons
from survey.coding.codes import Coding, Polarity, Sentiment
from survey.coding.double_coding import Recalibration

LABELS: tuple[Polarity, ...] = ("negative", "neutral", "positive")
SCORE = np.array([-1.0, 0.0, 1.0])
LEAST = 1e-6
"""No probability is taken for nought: its logarithm would outvote everything."""

ToneRows = NDArray[np.float64]
LexiconScores = list[tuple[lexicons.TextBlobScore, lexicons.VaderScore]]


def score_texts(
    texts: list[str], languages: list[str], tone: ToneRows | None = None
) -> list[Sentiment | None]:
    """The tone of each text; None where it is not English or empty.

    p is proportional to exp(a log p_model + b log p_lexicons + bias), a geometric mix; polarity is
    p+ - p-, confidence the p of the label. `tone` (n, 3) is the result of
    `reading.read_texts` for the same texts, so that each is read once; without it they are read
    here. Words and subjectivity are TextBlob's. Irony is rarely understood. Raises WrongModel if it
    must read.
    """
    rows = scorable_rows(texts, languages)
    if not rows:
        return [None] * len(texts)
    model = reading.read_texts([texts[row] for row in rows]).tone if tone is None else tone[rows]
    found = lexicon_scores([texts[row] for row in rows])
    mixed = mixed_tone(model, lexicon_tone(found))
    return in_row_order(
        len(texts),
        rows,
        [
            to_sentiment(p, each, (("model", float(SCORE @ m)),))
            for p, each, m in zip(mixed, found, model, strict=True)
        ],
    )


def scorable_rows(texts: list[str], languages: list[str]) -> list[int]:
    """Numbers of the non-empty English texts: the lexicons and the model know no other language."""
    return [
        row
        for row, (text, language) in enumerate(zip(texts, languages, strict=True))
        if language.partition("-")[0] == "en" and text.strip()
    ]


def in_row_order(n: int, rows: list[int], found: list[Sentiment]) -> list[Sentiment | None]:
    at = dict(zip(rows, found, strict=True))
    return [at.get(row) for row in range(n)]


def to_sentiment(
    p: ToneRows,
    found: tuple[lexicons.TextBlobScore, lexicons.VaderScore],
    model: tuple[tuple[str, float], ...],
) -> Sentiment:
    textblob, vader = found
    scorers = (("TextBlob", textblob.polarity), ("VADER", vader.compound), *model)
    return Sentiment(
        label=LABELS[int(p.argmax())],
        polarity=round(float(SCORE @ p), 4),
        subjectivity=round(textblob.subjectivity, 4),
        words=textblob.words,
        confidence=round(float(p.max()), 4),
        scorers=tuple((name, round(value, 4)) for name, value in scorers),
    )


def lexicon_scores(texts: list[str]) -> LexiconScores:
    said = [lexicons.text_for_lexicons(text) for text in texts]
    return [(lexicons.textblob_score(text), lexicons.vader_score(text)) for text in said]


def lexicon_features(found: LexiconScores) -> ToneRows:
    """The features of the lexicons (n, 8): VADER's four, TextBlob's two, and how far the two
    polarities are from 0.
    """
    plain = np.array(
        [(*vader, textblob.polarity, textblob.subjectivity) for textblob, vader in found]
    ).reshape(-1, 6)
    return np.column_stack([plain, np.abs(plain[:, 3]), np.abs(plain[:, 4])])


def lexicon_tone(found: LexiconScores) -> ToneRows:
    """The probabilities of each tone (n, 3) by a logistic regression on the lexicons' features."""
    fitted = reading.MODEL_CARD.lexicons
    return softmax(lexicon_features(found) @ np.array(fitted.weights) + np.array(fitted.bias))


def mixed_tone(model: ToneRows, lexicon: ToneRows) -> ToneRows:
    """The tone (n, 3) mixed from the model's and the lexicons' (n, 3 each)."""
    fitted = reading.MODEL_CARD.mixture
    logs = fitted.model * np.log(np.maximum(model, LEAST))
    logs = logs + fitted.lexicons * np.log(np.maximum(lexicon, LEAST))
    return softmax(logs + np.array(fitted.bias))


def softmax(logits: ToneRows) -> ToneRows:
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    found: ToneRows = weights / weights.sum(axis=1, keepdims=True)
    return found


FEWEST = 200
FOLDS = 5
SEED = 611
TONES: tuple[Polarity, ...] = ("negative", "neutral", "positive")
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def fit_recalibration(p: Floats, tone: Ints, weight: Floats, *, version: int) -> Recalibration:
    """Bias-corrected temperature scaling: p' ∝ exp(log p / T + b), by weighted log loss.

    `p` n x 3 probabilities of negative, neutral, positive; `tone` the settled one, 0 to 2; `weight`
    1 / chance of being drawn. T stretches the confidence, b says how often each tone really occurs.
    `loss` is the machine's mean log loss without recalibration, `loss_after` that of texts left out
    in turn (five folds): use a recalibration only where it is smaller.
    Errors: ValueError for fewer than 200 texts.
    Source: Guo et al. (2017); Alexandari, Kundaje & Shrikumar (2020).
    """
    if len(tone) < FEWEST:
        raise ValueError(f"{FEWEST} labels at least")
    # Tones are stored with four digits: a smaller probability is not known.
    logs = np.log(np.clip(p, 1e-4, 1.0))
    rng = np.random.default_rng(SEED)
    fold = rng.permutation(len(tone)) % FOLDS
    left_out = np.zeros_like(logs)
    for one in range(FOLDS):
        fitted = fold != one
        left_out[~fitted] = scaled_probabilities(
            logs[~fitted], fitted_scaling(logs[fitted], tone[fitted], weight[fitted])
        )
    found = fitted_scaling(logs, tone, weight)
    return Recalibration(
        version=version,
        labels=len(tone),
        temperature=round(float(np.exp(found[0])), 4),
        # Only differences between the three matter, so the first is fixed.
        bias=(0.0, round(float(found[1]), 4), round(float(found[2]), 4)),
        loss=round(log_loss(scaled_probabilities(logs, np.zeros(3)), tone, weight), 4),
        loss_after=round(log_loss(left_out, tone, weight), 4),
    )


def fitted_scaling(logs: Floats, tone: Ints, weight: Floats) -> Floats:
    """log T and the two free biases; a slight penalty on all of them keeps rare tones in bounds."""

    def badness(x: Floats) -> float:
        return log_loss(scaled_probabilities(logs, x), tone, weight) + 0.5 * float(x @ x) / len(
            tone
        )

    return np.asarray(minimize(badness, np.zeros(3), method="L-BFGS-B").x, dtype=np.float64)


def scaled_probabilities(logs: Floats, x: Floats) -> Floats:
    scores = logs / np.exp(x[0]) + np.array([0.0, x[1], x[2]])
    scores = scores - scores.max(axis=1, keepdims=True)
    return np.asarray(np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True))


def log_loss(p: Floats, tone: Ints, weight: Floats) -> float:
    right = np.maximum(p[np.arange(len(tone)), tone], 1e-12)
    return float(-(weight @ np.log(right)) / weight.sum())


def sentiment_probabilities(one: Sentiment) -> Floats:
    """The three probabilities that a Sentiment was made from: its confidence and polarity."""
    p, polarity = one.confidence, one.polarity
    # The confidence is the label's probability; polarity and the sum of 1 give the other two.
    if one.label == "neutral":
        found = [(1 - p - polarity) / 2, p, (1 - p + polarity) / 2]
    elif one.label == "positive":
        found = [p - polarity, 1 - 2 * p + polarity, p]
    else:
        found = [p, 1 - 2 * p - polarity, p + polarity]
    return np.clip(np.array(found, dtype=np.float64), 0.0, 1.0)


def recalibrated_coding(coding: Coding, by: Recalibration) -> Coding:
    """A coding with its tone recalibrated, under a coder version that says so."""
    version = f"{coding.coder_version}+r{by.version}"
    tone = coding.sentiment and recalibrated_sentiment(coding.sentiment, by)
    return msgspec.structs.replace(coding, sentiment=tone, coder_version=version)


def recalibrated_sentiment(one: Sentiment, by: Recalibration) -> Sentiment:
    # Without a confidence there are no probabilities to scale.
    if not one.confidence:
        return one
    x = np.array([np.log(by.temperature), *by.bias[1:]])
    p = scaled_probabilities(np.log(np.clip(sentiment_probabilities(one), 1e-4, 1.0))[None, :], x)[
        0
    ]
    return msgspec.structs.replace(
        one,
        label=TONES[int(p.argmax())],
        polarity=round(float(p[2] - p[0]), 4),
        confidence=round(float(p.max()), 4),
    )
