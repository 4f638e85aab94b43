"""Spoken complaints: what a machine wrote down of a sound, and what a person made of it."""

import datetime
from typing import Literal

import msgspec

from survey.problems import Conflict, NotFound

TranscriptState = Literal["waiting", "ready", "failed", "accepted", "discarded"]
SPOKEN = "spoken-"  # how the name of the text begins that accepted words become
MOST_WORDS = 20_000  # characters
# Below it a stretch is shown as one to listen to again.
CLEAR_ENOUGH = 0.6


class SpokenPart(msgspec.Struct, frozen=True):
    """A stretch of a sound: its seconds, the words, and the mean probability of their pieces."""

    start: float
    end: float
    words: str
    confidence: float


class MachineTranscript(msgspec.Struct, frozen=True, kw_only=True):
    """What a machine heard: the language it assumed, the seconds it read, and the parts.

    `cut` is true if the sound goes on after the seconds that were read.
    """

    language: str
    seconds: float
    cut: bool
    parts: tuple[SpokenPart, ...]

    @property
    def words(self) -> str:
        return "\n".join(part.words for part in self.parts)


class Transcript(msgspec.Struct, frozen=True, kw_only=True):
    """The transcript of one file of a case, as it is stored.

    Once accepted, `words` are those a person confirmed; if they became a text of the case, `words`
    is empty and `counted` is True. `changed` is the share of words that the person changed.
    """

    attachment: str
    state: TranscriptState
    failure: str
    words: str
    heard: MachineTranscript | None
    counted: bool
    changed: float | None
    decided_by: str | None
    decided_at: datetime.datetime | None

    @property
    def unclear(self) -> list[SpokenPart]:
        parts = self.heard.parts if self.heard else ()
        return [part for part in parts if part.confidence < CLEAR_ENOUGH]


unknown_transcript = NotFound.of(
    "transcript.unknown",
    "No words of this file were written down.",
    "Go back to the case and look at its files.",
)
transcript_already_decided = Conflict.of(
    "transcript.decided", "Someone has already decided on these words.", "Open the case again."
)
