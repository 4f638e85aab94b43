"""What is shown of the answers to a survey: counts, as they were when they last moved."""

import bisect
import datetime
from collections.abc import Sequence

import msgspec


class AnswerTable(msgspec.Struct, frozen=True):
    """How many people answered a question, and how often each answer was given.

    `opening` of them count toward the thresholds from which figures are shown, and came on `days`
    days; `opening_counts` are these by answer, of population margins. None in older figures and in
    sums, where all count.
    """

    base: int
    counts: dict[str, int] = {}
    opening: int | None = None
    days: int | None = None
    opening_counts: dict[str, int] | None = None


EVERYBODY = ""  # the question that everybody answered by sending anything
MARGIN = "margin "
# By question.
QuestionTables = dict[str, AnswerTable]
# By the value of a part, such as the code of a borough.
PartTables = dict[str, QuestionTables]


class SurveyResults(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a survey at `answers` answers, under the names of its version `version`.

    `whole` counts everybody; `parts`, by borough, week, language and group, and `newest`, their
    whole, count `counted` answers, the newest when there were `counted_at` of them. `bins` has the
    limits of the bars of numbers. A table of fewer than ten people is in none of them.

    Population margins are counted as questions of their own (`margin_question`); `margins` are
    those that the survey asks, None where figures were made before margins were counted.
    `weighting` is the design effect of the weights that the answers counted would need.
    """

    version: int
    answers: int
    counted: int
    counted_at: int = 0
    weeks: list[tuple[datetime.date, int]] = []
    days: list[tuple[datetime.date, int]] = []
    bins: dict[str, list[float]] = {}
    whole: QuestionTables = {}
    newest: QuestionTables = {}
    parts: dict[str, PartTables] = {}
    margins: list[str] | None = None
    weighting: float | None = None


def margin_question(margin: str) -> str:
    """The name under which a margin is counted; no question has a space in its name."""
    return f"{MARGIN}{margin}"


def is_margin_question(name: str) -> bool:
    return name.startswith(MARGIN)


def bar_of(number: float, limits: Sequence[float]) -> str:
    """The place of the bar that a number is counted in, as an answer."""
    return str(bisect.bisect_right(limits, number))
