"""What the force answers to a mark of the panel, or to one of its triggers, and by when."""

import datetime
from typing import Literal

import msgspec

from survey.scrutiny.marks import MarkColour

Verdict = Literal["accepted", "partly", "rejected"]
AnswerStanding = Literal["in_time", "late", "overdue", "waiting"]
DAYS_TO_ANSWER = 28
MOST_ANSWER = 4_000


class AnswerState(msgspec.Struct, frozen=True, kw_only=True):
    """By when an answer is due, and when it was given."""

    due: datetime.date
    answered_on: datetime.date | None = None

    def standing(self, day: datetime.date) -> AnswerStanding:
        if self.answered_on is not None:
            return "late" if self.answered_on > self.due else "in_time"
        return "overdue" if day > self.due else "waiting"


class MarkAnswer(AnswerState, frozen=True, kw_only=True):
    """An amber or red joint mark and the force's answer to it, if there is one.

    `words` are for the panel; `learning` is what the force says it learned, which may be published.
    `version` is that of the last answer, 0 where there is none.
    """

    record: str
    number: int
    stratum: str
    colour: MarkColour
    verdict: Verdict | None = None
    words: str | None = None
    learning: str | None = None
    version: int = 0
