"""What people wrote, in an edition: themes and texts without one, what a new codebook changed, the
tone of texts and how it is read.
"""

import datetime
from collections.abc import Iterable
from typing import Literal

import msgspec
from msgspec.structs import replace

from survey.editions.figures import FigureStatus
from survey.themes.double_coding import ReadBy

WithheldReason = Literal["", "reading"]
ToneWord = Literal["", "worry", "mixed", "praise"]
NoNumber = Literal["", "labels", "gate", "wide"]


class ThemeShare(msgspec.Struct, frozen=True, kw_only=True):
    """The texts of one stream on a theme.

    `texts` is the machine's count. If `corrected`, `share` is corrected with `labels` texts that
    people coded, otherwise it is the machine's own; `machine_share` is always the machine's. `new`
    says that the theme was not in the previous edition's codebook; `meaning` is its description.
    `voices` and `voice_share` with its limits are the same figures with each campaign counted once;
    they are None for people drawn by chance, who are one voice each. `missing` is 'reading' if all
    figures are withheld because the machine reads the theme too badly.
    """

    theme: str
    name: str
    stream: str
    domain: str
    texts: int | None
    share: float | None
    low: float | None
    high: float | None
    status: FigureStatus = "shown"
    machine_share: float | None = None
    corrected: bool = False
    labels: int | None = None
    method: str = "machine count"
    voices: int | None = None
    voice_share: float | None = None
    voice_low: float | None = None
    voice_high: float | None = None
    new: bool = False
    meaning: str = ""
    missing: WithheldReason = ""

    @property
    def read_by(self) -> ReadBy:
        """How the share was read; the number of texts is always counted by the machine."""
        return "corrected" if self.corrected else "machine"


def without_theme_figures(share: ThemeShare) -> ThemeShare:
    """The share of a theme with its figures withheld; its name and place stay."""
    return replace(
        share,
        texts=None,
        share=None,
        machine_share=None,
        voices=None,
        voice_share=None,
        voice_low=None,
        voice_high=None,
        low=None,
        high=None,
        status="withheld",
    )


def themes_by_frequency(rows: Iterable[ThemeShare]) -> list[ThemeShare]:
    """The themes by share or count, largest first; withheld ones come last, by name."""
    return sorted(
        rows,
        key=lambda row: (row.texts is None, -(row.share or 0), -(row.texts or 0), row.name),
    )


def counts_differ(rows: Iterable[ThemeShare]) -> bool:
    """Whether these figures change if each campaign is counted as one text."""
    return any(
        row.stream != "sampled" and row.texts is not None and row.voices != row.texts
        for row in rows
    )


def counted_once(share: ThemeShare) -> ThemeShare:
    """The share of a theme with the figures that count each campaign once, in place of those of all
    texts.
    """
    return replace(
        share,
        texts=share.voices,
        share=share.voice_share,
        low=share.voice_low,
        high=share.voice_high,
    )


class ThemelessTexts(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the texts of a stream have no theme of the codebook, and their share (0 to 1)."""

    stream: str
    texts: int | None
    of_texts: int | None
    share: float | None


class WaitingProposal(msgspec.Struct, frozen=True, kw_only=True):
    """A new theme that the machine proposes and nobody has decided on: how many texts it groups,
    and the day up to which they were received.

    It has no name, because nobody has approved a name.
    """

    id: str
    until: datetime.date
    texts: int | None


class ThemeCodebookEffect(msgspec.Struct, frozen=True, kw_only=True):
    """How many texts of a stream are on a theme under two versions of the codebook.

    The texts are the same: only the coding differs. A count is None if it is withheld.
    """

    theme: str
    name: str
    stream: str
    before: int | None
    after: int | None


class NewCodebook(msgspec.Struct, frozen=True, kw_only=True):
    """What changed, and why, since version `before`, which the previous edition used.

    `texts` were coded under both versions.
    """

    before: int
    reasons: tuple[str, ...]
    changes: tuple[str, ...]
    texts: int | None
    recoded: tuple[ThemeCodebookEffect, ...]


class NetSentiment(msgspec.Struct, frozen=True, kw_only=True):
    """The net sentiment (-100 to 100) of the city's texts of one stream, or of those on a theme.

    `theme` and `name` are "" for all texts of the stream. `value` is the machine's mean corrected
    by `labels` texts that two people coded, with its 95 % interval; if it is None, `missing` says
    why: too few 'labels', a 'gate' that the machine's reading did not pass, or an interval too
    'wide'. `words` says in which third of the scale the value lies, if that is sure at 95 %.
    `machine` is the machine's own mean, uncorrected. `once` says that each campaign counts once.
    `texts` is the number of texts in the window, for the gate alone.
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
        """How the value or the word was read: neither ever comes from the machine alone."""
        return "corrected"


class ToneShift(msgspec.Struct, frozen=True, kw_only=True):
    """The machine's mean tone (-100 to 100) of the same texts of a stream, read as in the previous
    edition and as in this one.
    """

    stream: str
    texts: int | None = None
    before: float | None = None
    after: float | None = None


class ToneVersion(msgspec.Struct, frozen=True, kw_only=True):
    """How an edition reads tone: `number` is that of the decision in force, 0 before any decision.

    `labels` is how many labels the tone head learned from, 0 if tone is read as shipped.
    `before_version` is the decision that the previous edition used, if it is another one; `shifts`
    compares, for each stream, the tone of the same texts as read in the previous edition and in
    this one.
    """

    number: int
    labels: int
    before_version: int | None = None
    shifts: tuple[ToneShift, ...] = ()
