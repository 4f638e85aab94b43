"""Fits what is combined with the model: the lexicons' regression, the tone, and the mixture of all.

`python -m tools.text_model.fit_tone --goemotions FOLDER --course FILE`, after a change of model,
a lexicon or the masked words; then run `tools.text_model.read_examples`. FOLDER holds train.tsv of
GoEmotions; FILE is course_evaluations.csv. A minute. `tools.text_model.build` fits the rest.
"""

# mypy: disable-error-code="import-untyped"

import argparse
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from analysis.text import masked_words
from analysis.text.model import files, reading
from analysis.text.tone import LEAST, lexicon_features, lexicon_scores, lexicon_tone, softmax
from tools.text_model import sentences
from tools.text_model.read_examples import save_arrays
from tools.text_model.sentences import JudgedSentence

RIDGE = 0.001
"""Of .0005 to .004 as good as any by five folds (decision 0028)."""

Rows = NDArray[np.float64]
GENERATED, SEED = 1_500, 77
COURSE, OWN = 0.5, 0.5
"""What a set counts, GoEmotions 1."""
NEUTRAL_SHIFT = -0.4
"""Added to the neutral logit as a policy, not fitted: see decision 0028 for what it costs."""


class JudgedSet(NamedTuple):
    """Sentences of one source, and how much each tone of it counts next to others."""

    weight: float
    judged: list[JudgedSentence]


class ToneFeatures(NamedTuple):
    """n sentences: logarithms of the head's and of the lexicons' p (n, 3 each).

    states (n, 384) are the means of the head's last states, of length 1.
    truth (n) is 0 to 2; weight (n) is the same for each tone of a set, and sums to 1.
    """

    head: Rows
    lexicons: Rows
    states: Rows
    truth: NDArray[np.intp]
    weight: Rows


def tone_labels(judged: list[JudgedSentence]) -> NDArray[np.intp]:
    labels: NDArray[np.intp] = np.array([tone for _, tone in judged]).argmax(axis=1)
    return labels


def fit_lexicons(judged: list[JudgedSentence]) -> files.LexiconModel:
    """Multinomial logistic regression, classes weighed equally, on the eight features."""
    rows = lexicon_features(lexicon_scores([text for text, _ in judged]))
    fitted = LogisticRegression(class_weight="balanced", max_iter=2_000).fit(
        rows, tone_labels(judged)
    )
    return files.LexiconModel(
        weights=np.round(fitted.coef_.T, 5).tolist(), bias=np.round(fitted.intercept_, 5).tolist()
    )


def fit_mixture(sets: list[JudgedSet]) -> tuple[files.MixtureModel, Rows]:
    """Weights of the model and the lexicons, bias, and U (384, 3), what the last states add.

    Least log loss of p ~ exp(a log p_head + b log p_lexicons + bias + states V) plus a ridge on V,
    tones weighed equally within each set; U = V / a, so that the model's tone already has it.
    """
    known = tone_features(sets)
    middle = known.states.mean(axis=0)
    centred, right = known.states - middle, np.eye(3)[known.truth]

    def loss(at: Rows) -> tuple[float, Rows]:
        by_states = at[5:].reshape(-1, 3)
        p = softmax(at[0] * known.head + at[1] * known.lexicons + at[2:5] + centred @ by_states)
        off = (p - right) * known.weight[:, None]
        slope = [np.sum(off * known.head), np.sum(off * known.lexicons), *off.sum(axis=0)]
        by_slope = centred.T @ off + 2 * RIDGE * by_states
        value = -known.weight @ np.log(p[right == 1]) + RIDGE * np.sum(by_states**2)
        return float(value), np.concatenate([slope, by_slope.ravel()])

    start = np.zeros(5 + 3 * reading.DIMENSIONS)
    start[:2] = 0.6, 0.4
    at = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    by_states = at[5:].reshape(-1, 3)
    bias = at[2:5] - middle @ by_states
    mixture = files.MixtureModel(
        model=round(float(at[0]), 4),
        lexicons=round(float(at[1]), 4),
        # Only differences between the three matter.
        bias=np.round(bias - bias[1], 4).tolist(),
    )
    return mixture, by_states / mixture.model


def tone_features(sets: list[JudgedSet]) -> ToneFeatures:
    """The features of all sentences, read as residents' texts are: masked."""
    texts = [text for judged_set in sets for text, _ in judged_set.judged]
    truth = np.concatenate([tone_labels(judged_set.judged) for judged_set in sets])
    # A comment that is a mark and nothing else leaves nothing to read.
    seen = [reading.run_shared_layers(masked_words.masked_text(text) or ".") for text in texts]
    read = [shared_states for shared_states in seen if shared_states is not None]
    logits, states = zip(*map(reading.find_logits, read), strict=True)
    tone = softmax(np.array(logits))
    lexicons = lexicon_tone(lexicon_scores(texts))
    weight = np.concatenate([set_weights(judged_set) for judged_set in sets])
    return ToneFeatures(
        np.log(np.maximum(tone, LEAST)),
        np.log(np.maximum(lexicons, LEAST)),
        np.array(states),
        truth,
        weight / weight.sum(),
    )


def set_weights(judged_set: JudgedSet) -> Rows:
    truth = tone_labels(judged_set.judged)
    return judged_set.weight / np.bincount(truth, minlength=3)[truth]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--goemotions", "--course"):
        parser.add_argument(name, type=Path, required=True)
    asked = parser.parse_args()
    fitted, weights = fit_mixture(judged_sets(asked))
    negative, neutral, positive = fitted.bias
    bias = [negative, round(neutral + NEUTRAL_SHIFT, 4), positive]
    mixture = msgspec.structs.replace(fitted, bias=bias)
    save_arrays("tone_by_states.npz", weights=weights.astype(np.float32))
    written = files.FOLDER / "two_heads.toml"
    before = written.read_text("utf-8").partition("[mixture]")[0]
    lines = [f"{name} = {value}" for name, value in msgspec.structs.asdict(mixture).items()]
    written.write_text("\n".join([before.rstrip(), "", "[mixture]", *lines, ""]), "utf-8")


def judged_sets(asked: argparse.Namespace) -> list[JudgedSet]:
    _, kept = sentences.split_for_calibration(
        sentences.read_goemotions(asked.goemotions / "train.tsv")
    )
    generated = [
        sentences.JudgedSentence(pair.first, sentences.ONE_TONE[pair.label])
        for pair in sentences.sentence_pairs(GENERATED, SEED)
    ]
    return [
        JudgedSet(1.0, kept),
        JudgedSet(COURSE, sentences.read_course(asked.course)),
        JudgedSet(OWN, generated),
    ]


if __name__ == "__main__":
    main()
