"""Net sentiment corrected by texts that people coded, and whether the machine recognises worry."""

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from analysis.statistics import agreement, correction
from analysis.statistics.correction import CorrectedMean, LabelledTexts, MachineMean
from analysis.statistics.sampling.estimates import means
from analysis.statistics.sampling.samples import Design, Sample
from analysis.statistics.sampling.variance import Flags, Floats, Ints
from analysis.themes.accuracy import CorrectionWindow, DoubleCodedTexts, correcting_labels
from survey.editions.texts import NetSentiment, ToneWord
from survey.themes import double_coding

SCALE = (-100.0, 100.0)
THIRD = 100 / 3
# After the rule for shares (NCHS): thirty at least, and an interval of less than a third of the
# scale, as a wider one lies in none of the thirds that have a word.
FEWEST_OF_THEME = 30
# Of so many texts of a theme that people call worry, the machine must recognise half.
FEWEST_WORRIES_OF_THEME = 10
WIDEST = 2 * THIRD
Z = 1.96


def tone_checks(labelled: DoubleCodedTexts | None) -> tuple[double_coding.ToneCheck, ...]:
    """How much of what people call worry the machine reads as worry, in the newest quarter of each
    stream with 30 such texts.

    It is judged as tone is read today: figures are made of that reading, and no text was read by a
    head that had learned from it.
    """
    if labelled is None:
        return ()
    return tuple(
        check
        for stream in double_coding.STREAMS
        if (check := stream_check(labelled, stream)) is not None
    )


def stream_check(labelled: DoubleCodedTexts, stream: str) -> double_coding.ToneCheck | None:
    worry = (labelled.stream == stream) & (labelled.tone < 0) & np.isfinite(labelled.tone_now)
    mine = labelled.only(worry)
    quarters = sorted(set(mine.quarter.tolist()), reverse=True)
    judged = [
        quarter
        for quarter in quarters
        if mine.in_quarter(quarter).sum() >= double_coding.FEWEST_WORRIES
    ]
    if not judged:
        return None
    newest, *before = [worry_recall(mine, quarter) for quarter in judged[:2]]
    return double_coding.ToneCheck(
        quarter=judged[0],
        stream=stream,
        recall=newest,
        status=double_coding.tone_status(newest, before[0] if before else None),
    )


def worry_recall(
    worries: DoubleCodedTexts, quarter: datetime.date
) -> double_coding.AccuracyEstimate:
    mine = worries.only(worries.in_quarter(quarter))
    heard = agreement.weighted_mean((mine.tone_now < 0).astype(np.float64))
    return agreement.bootstrapped_figure(heard, mine.coding_sample())


@dataclass(frozen=True, eq=False, kw_only=True)
class ScoredTexts:
    """The texts of one stream in a window whose tone the machine read.

    `tone` -1, 0 or 1; `spoken` texts x themes; `weight` how much each counts; `unit` one number for
    all texts that are copies of each other. `read` which of them the machine read: a person set
    tone and themes of the others. `sample` is how residents were drawn, None where the figure is
    about these very texts.
    """

    tone: Floats
    spoken: Flags
    weight: Floats
    unit: Ints
    read: Flags
    sample: Sample | None = None

    def read_share(self) -> float:
        """How much of the mean the machine read: only that part needs a correction."""
        return float(self.weight[self.read].sum() / self.weight.sum())

    def mean(self, value: Floats, group: Ints | None = None) -> MachineMean:
        """The mean of a value over the texts; concentration by group of the texts."""
        if self.sample is not None:
            mean = means(value, self.sample)
            # One PSU alone has no error to measure.
            variance = float(np.nan_to_num(mean.se[0] ** 2))
            return MachineMean(mean=float(mean.value[0]), variance=variance)
        share = self.weight / self.weight.sum()
        groups = np.zeros(len(value), dtype=np.int64) if group is None else group
        return MachineMean(
            mean=float(share @ value),
            concentration=tuple(
                self.squares(share, self.read & (groups == i))
                for i in range(int(groups.max(initial=0)) + 1)
            ),
        )

    def squares(self, share: Floats, rows: Flags) -> float:
        each = np.bincount(self.unit[rows], share[rows])
        return float(each @ each)


@dataclass(frozen=True, eq=False, kw_only=True)
class ToneCorrection:
    """The labels that correct the tone of one stream, and λ (None: the best one)."""

    labels: DoubleCodedTexts
    stream: str
    power: float | None

    def design(self) -> Design:
        return self.labels.design(self.stream)


def tone_correction(
    labelled: DoubleCodedTexts, stream: str, window: CorrectionWindow
) -> ToneCorrection:
    both = np.isfinite(labelled.tone) & np.isfinite(labelled.tone_now)
    mine, power = correcting_labels(labelled.only(both), stream, window)
    return ToneCorrection(labels=mine, stream=stream, power=power)


def stream_tone(texts: ScoredTexts, stream_correction: ToneCorrection) -> CorrectedMean | None:
    """Net sentiment of all texts of a stream, corrected; None with fewer than 30 labels."""
    labels = stream_correction.labels
    if len(labels) < FEWEST_OF_THEME:
        return None
    part = 100 * texts.read_share()
    return correction.ppi(
        part * labels.tone,
        part * labels.tone_now,
        stream_correction.design(),
        texts.mean(100 * texts.tone),
        power=trust_in(texts, stream_correction),
        bounds=SCALE,
    )


def trust_in(texts: ScoredTexts, stream_correction: ToneCorrection) -> float | None:
    """λ, how far the machine is trusted; it is 1 also where a campaign counts once or a person set
    its tone, since labels, which count texts alike, cannot say how often a tone comes up.
    """
    alike = texts.read.all() and len(set(texts.weight.tolist())) == 1
    return stream_correction.power if alike or texts.sample is not None else 1.0


def theme_tone(
    texts: ScoredTexts, stream_correction: ToneCorrection, theme: int
) -> CorrectedMean | None:
    """Net sentiment of the texts that people would place under a theme, corrected.

    None where fewer than 30 labels are of the theme, by people or by the machine.
    """
    labels = stream_correction.labels.only(stream_correction.labels.told[:, theme])
    said, now = (codes[:, theme] for codes in (labels.truth, labels.now))
    if int((said | now).sum()) < FEWEST_OF_THEME:
        return None
    mine, part = texts.spoken[:, theme], texts.read_share()

    def machine(theta: float) -> MachineMean:
        return texts.mean(mine * (100 * texts.tone - theta), mine.astype(np.int64))

    return correction.ppi_of_domain(
        LabelledTexts(
            y=100 * labels.tone,
            f=100 * labels.tone_now,
            design=labels.design(stream_correction.stream),
            group=now.astype(np.int64),
        ),
        (part * said.astype(np.float64), part * now.astype(np.float64)),
        machine,
        power=trust_in(texts, stream_correction),
        bounds=SCALE,
    )


def misses_worry(stream_correction: ToneCorrection, theme: int) -> bool:
    """True if the machine misses more than half of what people call worry about a theme.

    Σ w·[f < 0] / Σ w over the labels with the theme and y < 0, w the weights of the draw. The
    theme's tone then moves with whatever the machine takes for worry, and labels of earlier
    quarters cannot repair that. False with fewer than ten such labels, which cannot show it.
    """
    labels = stream_correction.labels
    worry = labels.told[:, theme] & labels.truth[:, theme] & (labels.tone < 0)
    if worry.sum() < FEWEST_WORRIES_OF_THEME:
        return False
    heard, weight = labels.tone_now[worry] < 0, labels.weight[worry]
    return bool(weight @ heard < double_coding.TONE_PASS_MARK * weight.sum())


def expected_width(
    texts: ScoredTexts, stream_correction: ToneCorrection, theme: int, corrected: CorrectedMean
) -> float:
    """How wide the interval of a theme with so many labels and texts usually is.

    2·1.96·s·√(1/n + 1/N), s the standard deviation of y - λf over the labels of the whole stream, n
    the labels of the theme, N the window's texts that the machine places under it, the copies of a
    campaign as one. The width of a theme's own interval is partly chance: of those that came out
    narrow, 91 in 100 held the truth.
    """
    weight = stream_correction.design().weight
    left = 100 * (
        stream_correction.labels.tone - corrected.power * stream_correction.labels.tone_now
    )
    middle = weight @ left / weight.sum()
    spread = math.sqrt(weight @ (left - middle) ** 2 / weight.sum())
    mine = texts.spoken[:, theme]
    share = texts.weight / max(float(texts.weight[mine].sum()), 1.0)
    return 2 * Z * spread * math.sqrt(1 / corrected.n + texts.squares(share, mine & texts.read))


def tone_word(low: float, high: float) -> ToneWord:
    """The third of the scale that holds the whole interval; "" where none does.

    Where no text is neutral, the ends of the middle third are two worries to one praise, and the
    reverse.
    """
    if high < -THIRD:
        return "worry"
    if low > THIRD:
        return "praise"
    return "mixed" if low >= -THIRD and high <= THIRD else ""


def with_correction(
    sentiment: NetSentiment, mean: CorrectedMean | None, labels: int, *, width: float | None = None
) -> NetSentiment:
    """The figure with its number where `labels` of the stream and its interval allow one, and with
    a word where it is sure.

    `width` is what the interval's width is judged by; None takes its own width.
    """
    if mean is None:
        return replace(sentiment, labels=labels, missing="labels")
    counted = ", each campaign counted once" if sentiment.once else ""
    worded = replace(
        sentiment,
        labels=mean.n,
        words=tone_word(mean.low, mean.high),
        method=f"PPI++ (λ {mean.power:.2f}, {mean.n} labels{counted})",
    )
    if labels < double_coding.FEWEST_LABELS:
        return replace(worded, missing="labels")
    if (mean.high - mean.low if width is None else width) >= WIDEST:
        return replace(worded, missing="wide")
    return replace(worded, value=mean.value, low=mean.low, high=mean.high)


def withheld_streams(checks: Sequence[double_coding.ToneCheck]) -> set[str]:
    """The streams whose tone is withheld, because the machine recognises too little worry."""
    return {check.stream for check in checks if check.status in ("dropped", "below")}
