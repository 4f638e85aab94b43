"""Double coding: two people label the same text without seeing the machine's codes."""

import datetime
import math
from collections.abc import Sequence
from typing import Literal, get_args

import msgspec

from survey.problems import Conflict, Invalid, NotFound
from survey.themes.codebooks import CommentType, Polarity

CODERS = 2
SAMPLE_SIZE = 300
# A fifth of the sample: most of the coders' time goes into knowing how well the machine reads.
TEACHING_SIZE = 60
PASS_MARK = 0.75
LARGEST_DROP = 0.10
# With one error in ten texts the interval is then six points either way, as wide as most themes.
FEWEST_LABELS = 100
# A stream's recall of worry is judged by so many texts that people call worry, and must be so high.
FEWEST_WORRIES = 30
TONE_PASS_MARK = 0.50
MOST_TIMES = 10
# A theme of a stream is judged by so many texts, of the people or of the machine. Below one half
# the machine misses most texts on it, or most of what it counts is about something else.
FEWEST_OF_THEME = 20
THEME_PASS_MARK = 0.50
STREAMS = ("sampled", "open", "complaints")
ReadingStatus = Literal["passed", "unsettled", "below", "dropped"]
# How a figure of texts was read: by the machine alone, by the machine and corrected by labels, or
# by people, who coded each of its texts.
ReadBy = Literal["machine", "corrected", "people"]
# What a text of a sample is coded for: figures rest on the texts drawn by chance alone.
Purpose = Literal["estimate", "teach"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)


class CoderLabel(msgspec.Struct, frozen=True, kw_only=True):
    """One person's label of one text; None means they could not tell, () means no theme."""

    tone: Polarity | None
    themes: tuple[str, ...] | None
    comment_type: CommentType | None


class AccuracyEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """A figure from `n` texts with its 95 % interval; None if they are too few to give one."""

    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None


class Accuracy(msgspec.Struct, frozen=True, kw_only=True):
    """How well the machine coded the texts of one sample, and how well two people agreed on them.

    `alpha` is Krippendorff's for the sets of themes (MASI), `f1` the machine's samples-F1.
    """

    quarter: datetime.date
    labels: int
    alpha: AccuracyEstimate
    f1: AccuracyEstimate
    tone_recall: AccuracyEstimate


class ToneCheck(msgspec.Struct, frozen=True, kw_only=True):
    """How much worry the machine recognises in one stream, and whether its tone may be shown.

    `recall` is the share of the texts people call negative that the machine calls negative too, in
    the newest quarter that has enough of them.
    """

    quarter: datetime.date
    stream: str
    recall: AccuracyEstimate
    status: ReadingStatus


class ThemeCheck(msgspec.Struct, frozen=True, kw_only=True):
    """How well the machine reads one theme in one stream, and whether its figures may be shown.

    Measured on the labels of a year up to `quarter`: `recall` is the share of the texts that people
    place under the theme that the machine places there too; `precision` is the reverse, the share
    of the machine's texts that people place there. With theme "" the check is of all themes of the
    stream, by `f1`. `name` is the theme's, for readers.
    """

    quarter: datetime.date
    stream: str
    theme: str
    name: str = ""
    recall: AccuracyEstimate = AccuracyEstimate(n=0)
    precision: AccuracyEstimate = AccuracyEstimate(n=0)
    f1: AccuracyEstimate = AccuracyEstimate(n=0)
    status: ReadingStatus


def parse_label(
    tone: str, themes: Sequence[str], comment_type: str, *, known: frozenset[str]
) -> CoderLabel:
    """A label from the answers of a form: "unknown" for what cannot be judged, "none" for no theme.

    Errors: Problem `label.incomplete`, `label.contradictory`, `label.theme`.
    """
    chosen = frozenset(themes)
    if not (tone and chosen and comment_type):
        raise incomplete_label()
    if chosen & {"none", "unknown"} and len(chosen) > 1:
        raise contradictory_label()
    if not chosen <= known | {"none", "unknown"}:
        raise unknown_label_theme()
    fields = {
        "tone": None if tone == "unknown" else tone,
        "themes": None if "unknown" in chosen else sorted(chosen - {"none"}),
        "comment_type": None if comment_type == "unknown" else comment_type,
    }
    # A form can be sent with values that no page offers.
    try:
        return msgspec.convert(fields, CoderLabel)
    except msgspec.ValidationError:
        raise unknown_label() from None


def final_label(
    labels: Sequence[CoderLabel], resolution: CoderLabel | None = None
) -> CoderLabel | None:
    """The label that counts: the resolution, or what both coders agreed on; None until then."""
    if len(labels) < CODERS:
        return None
    return resolution or (labels[0] if labels[0] == labels[1] else None)


def reading_status(newest: Accuracy, before: Accuracy | None = None) -> ReadingStatus:
    """Whether themes may be shown: not if accuracy fell by ten points, or is below the pass mark.

    An interval that includes the pass mark is 'unsettled', and withholds nothing.
    """
    now, then = newest.f1.value, before.f1.value if before else None
    # Rounded, because .85 - .75 is a little under .10 in floats.
    fell = now is not None and then is not None and round(then - now, 9) >= LARGEST_DROP
    return "dropped" if fell else status_against(newest.f1, PASS_MARK)


def tone_status(newest: AccuracyEstimate, before: AccuracyEstimate | None = None) -> ReadingStatus:
    """Whether a stream's tone may be shown: judged like `reading_status`, by its recall of worry.

    A stream has so few texts a quarter that chance alone often takes ten points: only a fall larger
    than chance (95 %) counts.
    """
    now, then = newest.value, before.value if before else None
    if now is not None and then is not None and before is not None:
        chance = (half_width(newest) ** 2 + half_width(before) ** 2) ** 0.5
        if round(then - now, 9) >= max(LARGEST_DROP, chance):
            return "dropped"
    return status_against(newest, TONE_PASS_MARK)


def theme_status(recall: AccuracyEstimate, precision: AccuracyEstimate) -> ReadingStatus:
    """Whether a theme's figures may be shown: not if recall or precision is surely below one
    half.
    """
    both = {status_against(estimate, THEME_PASS_MARK) for estimate in (recall, precision)}
    if "below" in both:
        return "below"
    return "passed" if both == {"passed"} else "unsettled"


def labels_to_settle(estimate: AccuracyEstimate, minimum: float) -> int | None:
    """About how many more labels would move the interval clear of the minimum; 0 if it is clear.

    n ((h / |v - m|)² - 1), to the next ten, as a half-width h shrinks with the root of the labels.
    None where even ten times as many would not be enough.
    """
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return None
    apart = abs(estimate.value - minimum)
    half = (
        estimate.value - estimate.low
        if estimate.value >= minimum
        else estimate.high - estimate.value
    )
    if half <= apart:
        return 0
    if half >= apart * MOST_TIMES**0.5:
        return None
    return math.ceil(estimate.n * ((half / apart) ** 2 - 1) / 10) * 10


def half_width(estimate: AccuracyEstimate) -> float:
    """Half of the interval; if there is none, 1, which is larger than any fall."""
    return (
        1.0 if estimate.low is None or estimate.high is None else (estimate.high - estimate.low) / 2
    )


def status_against(estimate: AccuracyEstimate, minimum: float) -> ReadingStatus:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "unsettled"
    if estimate.high < minimum:
        return "below"
    return "passed" if estimate.low >= minimum else "unsettled"


text_already_coded = Conflict.of(
    "double_coding.taken",
    "This text has already been coded by two people, or by you.",
    "Go on with the next one.",
)
text_not_coded_twice = NotFound.of(
    "double_coding.not_open",
    "This text is not in a sample, or two people have not coded it yet.",
    "Look at the list of disagreements.",
)

incomplete_label = Invalid.of(
    "label.incomplete",
    "A question has no answer yet.",
    "Answer all three; each has an answer for “cannot say”.",
)
contradictory_label = Invalid.of(
    "label.contradictory",
    "You chose themes, and also that none applies.",
    "Choose the themes, or one of the two last answers.",
)
unknown_label_theme = Invalid.of(
    "label.theme", "There is no such theme in this codebook.", "Choose from the list."
)
unknown_label = Invalid.of("label.unknown", "There is no such answer.", "Choose from the list.")
