"""How well the machine reads texts that two people coded, and shares corrected for its errors."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from msgspec.structs import replace

from analysis.statistics import agreement, correction
from analysis.statistics.agreement import CodingSample, MachineReading
from analysis.statistics.correction import CorrectedMean, MachineMean
from analysis.statistics.sampling.estimates import means
from analysis.statistics.sampling.samples import Design, Sample
from analysis.statistics.sampling.variance import Flags, Floats, Ints, Labels
from survey.deployments import quarter_of
from survey.editions.texts import ThemeShare
from survey.themes.double_coding import (
    FEWEST_LABELS,
    Accuracy,
    AccuracyEstimate,
    ReadingStatus,
    reading_status,
)

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
        return DoubleCodedTexts(
            **{field.name: getattr(self, field.name)[rows] for field in fields(self)}
        )

    def in_quarter(self, quarter: datetime.date) -> Flags:
        return np.array(
            [label_quarter == quarter for label_quarter in self.quarter], dtype=np.bool_
        )

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
        return np.array(
            [last - YEAR < label_quarter <= last for label_quarter in quarter], dtype=np.bool_
        )

    def own(self, quarter: Labels) -> Flags:
        """Which labels are of texts from the quarter that contains the whole window."""
        held = quarter_of(self.start) == quarter_of(self.end)
        return np.array(
            [held and label_quarter == quarter_of(self.end) for label_quarter in quarter],
            dtype=np.bool_,
        )


def labels_up_to(labelled: DoubleCodedTexts | None, day: datetime.date) -> DoubleCodedTexts | None:
    """The labels of all quarters up to and including the one that contains the day."""
    last = quarter_of(day)
    return labelled and labelled.only(
        np.array([label_quarter <= last for label_quarter in labelled.quarter], bool)
    )


def labels_of_year(labelled: DoubleCodedTexts, day: datetime.date) -> DoubleCodedTexts:
    """The labels of the four quarters up to and including the one that contains the day."""
    return labelled.only(CorrectionWindow(start=day, end=day).covers(labelled.quarter))


def accuracy_by_quarter(labelled: DoubleCodedTexts | None) -> list[Accuracy]:
    """Accuracy for each quarter, newest first, with the machine as it read at the time."""
    if labelled is None:
        return []
    quarters = sorted(set(labelled.quarter.tolist()), reverse=True)
    return [
        quarter_accuracy(labelled.only(labelled.in_quarter(quarter)), quarter)
        for quarter in quarters
    ]


def with_enough_labels(accuracies: Sequence[Accuracy]) -> list[Accuracy]:
    """Quarters with 100 labels or more; fewer are not enough to judge a quarter."""
    return [accuracy for accuracy in accuracies if accuracy.labels >= FEWEST_LABELS]


def newest_reading_status(accuracies: Sequence[Accuracy]) -> ReadingStatus | None:
    """Status of the newest usable quarter against the usable one before; None if there is none."""
    return (
        reading_status(*with_enough_labels(accuracies)[:2])
        if with_enough_labels(accuracies)
        else None
    )


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
    figures = {}
    for name in sorted(set(group.tolist()) - {""}):
        mine = labelled.only(np.array([text_group == name for text_group in group]))
        settled = mine.only(mine.with_settled_themes())
        if len(settled) >= FEWEST_IN_GROUP:
            # α takes unsettled texts too: what the two disagree on is just what it measures.
            alpha = theme_set_alpha(mine.first, mine.second, mine.coding_sample())
            f1 = agreement.bootstrapped_figure(
                machine_reading(settled).samples_f1(), settled.coding_sample()
            )
            figures[str(name)] = alpha, f1
    return figures


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


def machine_theme_means(
    spoken: Flags, sample: Sample | None, *, concentration: float = 0.0
) -> list[MachineMean]:
    """The machine's share of each theme with its variance: 0 in the open streams, of which all
    texts were read. `concentration` of these texts: as in `MachineMean`.
    """
    every = spoken.astype(np.float64).T
    if sample is None:
        return [
            MachineMean(mean=float(theme.mean()), concentration=(concentration,)) for theme in every
        ]
    shares = [means(theme, sample) for theme in every]
    return [
        MachineMean(mean=float(share.value[0]), variance=float(np.nan_to_num(share.se[0] ** 2)))
        for share in shares
    ]


def corrected_shares(
    shares: Sequence[ThemeShare],
    machine: Sequence[MachineMean],
    labelled: DoubleCodedTexts,
    window: CorrectionWindow,
) -> list[ThemeShare]:
    """City-wide theme shares of one stream, corrected where a theme has 100 labels or more.

    For texts by people who chose to write, the interval covers reading errors only: it says how far
    the share among these very texts may be off, and nothing about people who did not write.
    """
    return [
        with_correction(share, corrected_estimate(labelled, i, share.stream, machine[i], window))
        for i, share in enumerate(shares)
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
    y, f = (codes[:, theme].astype(np.float64) for codes in (mine.truth, mine.now))
    return correction.ppi(y, f, mine.design(stream), machine, power=power or best)


def with_correction(share: ThemeShare, mean: CorrectedMean | None) -> ThemeShare:
    if mean is None or share.share is None:
        return replace(share, machine_share=share.share, method="machine count")
    return replace(
        share,
        machine_share=share.share,
        share=mean.value,
        low=mean.low,
        high=mean.high,
        corrected=True,
        labels=mean.n,
        method=f"PPI++ (λ {mean.power:.2f}, {mean.n} labels)",
    )
