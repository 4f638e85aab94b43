"""What people whose case was closed say about how it was handled: the questions, and their sums.

The answers are a stream of their own. Only sums over the cases closed in a quarter are stored,
without a case and without a time, and nobody sees them until the quarter is final.
"""

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from survey.cases import DatedCaseEvent
from survey.surveys.item_types import Grid
from survey.surveys.item_types.answers import DECLINED
from survey.surveys.item_types.tables import AGREEMENT_LABELS
from survey.themes.double_coding import quarter_after, quarter_of

QUESTIONS = msgspec.convert(
    {
        "type": "grid",
        "name": "handling",
        "labels": AGREEMENT_LABELS,
        "may_decline": True,
        **msgspec.json.decode(Path(__file__).with_name("handling.json").read_bytes()),
    },
    Grid,
)
POINTS = tuple(QUESTIONS.answer_labels())
# A quarter has few closed cases, so an edition shows the five points in three groups.
HandlingGroup = Literal["agree", "neither", "disagree"]
GROUPS: dict[HandlingGroup, tuple[str, ...]] = {
    "agree": POINTS[3:],
    "neither": POINTS[2:3],
    "disagree": POINTS[:2],
}
# A case that was closed on the last day of a quarter can still be disputed as long.
DAYS_AFTER_QUARTER = 28
# Sums over fewer people are deleted when the quarter is final: no edition could show them.
FEWEST_KEPT = 10
ENDINGS = frozenset({"withdrawn", "reopened", "appealed"})


class HandlingQuarter(msgspec.Struct, frozen=True, kw_only=True):
    """A final quarter: how many cases were closed in it, how many of their owners opened the case
    afterwards, how many answered, and their answers to each question.

    `quarter` is its first day.
    """

    quarter: datetime.date
    closed: int
    returned: int
    answered: int
    answers: dict[str, dict[str, int]] = {}

    @property
    def last(self) -> datetime.date:
        return quarter_end(self.quarter)

    def groups(self, question: str) -> dict[HandlingGroup, int]:
        """How many gave an answer of each group."""
        given = self.answers.get(question, {})
        return {name: sum(given.get(answer, 0) for answer in of) for name, of in GROUPS.items()}


def quarter_end(quarter: datetime.date) -> datetime.date:
    """The last day of the quarter that begins on this day."""
    return quarter_after(quarter) - datetime.timedelta(days=1)


def last_day_to_answer(quarter: datetime.date) -> datetime.date:
    """The last day on which somebody whose case was closed in this quarter may answer."""
    return quarter_end(quarter) + datetime.timedelta(days=DAYS_AFTER_QUARTER)


def closed_quarter(history: Sequence[DatedCaseEvent]) -> datetime.date | None:
    """The quarter in which the working group closed a case; None unless it is closed now."""
    closed = None
    for dated in history:
        if dated.event.kind == "closed":
            closed = quarter_of(dated.day)
        elif dated.event.kind in ENDINGS:
            closed = None
    return closed


def complete_answers(typed: Mapping[str, str]) -> dict[str, str]:
    """An answer to each question; whoever chose no point did not say."""
    return {
        name: given if (given := typed.get(name, "")) in POINTS else DECLINED
        for name in QUESTIONS.answer_names()
    }
