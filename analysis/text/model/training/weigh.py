"""Fits what stands beside the model: the lexicons' regression, and the mixture with the model."""

# mypy: disable-error-code="import-untyped"

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from analysis.text import reading, sentiment
from analysis.text.model.training.snippets import Judged

MODEL, LEXICONS = 0.6, 0.4
"""Shares of the logarithms: .65 was best on unseen tweets (text.md, A2); .6 mentions fairer."""

Rows = NDArray[np.float64]


def labels(judged: list[Judged]) -> NDArray[np.intp]:
    found: NDArray[np.intp] = np.array([tone for _, tone in judged]).argmax(axis=1)
    return found


def lexicons(judged: list[Judged]) -> reading.Lexicons:
    """Multinomial logistic regression, classes weighed equally, on the eight features."""
    rows = sentiment.features(sentiment.by_lexicons([text for text, _ in judged]))
    fitted = LogisticRegression(class_weight="balanced", max_iter=2_000).fit(rows, labels(judged))
    return reading.Lexicons(
        weights=np.round(fitted.coef_.T, 5).tolist(), bias=np.round(fitted.intercept_, 5).tolist()
    )


def mixture(judged: list[Judged], fitted: reading.Lexicons) -> reading.Mixture:
    """Bias and temperature of least log loss, classes weighed equally (Guo et al. 2017)."""
    texts = [text for text, _ in judged]
    truth = labels(judged)
    rows = sentiment.features(sentiment.by_lexicons(texts))
    lexicon = sentiment.softmax(rows @ np.array(fitted.weights) + np.array(fitted.bias))
    model = np.maximum(reading.read(texts).tone, sentiment.LEAST)
    logs = MODEL * np.log(model) + LEXICONS * np.log(np.maximum(lexicon, sentiment.LEAST))
    weight = 1.0 / np.bincount(truth, minlength=3)[truth]

    def loss(at: Rows) -> float:
        p = sentiment.softmax((logs + np.array([at[0], 0.0, at[1]])) / np.exp(at[2]))
        return float(-(weight * np.log(p[np.arange(len(truth)), truth])).sum() / weight.sum())

    negative, positive, temperature = minimize(loss, np.zeros(3), method="Nelder-Mead").x
    return reading.Mixture(
        model=MODEL,
        lexicons=LEXICONS,
        bias=[round(float(negative), 4), 0.0, round(float(positive), 4)],
        temperature=round(float(np.exp(temperature)), 4),
    )
