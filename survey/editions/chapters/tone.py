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
