"""How much better a tone head reads, how sure it may be called, and which texts teach it most."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from analysis.statistics import agreement
from analysis.statistics.agreement import CodingSample
from analysis.statistics.sampling.variance import Flags, Floats, Ints, Labels
from analysis.text.tone import (
    LABELS,
    TaughtTones,
    fit_fold_heads,
    fit_head,
    logit,
    read_tones,
    scaled_confidence,
)
from survey.themes import tone_heads
from survey.themes.double_coding import STREAMS

FEWEST_SURE = 200
OF_BIN = 100
MOST_BINS = 10
LARGEST_ERROR = 0.05
# Of vectors that are stored with half precision, those of equal texts may differ by so much.
LEAST_DISTANCE = 1e-3
FIRST_SIZE = 50
REPEATS = 2
TIMES = 500
SEED = 7_411
STEPS = 40
Reading = dict[int, list[Ints]]


@dataclass(frozen=True, eq=False, kw_only=True)
class JudgedTones:
    """Texts that two people coded, as a head learns from them and is judged by them.

    `stream` and `stratum` of each; `drawn` says which were drawn by chance: only these judge a
    reading, the others were picked to teach. `in_force` is the tone (0 to 2) that each is read as
    today.
    """

    taught: TaughtTones
    stream: Labels
    stratum: Labels
    drawn: Flags
    in_force: Ints

    def __len__(self) -> int:
        return len(self.taught)

    def suffice(self) -> bool:
        """Whether there are 100 labels drawn by chance, 10 of each tone, and each tone in two
        folds: a head needs every tone in the folds that it learns from.
        """
        taught = self.taught
        tones = np.bincount(taught.tone[self.drawn], minlength=3)
        spread = all(len(np.unique(taught.fold[taught.tone == tone])) > 1 for tone in range(3))
        return bool(
            tones.sum() >= tone_heads.FEWEST_TONES
            and tones.min() >= tone_heads.FEWEST_OF_TONE
            and spread
        )

    def sample(self, rows: Flags) -> CodingSample:
        return CodingSample(weight=self.taught.weight[rows], stratum=self.stratum[rows])

    def of_stream(self, stream: str) -> Flags:
        """The texts of a stream ("" for all) that were drawn by chance."""
        return self.drawn if not stream else self.drawn & (self.stream == stream)

    def streams(self) -> list[str]:
        """The streams with 10 drawn texts of each tone."""
        return [
            stream
            for stream in STREAMS
            if np.bincount(self.taught.tone[self.of_stream(stream)], minlength=3).min()
            >= tone_heads.FEWEST_OF_TONE
        ]


def fit_tone_head(
    judged: JudgedTones, reader: str
) -> tuple[tone_heads.ToneHead, tone_heads.HeadCheck]:
    """A head learned from these labels, and how well it reads the texts of folds left out."""
    heads = fit_fold_heads(judged.taught)
    p = read_tones(heads, judged.taught.evidence, judged.taught.fold)
    head = tone_heads.ToneHead(
        reader=reader,
        labels=len(judged),
        folds=heads,
        confidences=confidence_scales(judged, p),
    )
    return head, check_reading(judged, p.argmax(axis=1))


def check_reading(judged: JudgedTones, read: Ints) -> tone_heads.HeadCheck:
    """Tones (0 to 2) on labels that they were not learned from, against the reading in force.

    The gain in macro-recall has a 95 % interval of the same labels under both readings (Rao & Wu's
    bootstrap, by strata). A head is better where the whole interval is above 0. Where nothing can
    be gained, it was so in 22 of 1,200 simulated sets of 120 and of 300 labels: 8 of 600 where the
    tone as shipped is as good as any, 14 of 600 where it is a guess and nothing can be learned.
    Source: Rao & Wu (1988).
    """
    rows = judged.drawn
    tone, now, then = judged.taught.tone[rows], read[rows], judged.in_force[rows]
    drawn = judged.sample(rows)
    before, after = agreement.macro_recall(tone, then), agreement.macro_recall(tone, now)
    return tone_heads.HeadCheck(
        before=agreement.bootstrapped_figure(before, drawn),
        after=agreement.bootstrapped_figure(after, drawn),
        gain=agreement.bootstrapped_figure(lambda weight: after(weight) - before(weight), drawn),
        changed=float(drawn.weight @ (now != then) / drawn.weight.sum()),
        tones=tuple(tone_gain(judged, read, place) for place in range(3)),
        streams=tuple(stream_gain(judged, read, stream) for stream in judged.streams()),
    )


def tone_gain(judged: JudgedTones, read: Ints, place: int) -> tone_heads.ReadingGain:
    rows = judged.drawn & (judged.taught.tone == place)
    drawn = judged.sample(rows)

    def recall(tones: Ints) -> Floats:
        return np.asarray(tones[rows] == place, dtype=np.float64)

    return tone_heads.ReadingGain(
        name=LABELS[place],
        before=agreement.bootstrapped_figure(
            agreement.weighted_mean(recall(judged.in_force)), drawn
        ),
        after=agreement.bootstrapped_figure(agreement.weighted_mean(recall(read)), drawn),
    )


def stream_gain(judged: JudgedTones, read: Ints, stream: str) -> tone_heads.ReadingGain:
    rows = judged.of_stream(stream)
    tone, drawn = judged.taught.tone[rows], judged.sample(rows)
    return tone_heads.ReadingGain(
        name=stream,
        before=agreement.bootstrapped_figure(
            agreement.macro_recall(tone, judged.in_force[rows]), drawn
        ),
        after=agreement.bootstrapped_figure(agreement.macro_recall(tone, read[rows]), drawn),
    )


def confidence_scales(judged: JudgedTones, p: Floats) -> tuple[tone_heads.ConfidenceScale, ...]:
    """The confidence scale of each stream whose confidence proves right on folds left out.

    P(right) = 1 / (1 + exp(-a·logit(max p) - b)), fitted by weighted log loss on the texts of all
    folds but one and checked on that one, in turn. A stream has a scale where 200 labels or more
    have an expected calibration error of at most .05. `p` (n, 3) comes from `read_tones`. It never
    changes which tone a text has. Source: Platt (1999); Guo et al. (2017).
    """
    sure = p.max(axis=1)
    right = (p.argmax(axis=1) == judged.taught.tone).astype(np.float64)
    scales = []
    for stream in STREAMS:
        rows = judged.of_stream(stream) if stream else judged.drawn
        if rows.sum() < FEWEST_SURE:
            continue
        weight, fold = judged.taught.weight[rows], judged.taught.fold[rows]
        held_out = np.zeros(int(rows.sum()))
        for number in range(tone_heads.FOLDS):
            left = fold == number
            scale = fitted_scale(sure[rows][~left], right[rows][~left], weight[~left], stream)
            held_out[left] = scaled_confidence(sure[rows][left], scale)
        error = calibration_error(held_out, right[rows], weight)
        if error <= LARGEST_ERROR:
            scale = fitted_scale(sure[rows], right[rows], weight, stream, error)
            scales.append(scale)
    return tuple(scales)


def fitted_scale(
    sure: Floats, right: Floats, weight: Floats, stream: str, error: float = 0.0
) -> tone_heads.ConfidenceScale:
    odds = logit(sure)

    def loss(x: Floats) -> float:
        z = x[0] * odds + x[1]
        badness = weight @ (np.logaddexp(0.0, z) - right * z) / weight.sum()
        return float(badness + 0.5 * (x @ x) / len(sure))

    slope, intercept = minimize(loss, np.array([1.0, 0.0]), method="L-BFGS-B").x
    return tone_heads.ConfidenceScale(
        stream=stream,
        slope=round(float(slope), 4),
        intercept=round(float(intercept), 4),
        labels=len(sure),
        error=round(error, 4),
    )


def calibration_error(sure: Floats, right: Floats, weight: Floats) -> float:
    """Expected calibration error: the mean of |share right - mean confidence| over bins.

    Bins of equal numbers of texts by confidence, one for each 100, two to ten. With few texts
    chance alone makes it larger than it is, so that it errs on the safe side.
    Source: Naeini, Cooper & Hauskrecht (2015); Guo et al. (2017).
    """
    order = np.argsort(sure, kind="stable")
    bins = np.array_split(order, min(max(len(sure) // OF_BIN, 2), MOST_BINS))
    return float(sum(abs(weight[b] @ (right[b] - sure[b])) for b in bins) / weight.sum())


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
    themes = strengths > 0
    doubt = np.where(themes, 1 - np.abs(2 * strengths - 1), 0.0)
    return np.asarray((doubt / np.sqrt(1 + themes[drawn].sum(axis=0))).max(axis=1, initial=0.0))


def spread_choice(vectors: NDArray[np.float32], doubt: Floats, known: Flags, size: int) -> Ints:
    """The rows of at most `size` texts, each in doubt and unlike those known or chosen before."""
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


def label_curves(judged: JudgedTones, *, seed: int = SEED) -> tuple[tone_heads.LabelCurve, ...]:
    """The curve of all texts drawn by chance, then of each stream with 10 of each tone.

    Heads are learned from 50, 100, 200, ... of the labels and judged on the fold that they have not
    seen. recall(m) = a + b·log m is fitted by least squares to the macro-recalls, and to those of
    500 bootstrap samples of the labels, whose 2.5 and 97.5 % quantiles are the interval. It ignores
    that other labels would teach other heads, and held the later recall in nine cases of ten. It
    reaches from 50 labels to twice as many as there are; beyond that nothing is said. With 150, 300
    and 600 labels of patients' comments and tweets it was off by .01 in the mean at twice as many,
    and the interval held what was then reached in 65 of 72; a - b / √m was off by .02 and held 62.
    `judged.suffice()` must hold. Whoever shows a curve reads it with `load_curves` of
    `survey/store/themes/tone_heads.py`, and asks `LabelCurve.more_labels(0.70)`. Source: Figueroa
    et al. (2012), "Predicting sample size required for classification".
    """
    most = min(int((judged.taught.fold != number).sum()) for number in range(tone_heads.FOLDS))
    read: Reading = {}
    size = FIRST_SIZE
    while size < most:
        read[size] = [held_out_tones(judged.taught, size, (seed, n)) for n in range(REPEATS)]
        size *= 2
    read[most] = [held_out_tones(judged.taught, most, (seed, 0))]
    return tuple(stream_curve(judged, read, stream) for stream in ("", *judged.streams()))


def held_out_tones(taught: TaughtTones, size: int, seed: tuple[int, int]) -> Ints:
    heads: list[tone_heads.FoldHead] = []
    for number in range(tone_heads.FOLDS):
        others = np.flatnonzero(taught.fold != number)
        order = teaching_order(taught.tone[others], np.random.default_rng((*seed, number)))
        heads.append(fit_head(taught.only(others[order[:size]])))
    return np.asarray(read_tones(heads, taught.evidence, taught.fold).argmax(axis=1))


def teaching_order(tone: Ints, rng: np.random.Generator) -> Ints:
    """A random order that begins with a text of each tone: a head cannot learn without one."""
    order = rng.permutation(len(tone))
    first = [int(np.argmax(tone[order] == number)) for number in np.unique(tone)]
    return np.concatenate([order[first], np.delete(order, first)])


def stream_curve(judged: JudgedTones, read: Reading, stream: str) -> tone_heads.LabelCurve:
    rows = judged.of_stream(stream)
    tone, drawn = judged.taught.tone[rows], judged.sample(rows)
    again = agreement.bootstrap_weights(drawn, seed=SEED, times=TIMES)
    sizes = np.array(sorted(read), dtype=np.float64)
    figures = [mean_recall(tone, [tones[rows] for tones in read[int(m)]]) for m in sizes]
    recalls = np.array([figure(drawn.weight[None, :])[0] for figure in figures])
    resampled = np.array([figure(again) for figure in figures])
    labels = len(judged)
    grid = np.unique(np.linspace(FIRST_SIZE, 2 * labels, STEPS + 1).round(-1).astype(np.int64))
    grid = np.union1d(grid, [labels])
    line = fitted_curve(sizes, recalls[:, None])(grid)[:, 0]
    shipped = agreement.macro_recall(tone, judged.taught.evidence.shipped[rows].argmax(axis=1))
    return tone_heads.LabelCurve(
        stream=stream,
        labels=labels,
        shipped=round(float(shipped(drawn.weight[None, :])[0]), 4),
        measured=curve_points(sizes.astype(np.int64), recalls, resampled),
        expected=curve_points(grid, line, fitted_curve(sizes, resampled)(grid)),
    )


def mean_recall(tone: Ints, read: list[Ints]) -> Callable[[Floats], Floats]:
    figures = [agreement.macro_recall(tone, tones) for tones in read]
    return lambda weight: np.mean([figure(weight) for figure in figures], axis=0)


def fitted_curve(sizes: Floats, recalls: Floats) -> Callable[[Ints], Floats]:
    """a + b·log m for each column of `recalls` (sizes x times), with b ≥ 0 and values up to 1."""
    away = np.log(sizes) - np.log(sizes).mean()
    middle = recalls.mean(axis=0)
    # Of one size nothing grows: where nearly all labels are of equal texts, which share a fold.
    spread = float(away @ away) or 1.0
    slope: Floats = np.maximum(away @ (recalls - middle) / spread, 0.0)

    def recalls_at(m: Ints) -> Floats:
        risen: Floats = np.outer(np.log(m) - np.log(sizes).mean(), slope)
        return np.minimum(middle + risen, 1.0)

    return recalls_at


def curve_points(
    labels: Ints, recalls: Floats, resampled: Floats
) -> tuple[tone_heads.CurvePoint, ...]:
    low, high = np.nanquantile(resampled, [0.025, 0.975], axis=1)
    return tuple(
        tone_heads.CurvePoint(labels=int(m), recall=round(r, 4), low=round(a, 4), high=round(b, 4))
        for m, r, a, b in zip(
            labels.tolist(), recalls.tolist(), low.tolist(), high.tolist(), strict=True
        )
    )
