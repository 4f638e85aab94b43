"""Sums of answers: what an edition needs of them, and what pages show of a survey's results.

Every sum is a whole number, so that adding an answer and taking it away again leaves nothing.
"""

import bisect
import datetime
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import combinations_with_replacement

import msgspec

from survey.surveys.instruments import Instrument, Margin, Mode

EVERYBODY = ""  # the question that everybody answered by sending anything
MARGIN = "margin "
MARGINS: tuple[Margin, ...] = ("age", "sex", "ethnicity", "disability")
LIKERT = 5
AGREES, DISAGREES = 4, 2  # from 4 up, and from 2 down
INDEX_SUMS, ITEM_SUMS = 3, 5


class AnswerTable(msgspec.Struct, frozen=True):
    """How many people answered a question, and how often each answer was given.

    `opening` of them count toward the thresholds from which figures are shown, and came on `days`
    days; for population margins `opening_counts` has these people by answer. None in older figures
    and in sums, where all count.
    """

    base: int
    counts: dict[str, int] = {}
    opening: int | None = None
    days: int | None = None
    opening_counts: dict[str, int] | None = None


# By question.
QuestionTables = dict[str, AnswerTable]
# By the value of a part, such as the code of a borough.
PartTables = dict[str, QuestionTables]


class SurveyResults(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a survey at `answers` answers, under the names of its version `version`.

    `whole` counts everybody. `parts` (by borough, group of boroughs, week, language and answer) and
    `newest` (all parts together) count only `counted` answers: the newest when there were
    `counted_at` answers. `bins` has the limits of the bars of numbers. A table of fewer than ten
    people is in none of them.

    Population margins are counted as questions of their own (`margin_question`); `margins` are
    those that the survey asks, None where figures were made before margins were counted.
    `weighting` is the design effect of the weights that the answers counted would need. `groups`
    has the boroughs of each group that is among the parts.
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
    groups: dict[str, tuple[str, ...]] = {}


def margin_question(margin: str) -> str:
    """The name under which a margin is counted; no question has a space in its name."""
    return f"{MARGIN}{margin}"


def bar_of(number: float, limits: Sequence[float]) -> str:
    """The number of the bar in which a number is counted, as text, like an answer."""
    return str(bisect.bisect_right(limits, number))


class AnswerCellKey(msgspec.Struct, frozen=True, kw_only=True):
    """What the people of one cell have in common: survey, days, place, draw and kind of person.

    `since` is the first of the days of one week within one month, local time, so that weeks and
    months are both made of whole cells. For an answer that was not given the kind is ''; for people
    who were not drawn, stratum and PSU are '' and the probability 0.
    """

    instrument: str
    version: int
    mode: Mode
    area: str
    since: datetime.date
    stratum: str
    psu: str
    probability: float
    kind: tuple[str, ...]


class AnswerCell(msgspec.Struct, frozen=True, kw_only=True):
    """One cell: `persons` people and their `sums` in the order of the instrument's layout."""

    alike: AnswerCellKey
    persons: int
    sums: tuple[int, ...]


class SpanCount(msgspec.Struct, frozen=True):
    """How many people answered in one borough and span, whose first day is `since`."""

    area: str
    since: datetime.date
    persons: int


class SpanSums(msgspec.Struct, frozen=True):
    """Sampled answers to one version in one borough and span: how many people, and their sums."""

    area: str
    since: datetime.date
    version: int
    persons: int
    sums: list[int]


class StratumAnswers(msgspec.Struct, frozen=True):
    """People drawn in one stratum who answered since the day `since`, how many of them gave enough
    for an index, and how many answered all of it.
    """

    stratum: str
    since: datetime.date
    answered: int
    scored: int
    complete: int


class AnswerDraw(msgspec.Struct, frozen=True):
    """Where the people of a cell live and how they were drawn."""

    id: int
    area: str
    stratum: str
    psu: str
    probability: float


class AnswerKind(msgspec.Struct, frozen=True):
    """The kind of people in a cell: a category of each of `MARGINS`."""

    id: int
    kind: Sequence[str]


class SumLayout:
    """The position of each sum of an instrument.

    First the number of people with an index, its sum and its sum of squares, in units of 1/`unit`
    point. Then, of those who answered every item of the index: their number, the sums of the items
    turned the right way round, and of the products of each pair. Then for each Likert item: how
    many answered, sum, sum of squares, how many agreed (4, 5) and disagreed (1, 2).
    """

    def __init__(self, instrument: Instrument) -> None:
        self.reverse = instrument.likert()
        self.items = tuple(self.reverse)
        index = instrument.index
        self.index = index.items if index else ()
        # With 0 an index of no answers at all would divide by 0.
        self.fewest = max(index.fewest, 1) if index else 1
        self.margins = tuple(instrument.margins().get(margin) for margin in MARGINS)

    @cached_property
    def unit(self) -> int:
        """The number of parts in a point of the index: 25/m is a whole number of them for every
        number of answers m.
        """
        return math.lcm(*range(1, len(self.index) + 1)) if self.index else 1

    @cached_property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        return tuple(combinations_with_replacement(range(len(self.index)), 2))

    @property
    def of_the_index(self) -> int:
        """The number of sums of the index; they come first."""
        return INDEX_SUMS + 1 + len(self.index) + len(self.pairs) if self.index else 0

    @property
    def width(self) -> int:
        return self.of_the_index + ITEM_SUMS * len(self.items)

    def item(self, name: str) -> int:
        """The position of the first of an item's five sums."""
        return self.of_the_index + ITEM_SUMS * self.items.index(name)

    def kind(self, answers: Mapping[str, object]) -> tuple[str, ...]:
        """A person's category in each margin; '' if they did not say."""
        return tuple(asked.kind_of(answers) if asked else "" for asked in self.margins)

    def of(self, answers: Mapping[str, object]) -> tuple[int, ...]:
        """What one person adds to each of the sums."""
        return (*self.of_index(answers), *self.of_pairs(answers), *self.of_items(answers))

    def of_index(self, answers: Mapping[str, object]) -> tuple[int, ...]:
        if not self.index:
            return ()
        points = [self.point(answers, item) for item in self.index]
        given = [point for point in points if point is not None]
        if len(given) < self.fewest:
            return 0, 0, 0
        # The division is exact, as `unit` is a multiple of every number of answers.
        score = 25 * sum(given) * self.unit // len(given)
        return 1, score, score * score

    def point(self, answers: Mapping[str, object], item: str) -> int | None:
        """The points of an answer to a Likert item, 0 to 4, higher is better; None if not
        answered.
        """
        answer = likert_answer(answers.get(item))
        if answer is None:
            return None
        return LIKERT - answer if self.reverse[item] else answer - 1

    def of_items(self, answers: Mapping[str, object]) -> Iterable[int]:
        for item in self.items:
            x = likert_answer(answers.get(item))
            yield from (0,) * ITEM_SUMS if x is None else (
                1, x, x * x, int(x >= AGREES), int(x <= DISAGREES)
            )  # fmt: skip

    def of_pairs(self, answers: Mapping[str, object]) -> Iterable[int]:
        if not self.index:
            return ()
        points = [self.point(answers, item) for item in self.index]
        whole = [point + 1 for point in points if point is not None]
        # Cronbach's alpha, which needs these, is about people who answered every item.
        if len(whole) < len(points):
            return (0,) * (1 + len(points) + len(self.pairs))
        return (1, *whole, *(whole[i] * whole[j] for i, j in self.pairs))


def likert_answer(answer: object) -> int | None:
    known = isinstance(answer, int) and not isinstance(answer, bool)  # True would pass for 1
    return answer if known and 1 <= answer <= LIKERT else None  # type: ignore[operator, return-value]


def span_start(day: datetime.date) -> datetime.date:
    """The first day of the part of a week that lies in the day's month."""
    # Both a week and a month are then whole cells.
    return max(day - datetime.timedelta(days=day.weekday()), day.replace(day=1))


def sum_cells(given: Iterable[tuple[AnswerCellKey, tuple[int, ...]]]) -> list[AnswerCell]:
    """The sums of single people added up into cells, in order of the cells' keys."""
    rows: dict[AnswerCellKey, list[int]] = {}
    for alike, sums in given:
        row = rows.setdefault(alike, [0] * (1 + len(sums)))
        row[0] += 1
        for at, value in enumerate(sums, 1):
            row[at] += value
    return [
        AnswerCell(alike=alike, persons=row[0], sums=tuple(row[1:]))
        for alike, row in sorted(rows.items(), key=lambda pair: cell_order(pair[0]))
    ]


def cell_order(alike: AnswerCellKey) -> tuple[object, ...]:
    key = alike.instrument, alike.version, alike.since, alike.area
    return *key, alike.stratum, alike.psu, alike.probability, alike.kind
