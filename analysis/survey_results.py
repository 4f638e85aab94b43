"""Counts the answers to a survey, for everybody and for every part of those who answered."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.disclosure.counts import FEWEST_TO_COUNT
from survey.surveys.results import AnswerTable, PartTables, QuestionTables

MOST_BINS = 10
# The answers of one person: to each question a list, as several may be chosen.
GivenAnswers = Mapping[str, Sequence[str]]
Codes = npt.NDArray[np.int64]


class QuestionIndex(NamedTuple):
    """Who answered a question, as numbers: `rows` and `columns` say who gave which answer."""

    answers: Sequence[str]
    who: Codes
    rows: Codes
    columns: Codes


def index_answers(
    asked: Mapping[str, Sequence[str]], given: Sequence[GivenAnswers]
) -> dict[str, QuestionIndex]:
    """The answers by question; `asked` has those that each question counts."""
    found = {}
    for question, answers in asked.items():
        place = {answer: at for at, answer in enumerate(answers)}
        who = [at for at, one in enumerate(given) if question in one]
        pairs = [
            (at, place[answer]) for at in who for answer in given[at][question] if answer in place
        ]
        rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        found[question] = QuestionIndex(answers, np.array(who, dtype=np.int64), rows, columns)
    return found


def count_parts(indexed: Mapping[str, QuestionIndex], part_of: Sequence[str]) -> PartTables:
    """Tables of at least ten people, by part and question; `part_of` is the part of each person,
    or ''.
    """
    names = sorted(set(part_of))
    place = {name: at for at, name in enumerate(names)}
    codes = np.array([place[name] for name in part_of], dtype=np.int64)
    found: PartTables = {name: {} for name in names if name}
    for question, index in indexed.items():
        bases, counts = count_question(index, codes, len(names))
        for name, tables in found.items():
            base = int(bases[place[name]])
            if base >= FEWEST_TO_COUNT:
                row = map(int, counts[place[name]])
                tables[question] = AnswerTable(base, dict(zip(index.answers, row, strict=True)))
    return {name: tables for name, tables in found.items() if tables}


def count_question(index: QuestionIndex, codes: Codes, many: int) -> tuple[Codes, Codes]:
    """How many people of each of `many` parts answered (parts), and how often they gave each answer
    (parts x answers).
    """
    wide = max(1, len(index.answers))
    bases = np.bincount(codes[index.who], minlength=many)
    counts = np.bincount(codes[index.rows] * wide + index.columns, minlength=many * wide)
    return bases, counts.reshape(many, wide)[:, : len(index.answers)]


def count_everybody(indexed: Mapping[str, QuestionIndex], people: int) -> QuestionTables:
    """Tables of at least ten people, by question."""
    return count_parts(indexed, ["all"] * people).get("all", {})


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
