"""How well the machine reads texts that two people coded, and shares corrected for its errors."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, fields

import msgspec
import numpy as np

from analysis.statistics.classification import agreement, correction
from analysis.statistics.classification.agreement import CodingSample, MachineReading
from analysis.statistics.classification.correction import CorrectedMean, MachineMean
from analysis.statistics.sampling.estimates import finite_or_none, means
from analysis.statistics.sampling.streams import Design, Sample
from analysis.statistics.sampling.variance import Flags, Floats, Ints, Labels
from survey.coding.double_coding import (
    FEWEST_LABELS,
    Accuracy,
    AccuracyEstimate,
    ReadingStatus,
    quarter_of,
    reading_status,
)
from survey.editions.chapters.themes import ThemeShare

FEWEST_IN_GROUP = 30
TONES = {"negative": -1.0, "neutral": 0.0, "positive": 1.0}
YEAR = datetime.timedelta(days=365)  # a day more, and a fifth quarter would count


@dataclass(frozen=True, eq=False, kw_only=True)
class DoubleCodedTexts:
    """Texts that two people coded, one entry a text.

    `weight` is 1 / chance of being drawn for coding, within `stratum`; the survey columns describe
    how the resident who wrote the text was drawn (weight 1 where nobody was drawn). `age`, `sex`
    and `ethnicity` are the writer's answers, "" where not given. `first` and `second` are the sets
    of themes that each coder chose (None: could not tell); `settled` is whether they agreed or a
    third person decided.

    Texts x themes: `truth` is the settled answer, `told` whether there is one, `then` and `now`
    what the machine said at the time of coding and says today. `tone` is -1, 0, 1 or NaN, of the
    people and of the machine. What each of the two coders said, -1 where they could not tell:
    `marks` texts x 2 x themes, `tones` and `comment_types` texts x 2.
    """

    quarter: Labels
    stream: Labels
    area: Labels
    language: Labels
    age: Labels
    sex: Labels
    ethnicity: Labels
    weight: Floats
    stratum: Labels
    survey_weight: Floats
    survey_stratum: Labels
    psu: Labels
    first: Labels
    second: Labels
    settled: Flags
    truth: Flags
    told: Flags
    then: Flags
    now: Flags
    tone: Floats
    tone_then: Floats
    tone_now: Floats
    marks: Ints
    tones: Ints
    comment_types: Ints

    def __len__(self) -> int:
        return len(self.weight)

    def only(self, rows: Flags) -> "DoubleCodedTexts":
        return DoubleCodedTexts(**{one.name: getattr(self, one.name)[rows] for one in fields(self)})

    def in_quarter(self, quarter: datetime.date) -> Flags:
        return np.array([one == quarter for one in self.quarter], dtype=np.bool_)

    def with_settled_themes(self) -> Flags:
        """Which texts have settled themes."""
        return np.asarray(self.told.any(axis=1))

    def coding_sample(self) -> CodingSample:
        return CodingSample(weight=self.weight, stratum=self.stratum)

    def design(self, stream: str) -> Design:
        """How texts were drawn; for sampled residents both draws count, in survey clusters."""
        if stream == "sampled":
            weight = self.weight * self.survey_weight
            return Design(weight=weight, stratum=self.survey_stratum, psu=self.psu)
        return Design(weight=self.weight, stratum=self.stratum)


@dataclass(frozen=True, kw_only=True)
class CorrectionWindow:
    """The period whose theme shares are corrected."""

    start: datetime.date
    end: datetime.date

    def covers(self, quarter: Labels) -> Flags:
        """Which labels are of the four quarters up to the end of the window; later ones did not
        exist yet.
        """
        last = quarter_of(self.end)
        return np.array([last - YEAR < one <= last for one in quarter], dtype=np.bool_)

    def own(self, quarter: Labels) -> Flags:
        """Which labels are of texts from the quarter that contains the whole window."""
        held = quarter_of(self.start) == quarter_of(self.end)
        return np.array([held and one == quarter_of(self.end) for one in quarter], dtype=np.bool_)


def labels_up_to(labelled: DoubleCodedTexts | None, day: datetime.date) -> DoubleCodedTexts | None:
    """The labels of all quarters up to and including the one that contains the day."""
    last = quarter_of(day)
    return labelled and labelled.only(np.array([one <= last for one in labelled.quarter], bool))


def accuracy_by_quarter(labelled: DoubleCodedTexts | None) -> list[Accuracy]:
    """Accuracy for each quarter, newest first, with the machine as it read at the time."""
    if labelled is None:
        return []
    quarters = sorted(set(labelled.quarter.tolist()), reverse=True)
    return [quarter_accuracy(labelled.only(labelled.in_quarter(one)), one) for one in quarters]


def with_enough_labels(found: Sequence[Accuracy]) -> list[Accuracy]:
    """Quarters with 100 labels or more; fewer are not enough to judge a quarter."""
    return [one for one in found if one.labels >= FEWEST_LABELS]


def newest_reading_status(found: Sequence[Accuracy]) -> ReadingStatus | None:
    """Status of the newest usable quarter, compared with the one before it; None without one."""
    return reading_status(*with_enough_labels(found)[:2]) if with_enough_labels(found) else None


def quarter_accuracy(labelled: DoubleCodedTexts, quarter: datetime.date) -> Accuracy:
    drawn = labelled.coding_sample()
    known = labelled.only(labelled.with_settled_themes())
    return Accuracy(
        quarter=quarter,
        labels=len(known),
        alpha=theme_set_alpha(labelled.first, labelled.second, drawn),
        f1=agreement.bootstrapped_figure(
            machine_reading(known).samples_f1(), known.coding_sample()
        ),
        tone_recall=agreement.bootstrapped_figure(
            agreement.macro_recall(tone_classes(labelled.tone), tone_classes(labelled.tone_then)),
            drawn,
        ),
    )


def theme_set_alpha(first: Labels, second: Labels, drawn: CodingSample) -> AccuracyEstimate:
    """Krippendorff's α of two people's sets of themes."""
    values, distance = agreement.theme_set_values(list(first), list(second))
    return agreement.bootstrapped_figure(agreement.krippendorff_alpha(values, distance), drawn)


def single_theme_alpha(labelled: DoubleCodedTexts, place: int) -> AccuracyEstimate:
    """Krippendorff's α of whether a text mentions one theme."""
    return agreement.bootstrapped_figure(
        agreement.krippendorff_alpha(labelled.marks[:, :, place]), labelled.coding_sample()
    )


def machine_reading(labelled: DoubleCodedTexts) -> MachineReading:
    labelled_texts = labelled.told
    # A theme that people left open counts for neither side: nobody knows whether the machine erred.
    return MachineReading(
        truth=labelled.truth & labelled_texts, guess=labelled.then & labelled_texts
    )


def tone_classes(tone: Floats) -> Ints:
    return np.where(np.isfinite(tone), tone + 1, -1).astype(np.int64)


def agreement_by_group(
    labelled: DoubleCodedTexts, group: Labels
) -> dict[str, tuple[AccuracyEstimate, AccuracyEstimate]]:
    """α and F1 of each group with 30 settled texts or more; smaller groups are left out."""
    found = {}
    for name in sorted(set(group.tolist()) - {""}):
        mine = labelled.only(np.array([one == name for one in group]))
        settled = mine.only(mine.with_settled_themes())
        if len(settled) >= FEWEST_IN_GROUP:
            # α takes unsettled texts too: what the two disagree on is just what it measures.
            alpha = theme_set_alpha(mine.first, mine.second, mine.coding_sample())
            f1 = agreement.bootstrapped_figure(
                machine_reading(settled).samples_f1(), settled.coding_sample()
            )
            found[str(name)] = alpha, f1
    return found


def correcting_labels(
    labelled: DoubleCodedTexts, stream: str, window: CorrectionWindow
) -> tuple[DoubleCodedTexts, float | None]:
    """The labels used to correct a stream, and λ, how far to trust the machine (None: the best).

    Labels from the window's own quarter if there are 100, since the window's texts are like them.
    Otherwise labels of the last year with λ = 1: they show how far the machine is off, but not how
    often a theme comes up now.
    """
    mine = labelled.only((labelled.stream == stream) & window.covers(labelled.quarter))
    own = mine.only(window.own(mine.quarter))
    return (own, None) if len(own) >= FEWEST_LABELS else (mine, 1.0)


def machine_theme_means(spoken: Flags, sample: Sample | None) -> list[MachineMean]:
    """The machine's share of each theme with its variance: 0 in the open streams, of which all
    texts were read.
    """
    every = spoken.astype(np.float64).T
    if sample is None:
        return [MachineMean(mean=float(one.mean())) for one in every]
    found = [means(one, sample) for one in every]
    return [
        MachineMean(mean=float(one.value[0]), variance=float(np.nan_to_num(one.se[0] ** 2)))
        for one in found
    ]


def corrected_shares(
    found: Sequence[ThemeShare],
    machine: Sequence[MachineMean],
    labelled: DoubleCodedTexts,
    window: CorrectionWindow,
) -> list[ThemeShare]:
    """City-wide theme shares of one stream, corrected where a theme has 100 labels or more.

    For texts by people who chose to write, the interval covers reading errors only: it says how far
    the share among these very texts may be off, and nothing about people who did not write.
    """
    return [
        with_correction(one, corrected_estimate(labelled, i, one.stream, machine[i], window))
        for i, one in enumerate(found)
    ]


def corrected_estimate(
    labelled: DoubleCodedTexts,
    theme: int,
    stream: str,
    machine: MachineMean,
    window: CorrectionWindow,
    *,
    power: float | None = None,
) -> CorrectedMean | None:
    """The corrected share of a theme; with `power`, the machine is trusted that far."""
    mine, best = correcting_labels(labelled.only(labelled.told[:, theme]), stream, window)
    if len(mine) < FEWEST_LABELS:
        return None
    # The codes of today, not of the time of coding: the mean over all texts is of today too.
    y, f = (one[:, theme].astype(np.float64) for one in (mine.truth, mine.now))
    return correction.clipped_share(
        correction.ppi(y, f, mine.design(stream), machine, power=power or best)
    )


def with_correction(share: ThemeShare, found: CorrectedMean | None) -> ThemeShare:
    if found is None or share.share is None:
        return msgspec.structs.replace(share, machine_share=share.share, method="machine count")
    return msgspec.structs.replace(
        share,
        machine_share=share.share,
        share=found.value,
        low=found.low,
        high=found.high,
        corrected=True,
        labels=found.n,
        method=f"PPI++ (λ {found.power:.2f}, {found.n} labels)",
    )


STREAMS = ("sampled", "open", "complaints")


class ThemeCodingResult(msgspec.Struct, frozen=True, kw_only=True):
    """How two people agreed on one theme, and how the machine read it."""

    name: str
    labels: int
    alpha: AccuracyEstimate
    precision: float | None
    recall: float | None
    f1: AccuracyEstimate


class GroupAgreement(msgspec.Struct, frozen=True):
    """α and F1 of the texts of one stream, language, borough or group of writers."""

    kind: str
    name: str
    alpha: AccuracyEstimate
    f1: AccuracyEstimate


class CorrectedFigure(msgspec.Struct, frozen=True, kw_only=True):
    """A machine count next to the corrected figure; `other` by Rogan and Gladen's formula."""

    stream: str
    name: str
    machine: float
    corrected: CorrectedMean
    other: CorrectedMean | None = None


class DoubleCodingResults(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the labels show, for one quarter except `quarters`."""

    standing: ReadingStatus | None
    quarters: tuple[Accuracy, ...]
    agree: AccuracyEstimate
    macro_f1: AccuracyEstimate
    comment_alpha: AccuracyEstimate
    tone_alpha: AccuracyEstimate
    themes: tuple[ThemeCodingResult, ...]
    groups: tuple[GroupAgreement, ...]
    shares: tuple[CorrectedFigure, ...]
    tones: tuple[CorrectedFigure, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class SamplingFrame:
    """All texts that a sample was drawn from: the machine's codes and the survey's design."""

    stream: Labels
    spoken: Flags
    tone: Floats
    weight: Floats
    stratum: Labels
    psu: Labels

    def machine(self, f: Floats, stream: str) -> MachineMean:
        """The machine's mean; for sampled residents also with the variance of the draw."""
        rows = (self.stream == stream) & np.isfinite(f)
        if stream != "sampled":
            # No variance: the figure is about these very texts, and the machine has read them all.
            return MachineMean(mean=float(f[rows].mean()))
        design = Design(weight=self.weight[rows], stratum=self.stratum[rows], psu=self.psu[rows])
        found = means(f[rows], Sample(modes=np.full(int(rows.sum()), "sampled"), design=design))
        return MachineMean(mean=float(found.value[0]), variance=float(found.se[0] ** 2))


def double_coding_results(
    labelled: DoubleCodedTexts,
    frame: SamplingFrame,
    quarter: datetime.date,
    *,
    names: Sequence[str],
    boroughs: Sequence[str],
) -> DoubleCodingResults:
    """The results of one quarter; `names` are the names of the themes, `boroughs` of the areas."""
    quarters = accuracy_by_quarter(labelled)
    mine = labelled.only(labelled.in_quarter(quarter))
    drawn, read = mine.coding_sample(), machine_reading(mine)
    values, _ = agreement.theme_set_values(list(mine.first), list(mine.second))
    return DoubleCodingResults(
        standing=newest_reading_status(quarters),
        quarters=tuple(quarters),
        agree=agreement.bootstrapped_figure(agreement.percent_agreement(values), drawn),
        macro_f1=agreement.bootstrapped_figure(read.macro_f1(), drawn),
        comment_alpha=agreement.bootstrapped_figure(
            agreement.krippendorff_alpha(mine.comment_types), drawn
        ),
        tone_alpha=agreement.bootstrapped_figure(agreement.krippendorff_alpha(mine.tones), drawn),
        themes=tuple(theme_result(mine, i, name) for i, name in enumerate(names)),
        groups=tuple(group_agreement(mine, boroughs)),
        shares=tuple(corrected_theme_shares(mine, frame, names)),
        tones=tuple(corrected_net_sentiment(mine, frame)),
    )


def theme_result(labelled: DoubleCodedTexts, place: int, name: str) -> ThemeCodingResult:
    mine = labelled.only(labelled.told[:, place])
    read, drawn = machine_reading(mine), mine.coding_sample()
    precision, recall, _ = read.of_themes(drawn.weight[None, :])
    return ThemeCodingResult(
        name=name,
        labels=len(mine),
        alpha=single_theme_alpha(labelled, place),
        precision=finite_or_none(precision[0, place]),
        recall=finite_or_none(recall[0, place]),
        f1=agreement.bootstrapped_figure(read.f1(place), drawn),
    )


def group_agreement(labelled: DoubleCodedTexts, boroughs: Sequence[str]) -> list[GroupAgreement]:
    places = np.array([boroughs[i] if i >= 0 else "" for i in labelled.area], dtype=np.str_)
    kinds = (
        ("Stream", labelled.stream),
        ("Language", labelled.language),
        ("Borough", places),
        ("Age", labelled.age),
        ("Sex", labelled.sex),
        ("Ethnicity", labelled.ethnicity),
    )
    return [
        GroupAgreement(kind, name, *measured)
        for kind, group in kinds
        for name, measured in agreement_by_group(labelled, group).items()
    ]


def corrected_theme_shares(
    labelled: DoubleCodedTexts, frame: SamplingFrame, names: Sequence[str]
) -> list[CorrectedFigure]:
    """The share of each theme, for each stream with 30 settled texts or more."""
    results = []
    for stream in STREAMS:
        for place, name in enumerate(names):
            mine = labelled.only((labelled.stream == stream) & labelled.told[:, place])
            if len(mine) < FEWEST_IN_GROUP:
                continue
            machine = frame.machine(frame.spoken[:, place].astype(np.float64), stream)
            y, f = (one[:, place].astype(np.float64) for one in (mine.truth, mine.now))
            # Labels and texts are of one quarter, so the best λ may be chosen (decision 0009).
            put_right = correction.ppi(y, f, mine.design(stream), machine)
            results.append(
                CorrectedFigure(
                    stream=stream,
                    name=name,
                    machine=machine.mean,
                    corrected=correction.clipped_share(put_right),
                    other=rogan_gladen_share(y, f, mine.weight, machine),
                )
            )
    return results


def rogan_gladen_share(
    y: Floats, f: Floats, weight: Floats, machine: MachineMean
) -> CorrectedMean | None:
    """The share by Rogan and Gladen's formula; unequal weights of labels reduce the number that
    counts.
    """
    parts = []
    for rows, right in ((y == 1, f), (y == 0, 1 - f)):
        w = weight[rows]
        if not w.sum():
            return None
        # Rounding can leave the weighted share of all texts just above 1.
        p, n = min(float(w @ right[rows] / w.sum()), 1.0), float(w.sum() ** 2 / (w**2).sum())
        # Add one right and one wrong: no error seen does not mean none (Lang & Reiczigel).
        wary = (p * n + 1) / (n + 2)
        parts.append(correction.ShareEstimate(p, wary * (1 - wary) / (n + 2)))
    q = correction.ShareEstimate(machine.mean, machine.variance)
    return correction.rogan_gladen(q, *parts, n=len(y))


def corrected_net_sentiment(
    labelled: DoubleCodedTexts, frame: SamplingFrame
) -> list[CorrectedFigure]:
    """Net sentiment of each stream: the mean of -1, 0 and 1, times 100."""
    results = []
    for stream in STREAMS:
        scored = np.isfinite(labelled.tone) & np.isfinite(labelled.tone_now)
        mine = labelled.only((labelled.stream == stream) & scored)
        if len(mine) < FEWEST_IN_GROUP:
            continue
        machine = frame.machine(100 * frame.tone, stream)
        # The largest error on one text is -100 read as 100, hence the span.
        put_right = correction.ppi(
            100 * mine.tone, 100 * mine.tone_now, mine.design(stream), machine, span=200.0
        )
        results.append(
            CorrectedFigure(
                stream=stream, name="Net sentiment", machine=machine.mean, corrected=put_right
            )
        )
    return results
