"""Corrects the machine's confidence in a tone, using texts whose tone people settled."""

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from survey.coding.codes import Coding, Polarity, Sentiment
from survey.coding.double_coding import Recalibration

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
