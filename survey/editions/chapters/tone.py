"""In what tone people wrote: net sentiment, corrected by the texts that two people coded."""

from typing import Literal

import msgspec

from survey.coding.double_coding import ReadBy

ToneWord = Literal["", "worry", "mixed", "praise"]
NoNumber = Literal["", "labels", "gate", "wide"]


class NetSentiment(msgspec.Struct, frozen=True, kw_only=True):
    """The net sentiment (-100 to 100) of the city's texts of one stream, or of those on a theme.

    `theme` and `name` are "" for all texts of the stream. `value` is the machine's mean corrected
    by `labels` texts that two people coded, with its 95 % interval; it is None where `missing` says
    why: too few 'labels', a 'gate' that the machine's reading did not pass, or an interval too
    'wide'. `words` says which third of the scale it lies in, where that is sure at 95 %. `machine`
    is the machine's own mean, uncorrected. `once` if each campaign counts once. `texts` are those
    of the stream in the window, for the gate alone.
    """

    stream: str
    domain: str
    theme: str = ""
    name: str = ""
    once: bool = False
    value: float | None = None
    low: float | None = None
    high: float | None = None
    words: ToneWord = ""
    missing: NoNumber = ""
    labels: int = 0
    method: str = ""
    machine: float | None = None
    texts: int | None = None

    @property
    def read_by(self) -> ReadBy:
        """How the value or the word was read: neither is ever the machine's alone."""
        return "corrected"


class ToneShift(msgspec.Struct, frozen=True, kw_only=True):
    """The machine's mean tone (-100 to 100) of the same texts of a stream, read in both ways."""

    stream: str
    texts: int | None = None
    before: float | None = None
    after: float | None = None


class ToneVersion(msgspec.Struct, frozen=True, kw_only=True):
    """How tone is read in an edition: the `number` of the decision, 0 before there was any.

    `labels` are those that the head learned from, 0 where tone is read as shipped.
    `before_version` is the number of the previous edition where that is another, with what it
    `shifts`.
    """

    number: int
    labels: int
    before_version: int | None = None
    shifts: tuple[ToneShift, ...] = ()
