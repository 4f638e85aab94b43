"""Double coding: whether the machine reads themes well enough, and results for those who code."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from analysis.statistics import agreement, correction
from analysis.statistics.agreement import MachineReading
from analysis.statistics.correction import CorrectedMean, MachineMean
from analysis.statistics.sampling.estimates import finite_or_none, means
from analysis.statistics.sampling.samples import Design, Sample
from analysis.statistics.sampling.variance import Flags, Floats, Labels
from analysis.themes import accuracy
from analysis.themes.tone import SCALE, tone_checks
from survey.themes import double_coding

BAD = ("dropped", "below")


def theme_checks(
    labelled: accuracy.DoubleCodedTexts | None, themes: Sequence[str]
) -> tuple[double_coding.ThemeCheck, ...]:
    """The checks of each stream with 100 labels, and of each of its themes with 20 texts.

    `labelled` are the labels of a year; `themes` the ids of their columns. The machine is judged as
    it reads today, which is what editions print. Recall is Σ w_i y_i f_i / Σ w_i y_i and precision
    Σ w_i y_i f_i / Σ w_i f_i, of what people (y) and the machine (f) say of a theme and the weights
    w of the draw; each has the percentile interval of `bootstrapped_figure`. A figure is withheld
    only where an interval is wholly below the minimum: of themes just as good as the minimum, one
    in forty by chance.
    """
    if labelled is None or not len(labelled):
        return ()
    return tuple(
        check
        for stream in double_coding.STREAMS
        for check in stream_checks(labelled, stream, themes)
    )


def stream_checks(
    labelled: accuracy.DoubleCodedTexts, stream: str, themes: Sequence[str]
) -> Iterator[double_coding.ThemeCheck]:
    mine = labelled.only((labelled.stream == stream) & labelled.with_settled_themes())
    if not len(mine):
        return
    newest = max(mine.quarter.tolist())
    if len(mine) >= double_coding.FEWEST_LABELS:
        read = MachineReading(truth=mine.truth & mine.told, guess=mine.now & mine.told)
        f1 = agreement.bootstrapped_figure(read.samples_f1(), mine.coding_sample())
        yield double_coding.ThemeCheck(
            quarter=newest,
            stream=stream,
            theme="",
            f1=f1,
            status=double_coding.status_against(f1, double_coding.PASS_MARK),
        )
    for place, theme in enumerate(themes):
        told = mine.only(mine.told[:, place])
        said, read_as = told.truth[:, place], told.now[:, place]
        recall, precision = share_within(told, said, read_as), share_within(told, read_as, said)
        if recall.n or precision.n:
            yield double_coding.ThemeCheck(
                quarter=newest,
                stream=stream,
                theme=theme,
                recall=recall,
                precision=precision,
                status=double_coding.theme_status(recall, precision),
            )


def share_within(
    labelled: accuracy.DoubleCodedTexts, among: Flags, share: Flags
) -> double_coding.AccuracyEstimate:
    """The weighted share of some texts among others; no figure if the others are under 20."""
    if among.sum() < double_coding.FEWEST_OF_THEME:
        return double_coding.AccuracyEstimate(n=0)
    # All texts are drawn again, not those on the theme alone: strata are made by the machine's
    # themes, so that within one of them nearly all texts on a theme are read alike.
    heard = agreement.weighted_mean(np.where(among, share, np.nan))
    figure = agreement.bootstrapped_figure(heard, labelled.coding_sample())
    return msgspec.structs.replace(figure, n=int(among.sum()))


def badly_read(checks: Sequence[double_coding.ThemeCheck]) -> set[tuple[str, str]]:
    """Stream and theme of each withheld figure; theme "" where a whole stream is withheld."""
    return {(check.stream, check.theme) for check in checks if check.status in BAD}


class StreamLabels(msgspec.Struct, frozen=True, kw_only=True):
    """What the labels of a year show of one stream, and what more labels would.

    `wanted` are the labels that are lacking for the 100 that a check and a correction need;
    `themes_more` and `tone_more` how many more would settle the checks of its themes and its tone,
    None where no number can be given.
    """

    stream: str
    labels: int
    wanted: int
    themes: double_coding.ThemeCheck | None
    themes_more: int | None
    tone: double_coding.ToneCheck | None
    tone_more: int | None


def stream_labels(
    labelled: accuracy.DoubleCodedTexts, themes: Sequence[str]
) -> tuple[StreamLabels, ...]:
    """What the labels show of each stream that has any."""
    whole = {check.stream: check for check in theme_checks(labelled, themes) if not check.theme}
    worry = {check.stream: check for check in tone_checks(labelled)}
    settled = labelled.with_settled_themes()
    rows = []
    for stream in double_coding.STREAMS:
        n = int((settled & (labelled.stream == stream)).sum())
        check, tone = whole.get(stream), worry.get(stream)
        if n or tone:
            rows.append(
                StreamLabels(
                    stream=stream,
                    labels=n,
                    wanted=max(double_coding.FEWEST_LABELS - n, 0),
                    themes=check,
                    themes_more=double_coding.labels_to_settle(check.f1, double_coding.PASS_MARK)
                    if check
                    else None,
                    tone=tone,
                    tone_more=double_coding.labels_to_settle(
                        tone.recall, double_coding.TONE_PASS_MARK
                    )
                    if tone
                    else None,
                )
            )
    return tuple(rows)


class ThemeCodingResult(msgspec.Struct, frozen=True, kw_only=True):
    """How two people agreed on one theme, and how the machine read it."""

    name: str
    labels: int
    alpha: double_coding.AccuracyEstimate
    precision: float | None
    recall: float | None
    f1: double_coding.AccuracyEstimate


class GroupAgreement(msgspec.Struct, frozen=True):
    """α and F1 of the texts of one stream, language, borough or group of writers."""

    kind: str
    name: str
    alpha: double_coding.AccuracyEstimate
    f1: double_coding.AccuracyEstimate


class CorrectedFigure(msgspec.Struct, frozen=True, kw_only=True):
    """A machine count next to the corrected figure; `other` by Rogan and Gladen's formula."""

    stream: str
    name: str
    machine: float
    corrected: CorrectedMean
    other: CorrectedMean | None = None


class DoubleCodingResults(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the labels show, for one quarter except `quarters` and the checks.

    In `theme_checks` themes have their names in place of ids.
    """

    standing: double_coding.ReadingStatus | None
    quarters: tuple[double_coding.Accuracy, ...]
    tone_checks: tuple[double_coding.ToneCheck, ...]
    theme_checks: tuple[double_coding.ThemeCheck, ...]
    agree: double_coding.AccuracyEstimate
    macro_f1: double_coding.AccuracyEstimate
    comment_alpha: double_coding.AccuracyEstimate
    tone_alpha: double_coding.AccuracyEstimate
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
        mean = means(f[rows], Sample(modes=np.full(int(rows.sum()), "sampled"), design=design))
        return MachineMean(mean=float(mean.value[0]), variance=float(mean.se[0] ** 2))


def double_coding_results(
    labelled: accuracy.DoubleCodedTexts,
    frame: SamplingFrame,
    quarter: datetime.date,
    *,
    names: Sequence[str],
    areas: Sequence[str],
) -> DoubleCodingResults:
    """The results of one quarter; `names` are those of themes, `areas` those of boroughs."""
    quarters = accuracy.accuracy_by_quarter(labelled)
    mine = labelled.only(labelled.in_quarter(quarter))
    drawn, read = mine.coding_sample(), accuracy.machine_reading(mine)
    values, _ = agreement.theme_set_values(list(mine.first), list(mine.second))
    return DoubleCodingResults(
        standing=accuracy.newest_reading_status(quarters),
        quarters=tuple(quarters),
        tone_checks=tone_checks(accuracy.labels_up_to(labelled, quarter)),
        theme_checks=theme_checks(accuracy.labels_of_year(labelled, quarter), names),
        agree=agreement.bootstrapped_figure(agreement.percent_agreement(values), drawn),
        macro_f1=agreement.bootstrapped_figure(read.macro_f1(), drawn),
        comment_alpha=agreement.bootstrapped_figure(
            agreement.krippendorff_alpha(mine.comment_types), drawn
        ),
        tone_alpha=agreement.bootstrapped_figure(agreement.krippendorff_alpha(mine.tones), drawn),
        themes=tuple(theme_result(mine, i, name) for i, name in enumerate(names)),
        groups=tuple(group_agreement(mine, areas)),
        shares=tuple(corrected_theme_shares(mine, frame, names)),
        tones=tuple(corrected_net_sentiment(mine, frame)),
    )


def theme_result(labelled: accuracy.DoubleCodedTexts, place: int, name: str) -> ThemeCodingResult:
    mine = labelled.only(labelled.told[:, place])
    read, drawn = accuracy.machine_reading(mine), mine.coding_sample()
    precision, recall, _ = read.of_themes(drawn.weight[None, :])
    return ThemeCodingResult(
        name=name,
        labels=len(mine),
        alpha=accuracy.single_theme_alpha(labelled, place),
        precision=finite_or_none(precision[0, place]),
        recall=finite_or_none(recall[0, place]),
        f1=agreement.bootstrapped_figure(read.f1(place), drawn),
    )


def group_agreement(
    labelled: accuracy.DoubleCodedTexts, areas: Sequence[str]
) -> list[GroupAgreement]:
    places = np.array([areas[i] if i >= 0 else "" for i in labelled.area], dtype=np.str_)
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
        for name, measured in accuracy.agreement_by_group(labelled, group).items()
    ]


def corrected_theme_shares(
    labelled: accuracy.DoubleCodedTexts, frame: SamplingFrame, names: Sequence[str]
) -> list[CorrectedFigure]:
    """The share of each theme, for each stream with 30 settled texts or more."""
    results = []
    for stream in double_coding.STREAMS:
        for place, name in enumerate(names):
            mine = labelled.only((labelled.stream == stream) & labelled.told[:, place])
            if len(mine) < accuracy.FEWEST_IN_GROUP:
                continue
            machine = frame.machine(frame.spoken[:, place].astype(np.float64), stream)
            y, f = (codes[:, place].astype(np.float64) for codes in (mine.truth, mine.now))
            # Labels and texts are of one quarter, so the best λ may be chosen (decision 0009).
            results.append(
                CorrectedFigure(
                    stream=stream,
                    name=name,
                    machine=machine.mean,
                    corrected=correction.ppi(y, f, mine.design(stream), machine),
                    other=rogan_gladen_share(y, f, mine.weight, machine),
                )
            )
    return results


def rogan_gladen_share(
    y: Floats, f: Floats, weight: Floats, machine: MachineMean
) -> CorrectedMean | None:
    """The share by Rogan and Gladen's formula; unequal label weights lower their effective
    number.
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
    labelled: accuracy.DoubleCodedTexts, frame: SamplingFrame
) -> list[CorrectedFigure]:
    """Net sentiment of each stream: the mean of -1, 0 and 1, times 100."""
    results = []
    for stream in double_coding.STREAMS:
        scored = np.isfinite(labelled.tone) & np.isfinite(labelled.tone_now)
        mine = labelled.only((labelled.stream == stream) & scored)
        if len(mine) < accuracy.FEWEST_IN_GROUP:
            continue
        machine = frame.machine(100 * frame.tone, stream)
        results.append(
            CorrectedFigure(
                stream=stream,
                name="Net sentiment",
                machine=machine.mean,
                corrected=correction.ppi(
                    100 * mine.tone,
                    100 * mine.tone_now,
                    mine.design(stream),
                    machine,
                    bounds=SCALE,
                ),
            )
        )
    return results
