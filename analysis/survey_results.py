"""A survey's own results: answers counted, for everybody and every part of them, and their gate.

Results move while people answer and can be narrowed to a part. Whoever looks knows the rules, can
look as often as they like, may know who answered when, and may have answered often themselves. So a
table is shown from ten people on, moves only when ten or more have come or gone, and a part is
shown only if its answers came on several days, and what is left when all shown parts are taken from
the whole is nobody, or ten people or more. Counts of parts are rounded to five. All these tens are
of answers that open results: a few an hour from each source.
"""

import datetime
import math
from collections.abc import Collection, Container, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.disclosure import FEWEST_TO_COUNT, ROUNDING
from survey.surveys.sums import AnswerTable, PartTables, QuestionTables

MOST_BINS = 10
# The answers of one person: to each question a list, as several may be chosen.
GivenAnswers = Mapping[str, Sequence[str]]
Codes = npt.NDArray[np.int64]
# Of many answers, figures move when a hundredth has come: ten more change nothing that one can see.
PARTS_OF_A_STEP = 100
FEWEST_DAYS = 3  # whoever pads a part has to go on for days, in which others answer too


class QuestionIndex(NamedTuple):
    """Who answered a question, and which person (`rows`) gave which answer (`columns`), as
    numbers.
    """

    answers: Sequence[str]
    who: Codes
    rows: Codes
    columns: Codes


def index_answers(
    asked: Mapping[str, Sequence[str]], given: Sequence[GivenAnswers]
) -> dict[str, QuestionIndex]:
    """The answers by question; `asked` has the answers that each question counts."""
    indexes = {}
    for question, answers in asked.items():
        place = {answer: at for at, answer in enumerate(answers)}
        who = [at for at, person in enumerate(given) if question in person]
        pairs = [
            (at, place[answer]) for at in who for answer in given[at][question] if answer in place
        ]
        rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        indexes[question] = QuestionIndex(answers, np.array(who, dtype=np.int64), rows, columns)
    return indexes


class OpeningAnswers(NamedTuple):
    """Whether each person's answer counts toward thresholds (0 or 1), and its day's number."""

    opens: Codes
    day: Codes


def opening_answers(opens: Sequence[bool], days: Sequence[datetime.date]) -> OpeningAnswers:
    return OpeningAnswers(
        np.array(opens, dtype=np.int64), np.array([day.toordinal() for day in days], dtype=np.int64)
    )


def count_parts(
    indexed: Mapping[str, QuestionIndex],
    part_of: Sequence[str],
    opening: OpeningAnswers,
    margins: Container[str] = (),
) -> PartTables:
    """Tables by part and question, each with ten people or more whose answers count for thresholds.

    `part_of` is the part that each person belongs to, or ''; for the questions in `margins` the
    people of the tables are also counted by answer.
    """
    names = sorted(set(part_of))
    place = {name: at for at, name in enumerate(names)}
    codes = np.array([place[name] for name in part_of], dtype=np.int64)
    parts: PartTables = {name: {} for name in names if name}
    everybody, counting = np.ones_like(opening.opens), opening.opens
    for question, index in indexed.items():
        bases, counts = count_question(index, codes, len(names), everybody)
        opened, opened_counts = count_question(index, codes, len(names), counting)
        # The days on which the answers of each part came that count toward thresholds.
        who = index.who[opening.opens[index.who] == 1]
        pairs = np.unique(np.column_stack([codes[who], opening.day[who]]), axis=0)
        days = [int(number) for number in np.bincount(pairs[:, 0], minlength=len(names))]
        for name, tables in parts.items():
            at = place[name]
            if opened[at] < FEWEST_TO_COUNT:
                continue
            tables[question] = AnswerTable(
                int(bases[at]),
                by_answer(index, counts[at]),
                opening=int(opened[at]),
                days=days[at],
                opening_counts=by_answer(index, opened_counts[at]) if question in margins else None,
            )
    return {name: tables for name, tables in parts.items() if tables}


def by_answer(index: QuestionIndex, row: Codes) -> dict[str, int]:
    return dict(zip(index.answers, map(int, row), strict=True))


def count_question(
    index: QuestionIndex, codes: Codes, many: int, counts: Codes
) -> tuple[Codes, Codes]:
    """How many people of each of `many` parts answered (parts), and how often they gave each answer
    (parts x answers); only people with a 1 in `counts` are counted.
    """
    wide = max(1, len(index.answers))
    who, rows = index.who[counts[index.who] == 1], counts[index.rows] == 1
    bases = np.bincount(codes[who], minlength=many)
    places = codes[index.rows[rows]] * wide + index.columns[rows]
    given = np.bincount(places, minlength=many * wide)
    return bases, given.reshape(many, wide)[:, : len(index.answers)]


def count_everybody(
    indexed: Mapping[str, QuestionIndex], opening: OpeningAnswers, margins: Container[str] = ()
) -> QuestionTables:
    """Tables of at least ten people, by question."""
    parts = ["all"] * len(opening.opens)
    return count_parts(indexed, parts, opening, margins).get("all", {})


def bin_limits(numbers: Sequence[float]) -> list[float]:
    """Limits at round numbers between which at most ten bars of a histogram lie; the first and the
    last bar are open, so that no limit is anybody's answer.
    """
    if len(numbers) < FEWEST_TO_COUNT:
        return []
    low, high = map(float, np.quantile(numbers, (0.05, 0.95)))
    width = max(high - low, 1e-9) / (MOST_BINS - 2)
    unit = 10.0 ** math.floor(math.log10(width))
    step = next(unit * by for by in (1, 2, 5, 10) if unit * by >= width)
    if all(number == int(number) for number in numbers):
        step = max(1.0, step)
    first = math.floor(low / step) + 1
    many = max(1, math.ceil(high / step) - first)
    return [round((first + at) * step, 10) for at in range(many)]


def has_moved(before: int, now: int) -> bool:
    """Whether the number of answers moved enough from `before` to `now` to make figures again."""
    return abs(now - before) >= max(FEWEST_TO_COUNT, before // PARTS_OF_A_STEP)


def opening_count(table: AnswerTable) -> int:
    """How many answers of a table count toward a threshold."""
    return table.base if table.opening is None else table.opening


def may_open(table: AnswerTable) -> bool:
    """Whether a part has enough answers that count, from enough days, to be shown."""
    several = table.days is None or table.days >= FEWEST_DAYS
    return several and opening_count(table) >= FEWEST_TO_COUNT


def moved_tables(before: QuestionTables, now: QuestionTables) -> QuestionTables:
    """The tables to show: each as before, until ten people or more have come or gone."""
    tables = {}
    for question in {**before, **now}:
        old, new = before.get(question), now.get(question)
        # A table that is gone counts fewer than ten people now: how many is not known here.
        left = opening_count(new) if new else FEWEST_TO_COUNT - 1
        shown = old if old and abs(left - opening_count(old)) < FEWEST_TO_COUNT else new
        if shown and opening_count(shown) >= FEWEST_TO_COUNT:
            tables[question] = shown
    return tables


def moved_parts(before: PartTables, now: PartTables) -> PartTables:
    """`moved_tables` for every part; parts without a table are left out."""
    parts = {
        part: moved_tables(before.get(part, {}), now.get(part, {})) for part in {**before, **now}
    }
    return {part: tables for part, tables in parts.items() if tables}


def shown_parts(
    whole: AnswerTable | None, parts: Mapping[str, AnswerTable]
) -> dict[str, AnswerTable]:
    """The parts of a question that may be shown, rounded; the others are withheld.

    `whole` has the answers of all parts and of people in none.
    """
    if whole is None or opening_count(whole) < FEWEST_TO_COUNT:
        return {}
    by_size = sorted(parts, key=lambda part: (opening_count(parts[part]), part), reverse=True)
    shown = [part for part in by_size if may_open(parts[part])]
    while shown and tells_of_the_rest(whole, [parts[part] for part in shown]):
        shown.pop()
    return {part: rounded_table(parts[part]) for part in sorted(shown)}


def shown_unions(
    whole: AnswerTable | None,
    unions: Mapping[str, AnswerTable],
    parts: Mapping[str, AnswerTable],
    inside: Mapping[str, Collection[str]],
) -> dict[str, AnswerTable]:
    """The unions of parts that may be shown next to the parts, rounded, such as groups of boroughs.

    `inside` has the parts of each union; no part is in two. Every set of people that sums and
    differences of shown tables give is made of what the shown parts leave of a union, and of what
    unions and the parts outside of them leave of everybody: each is nobody, or ten people or more.
    """
    if whole is None:
        return {}
    open_parts = {part: parts[part] for part in shown_parts(whole, parts)}

    def parts_in(union: str) -> list[AnswerTable]:
        return [open_parts[part] for part in inside.get(union, ()) if part in open_parts]

    by_size = sorted(unions, key=lambda union: (opening_count(unions[union]), union), reverse=True)
    shown = [
        union
        for union in by_size
        if may_open(unions[union]) and not tells_of_the_rest(unions[union], parts_in(union))
    ]
    while shown:
        within = {part for union in shown for part in inside.get(union, ())}
        outside = [table for part, table in open_parts.items() if part not in within]
        if not tells_of_the_rest(whole, [*(unions[union] for union in shown), *outside]):
            break
        shown.pop()
    return {union: rounded_table(unions[union]) for union in sorted(shown)}


def tells_of_the_rest(whole: AnswerTable, shown: Sequence[AnswerTable]) -> bool:
    """Whether there are people outside these parts, but fewer than ten."""
    rest = opening_count(whole) - sum(map(opening_count, shown))
    return whole.base != sum(table.base for table in shown) and abs(rest) < FEWEST_TO_COUNT


def shown_groups(table: AnswerTable | None) -> dict[str, int]:
    """How many of each group answered, rounded to five; only groups of ten people or more.

    The page on who has not been heard from is made of these groups. Nobody and nine people look
    alike there, so the words for a group do not change when its first person answers. The table
    moves by ten people or more, like all tables, so any of ten people or more may have joined a
    group that appears between two looks, and nothing says which. What a group lacks is worked out
    from the rounded figures and the census, never from the count behind them.
    """
    if table is None or opening_count(table) < FEWEST_TO_COUNT:
        return {}
    opening = table.counts if table.opening_counts is None else table.opening_counts
    return {
        group: rounded_to_five(count)
        for group, count in table.counts.items()
        if opening.get(group, 0) >= FEWEST_TO_COUNT
    }


def rounded_table(table: AnswerTable) -> AnswerTable:
    counts = {answer: rounded_to_five(count) for answer, count in table.counts.items()}
    return AnswerTable(rounded_to_five(table.base), counts)


def rounded_to_five(count: int) -> int:
    return ROUNDING * ((count + ROUNDING // 2) // ROUNDING)
