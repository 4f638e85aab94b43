"""What labels earn: tone heads learned from few labels of a set, on the texts that are left."""

import csv
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from analysis.text import tone as head
from analysis.text.model import reading
from analysis.text.tone import LABELS, TaughtTones, ToneEvidence, score_texts
from analysis.themes.tone_heads import JudgedTones, calibration_error, fit_tone_head
from survey.themes.tone_heads import FEWEST_OF_TONE, fold_of
from tests.bench.text import sets
from tests.bench.text.recalibration import recalibrated
from tests.bench.text.rows import Row

COURSE = Path(__file__).parents[4] / "shared" / "data" / "freetext" / "course_evaluations.csv"
SEEDS = range(5)
POLICE = re.compile(
    r"\bpolice|\bcops?\b|officer|arrest|\bcrime|criminal|\bcourt|\bjail|prison|\bshoot|shot\b"
    r"|murder|\bgun",
    re.IGNORECASE,
)
GRADES = {"-1.0": "negative", "0.0": "neutral", "1.0": "positive"}


class Labelled(NamedTuple):
    """n texts as a head knows them, the tone (0 to 2) that people gave them, and their folds."""

    evidence: ToneEvidence
    tone: np.ndarray
    fold: np.ndarray
    shipped: np.ndarray

    def only(self, rows):
        return Labelled(*(one.only(rows) if i == 0 else one[rows] for i, one in enumerate(self)))

    def __len__(self):
        return len(self.tone)


def labelled(texts, tones):
    kept = [i for i, text in enumerate(texts) if text.strip()]
    texts = [texts[i] for i in kept]
    read = reading.read_texts(texts)
    found = score_texts(texts, ["en"] * len(texts), read)
    return Labelled(
        ToneEvidence(
            shipped=np.array([head.tone_probabilities(one) for one in found]),
            scorers=np.array([[dict(one.scorers)[name] for name in head.SCORERS] for one in found]),
            vectors=read.vectors.astype(np.float64),
        ),
        np.array([LABELS.index(tones[i]) for i in kept]),
        np.array([fold_of(text) for text in texts]),
        np.array([LABELS.index(one.label) for one in found]),
    )


def judged(some):
    n = len(some)
    return JudgedTones(
        taught=TaughtTones(
            evidence=some.evidence, tone=some.tone, weight=np.ones(n), fold=some.fold
        ),
        stream=np.full(n, "open"),
        stratum=np.full(n, ""),
        drawn=np.ones(n, dtype=bool),
        in_force=some.shipped,
    )


def recall_and_accuracy(found, truth):
    classes = np.unique(truth)
    recall = np.mean([np.mean(found[truth == one] == one) for one in classes])
    return np.array([recall, np.mean(found == truth)])


class Learned(NamedTuple):
    """Macro-recall and accuracy as shipped, by temperature and bias, and by the head; then the
    calibration error as shipped, of the head's own probabilities, and of those that are shown.
    """

    shipped: np.ndarray
    recalibrated: np.ndarray
    head: np.ndarray
    errors: np.ndarray


def learned(taught, others):
    """What labels of `taught` make of the texts of `others`."""
    found, _ = fit_tone_head(judged(taught), "bench")
    p = head.read_tones(found.folds, others.evidence, others.fold)
    before = recalibrated(taught.evidence.shipped, taught.tone, others.evidence.shipped)
    n, sure = len(others), p.max(axis=1)
    right = (p.argmax(axis=1) == others.tone).astype(float)
    shown = [head.scaled_confidence(sure, one) for one in found.confidences] or [np.full(n, np.nan)]
    return Learned(
        recall_and_accuracy(others.shipped, others.tone),
        recall_and_accuracy(before.argmax(axis=1), others.tone),
        recall_and_accuracy(p.argmax(axis=1), others.tone),
        np.array(
            [
                calibration_error(
                    others.evidence.shipped.max(axis=1),
                    (others.shipped == others.tone).astype(float),
                    np.ones(n),
                ),
                calibration_error(sure, right, np.ones(n)),
                calibration_error(shown[0], right, np.ones(n)),
            ]
        ),
    )


def order_of_draw(tone, seed):
    """An order by chance that begins with ten texts of each tone: with fewer no head is learned."""
    order = np.random.default_rng(seed).permutation(len(tone))
    first = [np.flatnonzero(tone[order] == one)[:FEWEST_OF_TONE] for one in range(3)]
    first = np.sort(np.concatenate(first))
    return np.concatenate([order[first], np.delete(order, first)])


def mean_of_seeds(every, size):
    """The mean over five draws of `size` labels, each judged by all texts that are left."""
    drawn = [order_of_draw(every.tone, seed) for seed in SEEDS]
    found = [learned(every.only(one[:size]), every.only(one[size:])) for one in drawn]
    return Learned(*(np.mean(part, axis=0) for part in zip(*found, strict=True)))


def pair(values):
    return " / ".join(f"{one:.3f}" for one in values)


def gain_row(what, found, target=None):
    asked = "none set" if target is None else pair(target)[: 5 if len(target) == 1 else None]
    return Row(
        f"{what}, macro-recall / accuracy",
        asked,
        pair(found.head),
        f"as shipped {pair(found.shipped)}, temperature and bias {pair(found.recalibrated)}",
        target is None or bool((found.head[: len(target)].round(3) >= target).all()),
    )


def confidence_row(what, found):
    shipped, own, shown = found.errors
    said = "not shown" if np.isnan(shown) else f"{shown:.3f}"
    yardsticks = f"as shipped {shipped:.3f}, the head's own probabilities {own:.3f}"
    passed = not shown > 0.05
    return Row(f"{what}, calibration error of confidence", "at most .05", said, yardsticks, passed)


def patient_rows():
    found = sets.patients()
    if found is None:
        return
    every = labelled(found.texts, found.tones)
    for size, target in ((200, (0.60, 0.70)), (500, None), (2_000, (0.68, 0.75))):
        mean = mean_of_seeds(every, size)
        yield gain_row(f"patients' comments, {size:,} labels", mean, target)
        yield confidence_row(f"patients' comments, {size:,} labels", mean)


def tweet_rows():
    mine, others = sets.tweets("val"), sets.tweets("test")
    if mine is None or others is None:
        return
    every = labelled(*others)
    found = learned(labelled(*mine), every)
    yield gain_row("TweetEval's tweets, 2,000 labels of others", found, (0.66,))
    yield confidence_row("TweetEval's tweets, 2,000 labels of others", found)
    texts = [text for text in others[0] if text.strip()]
    about = np.array([bool(POLICE.search(text)) for text in texts])
    what = f"{about.sum()} tweets about police, crime and courts, 120 labels"
    yield gain_row(what, mean_of_seeds(every.only(about), 120))


def course_rows():
    if not COURSE.is_file():
        return
    with COURSE.open(encoding="utf-8-sig", newline="") as file:
        rows = [(row["text"], GRADES[row["sentiment"]]) for row in csv.DictReader(file)]
    every = labelled(*zip(*rows, strict=True))
    for size in (100, 200):
        found = mean_of_seeds(every, size)
        yield gain_row(f"{len(every)} course evaluations, {size} labels", found)


def rows() -> list[Row]:
    return [*patient_rows(), *tweet_rows(), *course_rows()]
