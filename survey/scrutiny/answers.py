"""What the force answers to a mark of the panel, or to one of its triggers, and by when."""

import datetime
from typing import Literal

import msgspec

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


class ForceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The force's answer: what it makes of a mark, in its words, and what it learned.

    `learning` may be published; `words` are for the panel.
    """

    verdict: Verdict
    words: str
    learning: str = ""
