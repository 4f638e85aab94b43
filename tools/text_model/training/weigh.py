"""Fits what is combined with the model: the lexicons' regression, and the mixture of both."""

# mypy: disable-error-code="import-untyped"

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from analysis.text import reading
from analysis.text.tone import sentiment
from tools.text_model.training.snippets import JudgedSentence

MODEL, LEXICONS = 0.6, 0.4
"""Shares of the logarithms: .65 was best on unseen tweets (text.md, A2); .6 mentions fairer."""

Rows = NDArray[np.float64]


def tone_labels(judged: list[JudgedSentence]) -> NDArray[np.intp]:
    found: NDArray[np.intp] = np.array([tone for _, tone in judged]).argmax(axis=1)
    return found


def fit_lexicons(judged: list[JudgedSentence]) -> reading.LexiconModel:
    """Multinomial logistic regression, classes weighed equally, on the eight features."""
    rows = sentiment.lexicon_features(sentiment.lexicon_scores([text for text, _ in judged]))
    fitted = LogisticRegression(class_weight="balanced", max_iter=2_000).fit(
        rows, tone_labels(judged)
    )
    return reading.LexiconModel(
        weights=np.round(fitted.coef_.T, 5).tolist(), bias=np.round(fitted.intercept_, 5).tolist()
    )


def fit_mixture(judged: list[JudgedSentence], fitted: reading.LexiconModel) -> reading.MixtureModel:
    """Bias and temperature of least log loss, classes weighed equally (Guo et al. 2017)."""
    texts = [text for text, _ in judged]
    truth = tone_labels(judged)
    rows = sentiment.lexicon_features(sentiment.lexicon_scores(texts))
    lexicon = sentiment.softmax(rows @ np.array(fitted.weights) + np.array(fitted.bias))
    model = np.maximum(reading.read_texts(texts).tone, sentiment.LEAST)
    logs = MODEL * np.log(model) + LEXICONS * np.log(np.maximum(lexicon, sentiment.LEAST))
    weight = 1.0 / np.bincount(truth, minlength=3)[truth]

    def loss(at: Rows) -> float:
        p = sentiment.softmax((logs + np.array([at[0], 0.0, at[1]])) / np.exp(at[2]))
        return float(-(weight * np.log(p[np.arange(len(truth)), truth])).sum() / weight.sum())

    negative, positive, temperature = minimize(loss, np.zeros(3), method="Nelder-Mead").x
    return reading.MixtureModel(
        model=MODEL,
        lexicons=LEXICONS,
        bias=[round(float(negative), 4), 0.0, round(float(positive), 4)],
        temperature=round(float(np.exp(temperature)), 4),
    )
