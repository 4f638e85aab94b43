"""What a label earns: how well a tone head reads by the number of texts that two people coded."""

from collections.abc import Callable

import numpy as np

from analysis.coding.tone_heads import JudgedTones
from analysis.statistics.classification import agreement
from analysis.statistics.sampling.variance import Floats, Ints
from analysis.text.tone.head import TaughtTones, fit_head, read_tones
from survey.coding.tone_heads import FOLDS, CurvePoint, FoldHead, LabelCurve

FIRST_SIZE = 50
REPEATS = 2
TIMES = 500
SEED = 7_411
STEPS = 40
Reading = dict[int, list[Ints]]


def label_curves(judged: JudgedTones, *, seed: int = SEED) -> tuple[LabelCurve, ...]:
    """The curve of all texts drawn by chance, then of each stream with 10 of each tone.

    Heads are learned from 50, 100, 200, ... of the labels and judged on the fold that they have not
    seen. recall(m) = a + b·log m is fitted by least squares to the macro-recalls, and to those of
    500 bootstrap samples of the labels, whose 2.5 and 97.5 % quantiles are the interval. It
    leaves out that other labels would teach other heads, and held what came in nine of ten. It
    reaches from 50 labels to twice as many as there are; beyond that nothing is said. With 150,
    300 and 600 labels of patients' comments and tweets it was off by .01 in the mean at twice
    as many, and the interval held what was then reached in 65 of 72; a - b / √m was off by .02
    and held 62.
    `judged.suffice()` must hold. Whoever shows a curve reads it with `load_curves` of
    `survey/store/coding/tone_heads.py`, and asks `LabelCurve.more_labels(0.70)`.
    Source: Figueroa et al. (2012), "Predicting sample size required for classification".
    """
    read = tones_by_size(judged.taught, seed)
    return tuple(stream_curve(judged, read, one) for one in ("", *judged.streams()))


def tones_by_size(taught: TaughtTones, seed: int) -> Reading:
    """The tones (0 to 2) of each text by heads learned from so many labels of the other folds."""
    most = min(int((taught.fold != one).sum()) for one in range(FOLDS))
    found: Reading = {}
    size = FIRST_SIZE
    while size < most:
        found[size] = [held_out_tones(taught, size, (seed, n)) for n in range(REPEATS)]
        size *= 2
    found[most] = [held_out_tones(taught, most, (seed, 0))]
    return found


def held_out_tones(taught: TaughtTones, size: int, seed: tuple[int, int]) -> Ints:
    heads: list[FoldHead] = []
    for one in range(FOLDS):
        others = np.flatnonzero(taught.fold != one)
        order = teaching_order(taught.tone[others], np.random.default_rng((*seed, one)))
        heads.append(fit_head(taught.only(others[order[:size]])))
    return np.asarray(read_tones(heads, taught.evidence, taught.fold).argmax(axis=1))


def teaching_order(tone: Ints, rng: np.random.Generator) -> Ints:
    """An order by chance that begins with a text of each tone: without one nothing is learned."""
    order = rng.permutation(len(tone))
    first = [int(np.argmax(tone[order] == one)) for one in np.unique(tone)]
    return np.concatenate([order[first], np.delete(order, first)])


def stream_curve(judged: JudgedTones, read: Reading, stream: str) -> LabelCurve:
    rows = judged.of_stream(stream)
    tone, drawn = judged.taught.tone[rows], judged.sample(rows)
    again = agreement.bootstrap_weights(drawn, seed=SEED, times=TIMES)
    sizes = np.array(sorted(read), dtype=np.float64)
    figures = [mean_recall(tone, [one[rows] for one in read[int(m)]]) for m in sizes]
    recalls = np.array([figure(drawn.weight[None, :])[0] for figure in figures])
    resampled = np.array([figure(again) for figure in figures])
    labels = len(judged)
    grid = np.unique(np.linspace(FIRST_SIZE, 2 * labels, STEPS + 1).round(-1).astype(np.int64))
    grid = np.union1d(grid, [labels])
    line = fitted_curve(sizes, recalls[:, None])(grid)[:, 0]
    shipped = agreement.macro_recall(tone, judged.taught.evidence.shipped[rows].argmax(axis=1))
    return LabelCurve(
        stream=stream,
        labels=labels,
        shipped=round(float(shipped(drawn.weight[None, :])[0]), 4),
        measured=curve_points(sizes.astype(np.int64), recalls, resampled),
        expected=curve_points(grid, line, fitted_curve(sizes, resampled)(grid)),
    )


def mean_recall(tone: Ints, read: list[Ints]) -> Callable[[Floats], Floats]:
    figures = [agreement.macro_recall(tone, one) for one in read]
    return lambda weight: np.mean([figure(weight) for figure in figures], axis=0)


def fitted_curve(sizes: Floats, recalls: Floats) -> Callable[[Ints], Floats]:
    """a + b·log m of each column of `recalls` (sizes x times), b at least 0, at most 1 in all."""
    away = np.log(sizes) - np.log(sizes).mean()
    middle = recalls.mean(axis=0)
    # Of one size nothing grows: where nearly all labels are of equal texts, which share a fold.
    spread = float(away @ away) or 1.0
    slope: Floats = np.maximum(away @ (recalls - middle) / spread, 0.0)

    def recalls_at(m: Ints) -> Floats:
        risen: Floats = np.outer(np.log(m) - np.log(sizes).mean(), slope)
        return np.minimum(middle + risen, 1.0)

    return recalls_at


def curve_points(labels: Ints, recalls: Floats, resampled: Floats) -> tuple[CurvePoint, ...]:
    low, high = np.nanquantile(resampled, [0.025, 0.975], axis=1)
    return tuple(
        CurvePoint(labels=int(m), recall=round(r, 4), low=round(a, 4), high=round(b, 4))
        for m, r, a, b in zip(
            labels.tolist(), recalls.tolist(), low.tolist(), high.tolist(), strict=True
        )
    )
