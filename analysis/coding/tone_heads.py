"""How much better a tone head reads than the reading in force, and how sure it may be called."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from analysis.statistics.classification import agreement
from analysis.statistics.classification.agreement import CodingSample
from analysis.statistics.sampling.variance import Flags, Floats, Ints, Labels
from analysis.text.tone.head import (
    TaughtTones,
    fit_fold_heads,
    logit,
    read_tones,
    scaled_confidence,
)
from analysis.text.tone.sentiment import LABELS
from survey.coding.double_coding import STREAMS
from survey.coding.tone_heads import (
    FEWEST_OF_TONE,
    FEWEST_TONES,
    FOLDS,
    ConfidenceScale,
    HeadCheck,
    ReadingGain,
    ToneHead,
)

FEWEST_SURE = 200
OF_BIN = 100
MOST_BINS = 10
LARGEST_ERROR = 0.05


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
        """Whether there are 100 labels drawn by chance, 10 of each tone, and each in two folds:
        equal texts are in one, and a head needs each tone in the others.
        """
        taught = self.taught
        tones = np.bincount(taught.tone[self.drawn], minlength=3)
        spread = all(len(np.unique(taught.fold[taught.tone == one])) > 1 for one in range(3))
        return bool(tones.sum() >= FEWEST_TONES and tones.min() >= FEWEST_OF_TONE and spread)

    def sample(self, rows: Flags) -> CodingSample:
        return CodingSample(weight=self.taught.weight[rows], stratum=self.stratum[rows])

    def of_stream(self, stream: str) -> Flags:
        """The texts of a stream ("" for all) that were drawn by chance."""
        return self.drawn if not stream else self.drawn & (self.stream == stream)

    def streams(self) -> list[str]:
        """The streams with 10 such texts of each tone."""
        return [
            stream
            for stream in STREAMS
            if np.bincount(self.taught.tone[self.of_stream(stream)], minlength=3).min()
            >= FEWEST_OF_TONE
        ]


def fit_tone_head(judged: JudgedTones, reader: str) -> tuple[ToneHead, HeadCheck]:
    """A head learned from these labels, and how it reads those of the folds left out."""
    heads = fit_fold_heads(judged.taught)
    p = read_tones(heads, judged.taught.evidence, judged.taught.fold)
    found = ToneHead(
        reader=reader,
        labels=len(judged),
        folds=heads,
        confidences=confidence_scales(judged, p),
    )
    return found, check_reading(judged, p.argmax(axis=1))


def check_reading(judged: JudgedTones, read: Ints) -> HeadCheck:
    """Tones (0 to 2) on labels that they were not learned from, against the reading in force.

    The gain in macro-recall has a 95 % interval of the same labels under both readings (Rao & Wu's
    bootstrap, by strata). A head is better where the whole interval is above 0. Where nothing can
    be gained, that came up in 22 of 1,200 simulated sets of 120 and of 300 labels: 8 of 600 where
    the tone as shipped is as good as any, 14 of 600 where it is a guess and nothing can be learned.
    Source: Rao & Wu (1988).
    """
    rows = judged.drawn
    tone, now, then = judged.taught.tone[rows], read[rows], judged.in_force[rows]
    drawn = judged.sample(rows)
    before, after = agreement.macro_recall(tone, then), agreement.macro_recall(tone, now)
    return HeadCheck(
        before=agreement.bootstrapped_figure(before, drawn),
        after=agreement.bootstrapped_figure(after, drawn),
        gain=agreement.bootstrapped_figure(lambda weight: after(weight) - before(weight), drawn),
        changed=float(drawn.weight @ (now != then) / drawn.weight.sum()),
        tones=tuple(tone_gain(judged, read, place) for place in range(3)),
        streams=tuple(stream_gain(judged, read, stream) for stream in judged.streams()),
    )


def tone_gain(judged: JudgedTones, read: Ints, place: int) -> ReadingGain:
    rows = judged.drawn & (judged.taught.tone == place)
    drawn = judged.sample(rows)

    def recall(tones: Ints) -> Floats:
        return np.asarray(tones[rows] == place, dtype=np.float64)

    return ReadingGain(
        name=LABELS[place],
        before=agreement.bootstrapped_figure(
            agreement.weighted_mean(recall(judged.in_force)), drawn
        ),
        after=agreement.bootstrapped_figure(agreement.weighted_mean(recall(read)), drawn),
    )


def stream_gain(judged: JudgedTones, read: Ints, stream: str) -> ReadingGain:
    rows = judged.of_stream(stream)
    tone, drawn = judged.taught.tone[rows], judged.sample(rows)
    return ReadingGain(
        name=stream,
        before=agreement.bootstrapped_figure(
            agreement.macro_recall(tone, judged.in_force[rows]), drawn
        ),
        after=agreement.bootstrapped_figure(agreement.macro_recall(tone, read[rows]), drawn),
    )


def confidence_scales(judged: JudgedTones, p: Floats) -> tuple[ConfidenceScale, ...]:
    """The streams whose confidence comes out right on folds left out, and its scale there.

    P(right) = 1 / (1 + exp(-a·logit(max p) - b)), fitted by weighted log loss on the texts of all
    folds but one and checked on that one, in turn. A stream has a scale where 200 labels or more
    have an expected calibration error of at most .05. `p` (n, 3) comes from `read_tones`. It never
    changes which tone a text has.
    Source: Platt (1999); Guo et al. (2017).
    """
    sure = p.max(axis=1)
    right = (p.argmax(axis=1) == judged.taught.tone).astype(np.float64)
    found = []
    for stream in STREAMS:
        rows = judged.of_stream(stream) if stream else judged.drawn
        if rows.sum() < FEWEST_SURE:
            continue
        weight, fold = judged.taught.weight[rows], judged.taught.fold[rows]
        held_out = np.zeros(int(rows.sum()))
        for one in range(FOLDS):
            left = fold == one
            scale = fitted_scale(sure[rows][~left], right[rows][~left], weight[~left], stream)
            held_out[left] = scaled_confidence(sure[rows][left], scale)
        error = calibration_error(held_out, right[rows], weight)
        if error <= LARGEST_ERROR:
            scale = fitted_scale(sure[rows], right[rows], weight, stream, error)
            found.append(scale)
    return tuple(found)


def fitted_scale(
    sure: Floats, right: Floats, weight: Floats, stream: str, error: float = 0.0
) -> ConfidenceScale:
    odds = logit(sure)

    def loss(x: Floats) -> float:
        z = x[0] * odds + x[1]
        badness = weight @ (np.logaddexp(0.0, z) - right * z) / weight.sum()
        return float(badness + 0.5 * (x @ x) / len(sure))

    slope, intercept = minimize(loss, np.array([1.0, 0.0]), method="L-BFGS-B").x
    return ConfidenceScale(
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
