"""Fits the tone to judged sentences that the model never saw: its mixture, and its last states.

`python -m tools.text_model.fit_tone --goemotions FOLDER --course FILE`, after a change of the
model, a lexicon or the masked words; then run `tools.text_model.read_examples`. FOLDER holds
train.tsv of GoEmotions; FILE is course_evaluations.csv. A minute.
"""

import argparse
from pathlib import Path

import msgspec
import numpy as np

from analysis.text.model import files
from tools.text_model import sentences
from tools.text_model.read_examples import save_arrays
from tools.text_model.weights import JudgedSet, fit_mixture

GENERATED, SEED = 1_500, 77
COURSE, OWN = 0.5, 0.5
"""What a set counts, GoEmotions 1."""
NEUTRAL_SHIFT = -0.4
"""Added to the neutral logit as a policy, not fitted: see decision 0028 for what it costs."""


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
