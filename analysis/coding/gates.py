"""Whether the machine reads the themes of each stream well enough for their figures to be shown."""

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from analysis.coding.accuracy import DoubleCodedTexts
from analysis.coding.tone import tone_checks
from analysis.statistics.classification import agreement
from analysis.statistics.classification.agreement import MachineReading
from analysis.statistics.sampling.variance import Flags
from survey.coding.double_coding import (
    FEWEST_LABELS,
    FEWEST_OF_THEME,
    PASS_MARK,
    STREAMS,
    TONE_PASS_MARK,
    AccuracyEstimate,
    ThemeCheck,
    ToneCheck,
    labels_to_settle,
    status_against,
    theme_status,
)

BAD = ("dropped", "below")


def theme_checks(
    labelled: DoubleCodedTexts | None, themes: Sequence[str]
) -> tuple[ThemeCheck, ...]:
    """The checks of each stream with 100 labels, and of each of its themes with 20 texts.

    `labelled` are the labels of a year; `themes` the ids of their columns. The machine is judged as
    it reads today, which is what editions print. Recall is Σ w_i y_i f_i / Σ w_i y_i and precision
    Σ w_i y_i f_i / Σ w_i f_i, of what people (y) and the machine (f) say of a theme and the weights
    w of the draw; each has the percentile interval of `bootstrapped_figure`. A figure is withheld
    only where an interval is wholly below the minimum: of themes exactly as good as that, about one
    in forty by chance.
    """
    if labelled is None or not len(labelled):
        return ()
    return tuple(check for stream in STREAMS for check in stream_checks(labelled, stream, themes))


def stream_checks(
    labelled: DoubleCodedTexts, stream: str, themes: Sequence[str]
) -> Iterator[ThemeCheck]:
    mine = labelled.only((labelled.stream == stream) & labelled.with_settled_themes())
    if not len(mine):
        return
    newest = max(mine.quarter.tolist())
    if len(mine) >= FEWEST_LABELS:
        read = MachineReading(truth=mine.truth & mine.told, guess=mine.now & mine.told)
        f1 = agreement.bootstrapped_figure(read.samples_f1(), mine.coding_sample())
        yield ThemeCheck(
            quarter=newest,
            stream=stream,
            theme="",
            f1=f1,
            status=status_against(f1, PASS_MARK),
        )
    for place, theme in enumerate(themes):
        told = mine.only(mine.told[:, place])
        said, read_as = told.truth[:, place], told.now[:, place]
        recall, precision = share_within(told, said, read_as), share_within(told, read_as, said)
        if recall.n or precision.n:
            yield ThemeCheck(
                quarter=newest,
                stream=stream,
                theme=theme,
                recall=recall,
                precision=precision,
                status=theme_status(recall, precision),
            )


def share_within(labelled: DoubleCodedTexts, among: Flags, share: Flags) -> AccuracyEstimate:
    """The weighted share of some texts among others; without a figure where these are under 20."""
    if among.sum() < FEWEST_OF_THEME:
        return AccuracyEstimate(n=0)
    # All texts are drawn again, not those on the theme alone: strata are made by the machine's
    # themes, so that within one of them nearly all texts on a theme are read alike.
    heard = agreement.weighted_mean(np.where(among, share, np.nan))
    found = agreement.bootstrapped_figure(heard, labelled.coding_sample())
    return msgspec.structs.replace(found, n=int(among.sum()))


def badly_read(checks: Sequence[ThemeCheck]) -> set[tuple[str, str]]:
    """Stream and theme of what is withheld; theme "" where it is all themes of a stream."""
    return {(one.stream, one.theme) for one in checks if one.status in BAD}


class StreamLabels(msgspec.Struct, frozen=True, kw_only=True):
    """What the labels of a year show of one stream, and what more of them would.

    `wanted` are the labels that are lacking for the 100 that a check and a correction need;
    `themes_more` and `tone_more` how many more would settle the checks of its themes and its tone,
    None where no number can be given.
    """

    stream: str
    labels: int
    wanted: int
    themes: ThemeCheck | None
    themes_more: int | None
    tone: ToneCheck | None
    tone_more: int | None


def stream_labels(labelled: DoubleCodedTexts, themes: Sequence[str]) -> tuple[StreamLabels, ...]:
    """What the labels of each stream with any earn."""
    whole = {one.stream: one for one in theme_checks(labelled, themes) if not one.theme}
    worry = {one.stream: one for one in tone_checks(labelled)}
    settled = labelled.with_settled_themes()
    found = []
    for stream in STREAMS:
        n = int((settled & (labelled.stream == stream)).sum())
        check, tone = whole.get(stream), worry.get(stream)
        if n or tone:
            found.append(
                StreamLabels(
                    stream=stream,
                    labels=n,
                    wanted=max(FEWEST_LABELS - n, 0),
                    themes=check,
                    themes_more=labels_to_settle(check.f1, PASS_MARK) if check else None,
                    tone=tone,
                    tone_more=labels_to_settle(tone.recall, TONE_PASS_MARK) if tone else None,
                )
            )
    return tuple(found)
