"""What came of a visit and of a sample point, by the disposition codes of AAPOR.

The codes are those of in-person household surveys in AAPOR, Standard Definitions (docs/groups.md
says with what they were compared).
"""

import datetime
from collections.abc import Sequence
from typing import Literal, get_args

import msgspec

Outcome = Literal[
    "interview", "partial", "refused", "broke_off", "unable", "language", "not_a_home", "vacant",
    "nobody_eligible", "away", "nobody_home", "no_access",
]  # fmt: skip
# What a point is where no visit says it: nobody went; an interview was made and no answer came;
# it was sent back.
PointOutcome = Outcome | Literal["not_visited", "awaited", "sent_back"]
# AAPOR's groups: interview, partial, refusal and break-off, non-contact, other, unknown
# eligibility, not eligible.
Letter = Literal["I", "P", "R", "NC", "O", "UH", "NE"]
DayPart = Literal["morning", "afternoon", "evening"]
SendBackReason = Literal["wrong_address", "wrong_person", "unfinished", "not_confirmed", "mistake"]

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
DAY_PARTS: tuple[DayPart, ...] = get_args(DayPart)
MOST_VISITS = 20


class OutcomeMeaning(msgspec.Struct, frozen=True):
    """An outcome in words, AAPOR's code and group for it, and its rank: of several visits the
    last one of the highest rank says what a point is.
    """

    words: str
    code: str
    letter: Letter
    rank: int = 0


MEANINGS: dict[PointOutcome, OutcomeMeaning] = {
    "interview": OutcomeMeaning("Interview", "1.1", "I", 3),
    "partial": OutcomeMeaning("Part of an interview, enough to use", "1.2", "P", 3),
    "refused": OutcomeMeaning("Refused", "2.11", "R", 2),
    "broke_off": OutcomeMeaning("Broke off: too little to use", "2.12", "R", 2),
    "unable": OutcomeMeaning("Not able to answer", "2.32", "O", 2),
    "language": OutcomeMeaning("No common language", "2.33", "O", 2),
    "not_a_home": OutcomeMeaning("Not a home", "4.50", "NE", 2),
    "vacant": OutcomeMeaning("Empty: nobody lives there", "4.60", "NE", 2),
    "nobody_eligible": OutcomeMeaning("Nobody there who can be asked", "4.70", "NE", 2),
    "away": OutcomeMeaning("The person was out: come again", "2.25", "NC", 1),
    "nobody_home": OutcomeMeaning("Nobody home", "2.24", "NC", 1),
    "no_access": OutcomeMeaning("Not found, or no safe way in", "3.17 or 3.18", "UH"),
    "not_visited": OutcomeMeaning("Not visited yet", "3.11", "UH"),
    "awaited": OutcomeMeaning("Interview made, no answer received", "2.36", "O"),
    "sent_back": OutcomeMeaning("Sent back, not done again yet", "2.36", "O"),
}
REASON_WORDS: dict[SendBackReason, str] = {
    "wrong_address": "It was done at another address",
    "wrong_person": "Another person was asked than the one chosen",
    "unfinished": "Too many questions were left out",
    "not_confirmed": "The household says that nobody asked them",
    "mistake": "The interviewer reported a mistake",
}


class Visit(msgspec.Struct, frozen=True):
    """One visit to a sample point; one a part of a day."""

    day: datetime.date
    part: DayPart
    outcome: Outcome


class SamplePoint(msgspec.Struct, frozen=True, kw_only=True):
    """A sample point with its visits in order. `has_answer` is true once its code was used.

    `interviewer` is a group of collectors, by id; `sent_back` the reason, until another interview
    comes.
    """

    id: str
    reference: str
    stratum: str
    psu: str
    interviewer: str | None = None
    has_answer: bool = False
    may_be_sent_back: bool = False
    sent_back: SendBackReason | None = None
    visits: tuple[Visit, ...] = ()

    @property
    def outcome(self) -> PointOutcome:
        """What came of the point so far."""
        last = decisive_outcome(self.visits)
        if self.has_answer:
            return "partial" if last == "partial" else "interview"
        if self.sent_back:
            return "sent_back"
        return "awaited" if last in ("interview", "partial") else last


def decisive_outcome(visits: Sequence[Visit]) -> PointOutcome:
    """The last outcome of the highest rank: nobody home after a refusal does not undo it."""
    in_order = sorted(visits, key=lambda one: (one.day, DAY_PARTS.index(one.part)))
    found: PointOutcome = "not_visited"
    for one in in_order:
        if found == "not_visited" or MEANINGS[one.outcome].rank >= MEANINGS[found].rank:
            found = one.outcome
    return found
