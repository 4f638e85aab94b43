"""Counts the answers to a survey, for everybody and for every part of those who answered."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from analysis.disclosure.counts import FEWEST_TO_COUNT
from survey.surveys.results import AnswerTable, PartTables, QuestionTables

MOST_BINS = 10
# The answers of one person: to each question a list, as several may be chosen.
GivenAnswers = Mapping[str, Sequence[str]]
Codes = npt.NDArray[np.int64]


def count_parts(
    asked: Mapping[str, Sequence[str]], given: Sequence[GivenAnswers], part_of: Sequence[str]
) -> PartTables:
    """Tables of at least ten people, by part and question.

    `asked` has the answers that each question counts; `part_of` is the part of each person, or ''.
    """
    names = sorted(set(part_of))
    place = {name: at for at, name in enumerate(names)}
    codes = np.array([place[name] for name in part_of], dtype=np.int64)
    found: PartTables = {name: {} for name in names if name}
    for question, answers in asked.items():
        bases, counts = count_question(question, answers, given, (codes, len(names)))
        for name, tables in found.items():
            base = int(bases[place[name]])
            if base >= FEWEST_TO_COUNT:
                row = counts[place[name]]
                tables[question] = AnswerTable(base, dict(zip(answers, map(int, row), strict=True)))
    return {name: tables for name, tables in found.items() if tables}


def count_question(
    question: str,
    answers: Sequence[str],
    given: Sequence[GivenAnswers],
    parts: tuple[Codes, int],
) -> tuple[Codes, Codes]:
    """How many people of each part answered (parts), and how often they gave each answer
    (parts x answers).
    """
    codes, many = parts
    place = {answer: at for at, answer in enumerate(answers)}
    who = [at for at, one in enumerate(given) if question in one]
    pairs = [(at, place[answer]) for at in who for answer in given[at][question] if answer in place]
    rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    wide = max(1, len(answers))
    bases = np.bincount(codes[np.array(who, dtype=np.int64)], minlength=many)
    counts = np.bincount(codes[rows] * wide + columns, minlength=many * wide).reshape(many, wide)
    return bases, counts[:, : len(answers)]


def count_everybody(
    asked: Mapping[str, Sequence[str]], given: Sequence[GivenAnswers]
) -> QuestionTables:
    """Tables of at least ten people, by question."""
    return count_parts(asked, given, ["all"] * len(given)).get("all", {})


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
