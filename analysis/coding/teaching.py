"""Which texts teach the machine most once two people have coded them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.coding.tone_heads import JudgedTones
from analysis.statistics.classification import agreement
from analysis.statistics.sampling.variance import Flags, Floats, Ints
from analysis.text.tone.head import TaughtTones, fit_head, read_tones
from survey.coding.tone_heads import FOLDS, CurvePoint, FoldHead, LabelCurve


@dataclass(frozen=True, eq=False, kw_only=True)
class ReadTexts:
    """n texts of a quarter as the machine reads them.

    `vectors` (n, d) of length 1; `tone` (n, 3) the probability of each tone, NaN where a text has
    none; `strengths` (n, k) the strength of each theme that was found, 0 of the others.
    """

    vectors: NDArray[np.float32]
    tone: Floats
    strengths: Floats


def teaching_texts(texts: ReadTexts, drawn: Flags, *, size: int) -> Ints:
    """The rows of up to `size` texts whose labels teach most, in the order of their choice.

    `drawn` (n) marks the texts that chance drew already. The first half are those whose tone is
    most in doubt, the others those whose themes are, rare themes first: one after the other is
    taken the text i with the largest u_i · min_j (1 - v_i·v_j), over all j drawn or taken before.

    - Tone: u_i = 1 - (p_1 - p_2), of the two likeliest tones.
    - Themes: u_i = max_k (1 - |2 s_ik - 1|) / √(1 + m_k), over the themes that were found, with m_k
      drawn texts.

    A copy of a text that is drawn or taken teaches nothing, and is left out. Source: Settles (2009)
    for the margin; Sener & Savarese (2018) for the spread.
    """
    by_tone = spread_choice(texts.vectors, tone_doubt(texts.tone), drawn, size // 2)
    known = drawn.copy()
    known[by_tone] = True
    rare = theme_doubt(texts.strengths, drawn)
    return np.concatenate([by_tone, spread_choice(texts.vectors, rare, known, size - len(by_tone))])


def tone_doubt(tone: Floats) -> Floats:
    """1 - (p_1 - p_2) of each text, 0 to 1; 0 where it has no tone."""
    least_to_most = np.sort(tone, axis=1)
    return np.nan_to_num(1 - (least_to_most[:, 2] - least_to_most[:, 1]))


def theme_doubt(strengths: Floats, drawn: Flags) -> Floats:
    """The doubt of each text's most doubtful theme, 0 to 1: less where many drawn texts have it."""
    found = strengths > 0
    doubt = np.where(found, 1 - np.abs(2 * strengths - 1), 0.0)
    return np.asarray((doubt / np.sqrt(1 + found[drawn].sum(axis=0))).max(axis=1, initial=0.0))


# Of vectors that are stored with half precision, those of equal texts may differ by so much.
LEAST_DISTANCE = 1e-3


def spread_choice(vectors: NDArray[np.float32], doubt: Floats, known: Flags, size: int) -> Ints:
    """The rows of `size` texts at most, each in doubt and unlike those known and those before."""
    apart = np.ones(len(vectors))
    for row in np.flatnonzero(known):
        apart = np.minimum(apart, 1 - vectors @ vectors[row])
    taken: list[int] = []
    while len(taken) < size:
        gain = np.where(apart > LEAST_DISTANCE, doubt * apart, 0.0)
        if not (gain > 0).any():
            break
        taken.append(int(gain.argmax()))
        apart = np.minimum(apart, 1 - vectors @ vectors[taken[-1]])
    return np.array(taken, dtype=np.int64)


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
