"""Tone heads: what the machine learned about tone from texts that two people coded."""

import hashlib
from collections.abc import Sequence

import msgspec

from survey.problems import Conflict
from survey.themes.double_coding import AccuracyEstimate

FOLDS = 16
"""A byte has 256 values, so sixteen folds are equally likely."""
FEWEST_TONES = 100
FEWEST_OF_TONE = 10
READING = "+h"


class FoldHead(msgspec.Struct, frozen=True, kw_only=True):
    """The weights that read the texts of one fold, learned from the labels of all other folds.

    `weights` are features x 3 as little-endian float32, one row after the other.
    """

    weights: bytes
    bias: tuple[float, float, float]


class ConfidenceScale(msgspec.Struct, frozen=True, kw_only=True):
    """How sure a tone of one stream may be called: 1 / (1 + exp(-slope·logit(p) - intercept)).

    p is the head's probability of the tone. `error` is the expected calibration error on `labels`
    texts of folds that were left out.
    """

    stream: str
    slope: float
    intercept: float
    labels: int
    error: float


class ToneHead(msgspec.Struct, frozen=True, kw_only=True):
    """One head for each fold, learned on `labels` texts; `reader` is the model of their vectors.

    `confidences` has the streams whose confidence was checked and may be shown.
    """

    reader: str
    labels: int
    folds: tuple[FoldHead, ...]
    confidences: tuple[ConfidenceScale, ...] = ()


class ReadingGain(msgspec.Struct, frozen=True, kw_only=True):
    """The recall of a tone, or the macro-recall of a stream, before and with the head."""

    name: str
    before: AccuracyEstimate
    after: AccuracyEstimate


class HeadCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The macro-recall of the reading in force and of a head, on labels it did not learn from.

    `gain` is the difference with its 95 % interval; `changed` the share of these texts that get
    another tone.
    """

    before: AccuracyEstimate
    after: AccuracyEstimate
    gain: AccuracyEstimate
    changed: float
    tones: tuple[ReadingGain, ...] = ()
    streams: tuple[ReadingGain, ...] = ()

    @property
    def beats(self) -> bool:
        """Whether the head reads better by more than chance: its whole interval is above 0."""
        return self.gain.low is not None and self.gain.low > 0


class CurvePoint(msgspec.Struct, frozen=True, kw_only=True):
    """The macro-recall that a head reaches with this many labels, with its 95 % interval."""

    labels: int
    recall: float
    low: float
    high: float


class MoreLabels(msgspec.Struct, frozen=True):
    """How many more texts two people would have to code: the likely number, and its 95 % interval.

    None where even twice as many labels as there are would not be enough.
    """

    likely: int | None
    soonest: int | None
    latest: int | None


class LabelCurve(msgspec.Struct, frozen=True, kw_only=True):
    """How well a head reads the texts of one stream ("" for all) by how many labels it has.

    `labels` are those of all streams together. `shipped` is the macro-recall without a head,
    `measured` that on held-out labels, `expected` what the fitted curve gives, from few labels to
    twice as many as there are.
    """

    stream: str
    labels: int
    shipped: float
    measured: tuple[CurvePoint, ...]
    expected: tuple[CurvePoint, ...]

    def more_labels(self, recall: float) -> MoreLabels:
        """How many more labels would bring the recall to this value; 0 if it is reached."""
        later = [point for point in self.expected if point.labels >= self.labels]

        def first(values: Sequence[float]) -> int | None:
            both = zip(later, values, strict=True)
            return next(
                (point.labels - self.labels for point, value in both if value >= recall), None
            )

        return MoreLabels(
            first([point.recall for point in later]),
            first([point.high for point in later]),
            first([point.low for point in later]),
        )


class ToneReading(msgspec.Struct, frozen=True, kw_only=True):
    """How tone is read since a person decided so: by a head, or as shipped (`head` is None).

    Version 0 is the reading as shipped, before anybody decided.
    """

    version: int
    head: int | None = None

    @property
    def mark(self) -> str:
        """The end of a coder's version under this reading; such versions sort in time order."""
        return f"{READING}{self.version:04d}" if self.version else ""


def fold_of(words: str) -> int:
    """The fold of a text, by its words: equal texts are read by the same head.

    The head of a fold has not learned from any text of that fold.
    """
    return hashlib.sha256(words.encode()).digest()[0] % FOLDS


def base_version(coder_version: str) -> str:
    """The version of the coder itself, without how tone was read after it."""
    return coder_version.partition(READING)[0]


useless_tone_head = Conflict.of(
    "tone_head.no_gain",
    "There is no tone head yet that reads held-out labels better than the reading in use.",
    "Code more texts first.",
)
changed_tone_reading = Conflict.of(
    "tone_head.changed",
    "Somebody changed how tone is read meanwhile, or a newer head was learned.",
    "Look at the results again.",
)
