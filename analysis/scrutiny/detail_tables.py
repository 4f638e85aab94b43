"""What the joint marks of a meeting say besides their colours: steps, reasons and body-worn video;
and which of these counts may be published next to the marks.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, cast

import msgspec
import numpy as np

from analysis.disclosure import EVENTS
from analysis.scrutiny.mark_tables import GatedMarks
from analysis.statistics import suppression
from analysis.statistics.sampling.variance import Ints
from analysis.statistics.suppression import THRESHOLD, LinkedFigures
from survey.editions.scrutiny import (
    MeetingDetails,
    NoVideoRecords,
    ReasonMarks,
    StepMarks,
    VideoCounts,
)
from survey.scrutiny import JointMark
from survey.scrutiny.schemes import NO_VIDEO, VIDEO, VIDEO_UNKNOWN, MarkScheme, MarkStep

VERDICTS = ("met", "not_met", "unsure")
NONE = "none"
OTHERS = "others"


def meeting_details(
    scheme: MarkScheme, reasons: Sequence[str], joint: Sequence[JointMark]
) -> MeetingDetails:
    """The counts of all joint marks: what the panel said of each step, or its reasons by a scheme
    without steps; and whether there was video. A meeting held before video was asked has no counts
    of it.
    """
    return MeetingDetails(
        scheme=scheme.name,
        steps=tuple(step_marks(step, joint) for step in scheme.steps),
        reasons=tuple(
            ReasonMarks(reason=reason, given=sum(reason in mark.reasons for mark in joint))
            for reason in (() if scheme.steps else reasons)
        ),
        video=video_counts([mark.video or VIDEO_UNKNOWN for mark in joint])
        if any(mark.video for mark in joint)
        else None,
    )


def step_marks(step: MarkStep, joint: Sequence[JointMark]) -> StepMarks:
    said = Counter(mark.steps.get(step.key, "unsure") for mark in joint)
    return StepMarks(
        key=step.key,
        words=step.words,
        met=said["met"],
        not_met=said["not_met"],
        unsure=said["unsure"],
    )


def video_counts(said: Sequence[str]) -> VideoCounts:
    by_reason = {reason: said.count(reason) for reason in NO_VIDEO}
    return VideoCounts(
        there=said.count(VIDEO),
        none=sum(by_reason.values()),
        unknown=len(said) - said.count(VIDEO) - sum(by_reason.values()),
        reasons=tuple(NoVideoRecords(reason, number) for reason, number in by_reason.items()),
    )


class RecordTable(NamedTuple):
    """A table in which each drawn record counts once: its counts, `sums` of some of them, and the
    `unshown` counts, which are protected but never published.
    """

    counts: Mapping[str, int]
    sums: Mapping[str, Sequence[str]] = {}
    unshown: Sequence[str] = ()

    def figures(self) -> Iterator[tuple[str, Sequence[str]]]:
        """Each figure with the counts that it is the sum of."""
        yield from ((name, (name,)) for name in self.counts)
        yield from self.sums.items()


def gated_details(details: MeetingDetails, drawn: int, marks: GatedMarks) -> MeetingDetails:
    """The details that may be published next to the marks; `drawn` is how many records there are.

    A step's agreement is withheld with its counts, on which it rests.
    """
    video = details.video
    tables = [
        *(RecordTable({name: getattr(step, name) for name in VERDICTS}) for step in details.steps),
        *(
            RecordTable(
                {reason.reason: reason.given or 0, OTHERS: drawn - (reason.given or 0)},
                unshown=(OTHERS,),
            )
            for reason in details.reasons
        ),
        *([video_table(video)] if video else []),
    ]
    shown = iter(gated_tables(tables, marks))
    return MeetingDetails(
        scheme=details.scheme,
        steps=tuple(gated_step(step, next(shown)) for step in details.steps),
        reasons=tuple(
            ReasonMarks(reason=reason.reason, given=next(shown)[reason.reason])
            for reason in details.reasons
        ),
        video=gated_video(video, next(shown)) if video else None,
    )


def video_table(video: VideoCounts) -> RecordTable:
    by_reason = {row.reason: row.number or 0 for row in video.reasons}
    return RecordTable(
        {VIDEO: video.there or 0, VIDEO_UNKNOWN: video.unknown or 0, **by_reason},
        sums={NONE: tuple(by_reason)},
    )


def gated_step(step: StepMarks, shown: Mapping[str, int | None]) -> StepMarks:
    public = msgspec.structs.replace(step, **{name: shown[name] for name in VERDICTS})
    if public.met is None or public.not_met is None:
        return msgspec.structs.replace(public, agreement=None)
    return public


def gated_video(video: VideoCounts, shown: Mapping[str, int | None]) -> VideoCounts:
    return VideoCounts(
        there=shown[VIDEO],
        none=shown[NONE],
        unknown=shown[VIDEO_UNKNOWN],
        reasons=tuple(NoVideoRecords(row.reason, shown[row.reason]) for row in video.reasons),
    )


def gated_tables(tables: Sequence[RecordTable], marks: GatedMarks) -> list[dict[str, int | None]]:
    """The counts of each table that a reader of the marks may see, rounded.

    All counts of a table add up to the number drawn, of which the marks tell too: linear programs
    ask what follows from both together. Where only a hidden count of marks would help, none of
    these tables is shown. What is published of the marks never depends on them.
    """
    hidden: list[dict[str, int | None]] = [
        {name: None for name, _ in table.figures()} for table in tables
    ]
    before = marks.figures
    if before is None or not tables:
        return hidden
    named = [(number, name) for number, table in enumerate(tables) for name in table.counts]
    figures = [
        (number, name, parts)
        for number, table in enumerate(tables)
        for name, parts in table.figures()
    ]
    true = np.append(before.true, [tables[number].counts[name] for number, name in named])
    rows = np.zeros((len(figures), len(true)), dtype=np.int64)
    for at, (number, _, parts) in enumerate(figures):
        for part in parts:
            rows[at, len(before.true) + named.index((number, part))] = 1
    counts = rows @ true
    bounds = np.array([EVENTS.bounds(EVENTS.cell(int(count))) for count in counts])
    unshown = np.array([name in tables[number].unshown for number, name, _ in figures])
    published = LinkedFigures(
        sums=cast("Ints", np.vstack([np.pad(before.sums, ((0, 0), (0, len(named)))), rows])),
        low=np.append(before.low, bounds[:, 0]),
        high=np.append(before.high, bounds[:, 1]),
        links=drawn_links(tables, len(before.true), named),
        dear=np.arange(len(before.sums) + len(rows)) < len(before.sums),
    )
    withheld = np.append(marks.gone, (counts < THRESHOLD) | unshown)
    gone = suppression.figures_to_hide(published, true, withheld)
    if (gone[: len(before.sums)] != marks.gone).any():
        return hidden
    for (number, name, _), count, away in zip(
        figures, counts, gone[len(before.sums) :], strict=True
    ):
        hidden[number][name] = None if away else EVENTS.cell(int(count))
    return hidden


def drawn_links(
    tables: Sequence[RecordTable], marks: int, named: Sequence[tuple[int, str]]
) -> Ints:
    """That the counts of each table add up to all marks: neither more nor less."""
    links = [
        [1] * marks + [-int(number == table) for number, _ in named] for table in range(len(tables))
    ]
    return np.vstack([links, np.negative(links)]).astype(np.int64)
