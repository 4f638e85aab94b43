"""Drafts by a language model: suggested names of themes and summaries, which people decide on."""

import datetime
from typing import Literal

import msgspec

from survey.problems import Conflict, Invalid, NotFound, Unavailable

DraftKind = Literal["name", "summary"]
DraftState = Literal["waiting", "ready", "failed", "accepted", "discarded"]
# Why a sentence of the machine is not offered to anyone, by the rule that dropped it.
DROP_REASONS = {
    "length": "it is too short or too long",
    "uncited": "it names no passage, or one that was not sent",
    "instructs": "it speaks to its reader or gives an instruction",
    "personal": "it may identify someone",
    "quote": "it quotes words that the passages do not have",
    "number": "it has a number that the passages do not have",
    "share": "it says how many people think so",
    "name": "it has a name that the passages do not have",
    "words": "it has words that the passages do not have",
    "negated": "it says the opposite of the passages",
    "scattered": "no passage says this: its words come from several",
    "repeated": "it repeats a sentence before it",
}


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """A masked passage that was sent: its number there, and its place in a redacted text."""

    number: int
    text: str
    start: int
    end: int
    sha256: str
    redaction: str


class DraftLine(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence that came back, with the numbers of the passages that it cites.

    `dropped` is the rule that dropped it (a key of DROP_REASONS), empty if it passed; `accepted`
    is what a person made of it, None until then or where they left it out.
    """

    number: int
    words: str
    passages: tuple[int, ...] = ()
    dropped: str = ""
    accepted: str | None = None


class SentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent and came back, for the audit: no words of residents, only hashes and counts.

    `instructions` is the version of ours; `phrases` are the words by which the group was found;
    `left_out` counts passages that were not sent, by the reason; `request` and `answer` are
    SHA-256 of the bytes.
    """

    model: str
    instructions: int
    phrases: tuple[str, ...] = ()
    left_out: dict[str, int] = {}
    request: str = ""
    answer: str = ""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A draft as it is stored; `subject` says what it is about, such as "theme young-people".

    `since` and `until` are the first and last day of a summary's texts.
    """

    id: int
    kind: DraftKind
    subject: str
    since: datetime.date | None
    until: datetime.date | None
    state: DraftState
    failure: str
    asked_by: str
    asked_at: datetime.datetime
    decided_by: str | None
    decided_at: datetime.datetime | None
    sent: SentRecord | None
    passages: tuple[Passage, ...] = ()
    lines: tuple[DraftLine, ...] = ()

    @property
    def offered_lines(self) -> tuple[DraftLine, ...]:
        """The sentences that passed the guard."""
        return tuple(one for one in self.lines if not one.dropped)

    @property
    def drops(self) -> dict[str, int]:
        """How many sentences each rule dropped, in words."""
        found: dict[str, int] = {}
        for one in self.lines:
            if one.dropped:
                reason = DROP_REASONS[one.dropped]
                found[reason] = found.get(reason, 0) + 1
        return found


unknown_machine_draft = NotFound.of(
    "machine_draft.unknown", "There is no such draft.", "Go back to the theme."
)
machine_draft_already_decided = Conflict.of(
    "machine_draft.decided",
    "Someone has already decided on this draft, or it is not written yet.",
    "Open the page again.",
)
no_language_model = Unavailable.of(
    "machine_draft.no_model",
    "No language model is set up on this installation.",
    "Whoever runs it can name one of their own machine: SOUNDINGS_LANGUAGE_MODEL_URL.",
)
unknown_machine_draft_subject = Invalid.of(
    "machine_draft.subject",
    "A name can be suggested for a candidate, a part of a proposal or a theme of the draft.",
    "Use the button next to it.",
)
