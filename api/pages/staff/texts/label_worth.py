"""What labels earn, in sentences: how sure each gate is, and what more texts would bring."""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from api.formatting import format_range, format_whole
from survey.coding.double_coding import (
    FEWEST_LABELS,
    PASS_MARK,
    TONE_PASS_MARK,
    AccuracyEstimate,
    ReadingStatus,
)
from survey.coding.tone_heads import LabelCurve

if TYPE_CHECKING:
    from analysis.coding.gates import StreamLabels  # slow to load

STREAMS = {
    "sampled": "residents we asked",
    "open": "people who wrote in",
    "complaints": "complaints",
}
CURVE_NAMES = {
    "": "all texts",
    "sampled": "residents we asked",
    "open": "people who wrote in",
    "complaints": "people who complained",
}
VERDICTS = {
    "passed": "This is good enough, and sure.",
    "below": "This is surely below, so reports withhold it.",
    "dropped": "It fell by ten points or more, so reports withhold it.",
}


def label_sentences(curves: Sequence[LabelCurve]) -> list[str]:
    """What more labels would earn: of all texts, then of each stream; [] before a head was learned.

    The aim is the next twentieth above the recall that the curve gives for today's labels.
    """
    return [label_sentence(one) for one in curves]


def label_sentence(curve: LabelCurve) -> str:
    about = CURVE_NAMES[curve.stream]
    today = next(one.recall for one in curve.expected if one.labels == curve.labels)
    aim = (math.floor(20 * today) + 1) / 20
    more = curve.more_labels(aim)
    if more.likely is None:
        most = curve.expected[-1]
        limits = format_range(f"{most.low:.2f}", f"{most.high:.2f}")
        return (
            f"With twice the labels, {about} would be read with a recall of about "
            f"{most.recall:.2f} ({limits})."
        )
    soonest = f"{format_whole(more.soonest or 0)} at least"
    latest = f"{format_whole(more.latest)} at most" if more.latest else "perhaps twice the labels"
    return (
        f"{format_whole(more.likely)} more texts ({soonest}, {latest}) would bring the tone of "
        f"{about} to a recall of {aim:.2f}."
    )


def worth_sentences(one: "StreamLabels") -> Iterator[str]:
    """What is known of a stream, and what the next labels of it would bring."""
    name = STREAMS[one.stream]
    if one.wanted:
        yield (
            f"{text_count(one.wanted)} would bring themes of {name} to the {FEWEST_LABELS} labels "
            "that corrected figures and a check need."
        )
    if one.themes is not None:
        found = f"Themes of {name}: F1 {score_text(one.themes.f1)}, our minimum is {PASS_MARK:.2f}."
        yield f"{found} {verdict(one.themes.status, one.themes_more)}"
    if one.tone is not None:
        found = (
            f"Tone of {name}: the machine recognises {score_text(one.tone.recall)} of the worry, "
            f"our minimum is {TONE_PASS_MARK:.2f}."
        )
        yield f"{found} {verdict(one.tone.status, one.tone_more)}"


def verdict(status: ReadingStatus, more: int | None) -> str:
    if status in VERDICTS:
        return VERDICTS[status]
    if more is None:
        return "It is so close to the minimum that no number of texts in sight would settle it."
    return f"About {text_count(more)} of this stream would settle whether this is good enough."


def text_count(number: int) -> str:
    return "1 more text" if number == 1 else f"{format_whole(number)} more texts"


def score_text(one: AccuracyEstimate) -> str:
    """A score between 0 and 1 with its interval."""
    if one.value is None:
        return "no figure"
    if one.low is None or one.high is None:
        return f"{one.value:.2f}"
    return f"{one.value:.2f} ({format_range(f'{one.low:.2f}', f'{one.high:.2f}')})"
