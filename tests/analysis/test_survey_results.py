"""Counts of answers by part are those of a plain recount; limits of bars are nobody's answer."""

import datetime
import random
from collections import Counter

from analysis.survey_results import (
    bin_limits,
    count_everybody,
    count_parts,
    index_answers,
    opening_answers,
)
from survey.surveys.sums import bar_of

ASKED = {"one": ["a", "b"], "several": ["x", "y", "z"]}
DAY = datetime.date(2026, 11, 2)


def all_opening(many, days=3):
    """All of these answers count toward thresholds; they came on so many days in turn."""
    came = [DAY + datetime.timedelta(days=n % days) for n in range(many)]
    return opening_answers([True] * many, came)


def test_counts_are_those_of_a_plain_recount():
    chance = random.Random(4)
    given = [
        {"one": [chance.choice("abc")]}
        | ({"several": chance.sample("xyz", chance.randrange(4))} if chance.random() < 0.6 else {})
        for _ in range(300)
    ]
    parts = [chance.choice(["north", "south", "", "few"][: 4 if n < 30 else 3]) for n in range(300)]
    found = count_parts(index_answers(ASKED, given), parts, all_opening(len(given)))
    for part, tables in found.items():
        for question, table in tables.items():
            own = [one[question] for one, where in zip(given, parts, strict=True)
                   if where == part and question in one]  # fmt: skip
            told = Counter(answer for one in own for answer in one)
            assert table.base == len(own)
            assert table.counts == {answer: told[answer] for answer in ASKED[question]}
    assert set(found) == {"north", "south"}
    assert count_everybody(index_answers(ASKED, given), all_opening(len(given)))["one"].base == 300


def test_fewer_than_ten_people_are_in_no_table():
    assert count_everybody(index_answers(ASKED, [{"one": ["a"]}] * 9), all_opening(9)) == {}


def test_answers_of_one_source_open_nothing_and_are_counted():
    """Twelve answers, of which three are by one source in an hour: nine that count, then ten."""
    given, group = [{"one": ["a"]}] * 12, ["north"] * 12
    days = [DAY + datetime.timedelta(days=n % 3) for n in range(12)]
    few = opening_answers([False] * 3 + [True] * 9, days)
    assert count_parts(index_answers(ASKED, given), group, few) == {}
    enough = opening_answers([False] * 2 + [True] * 10, days)
    table = count_parts(index_answers(ASKED, given), group, enough, {"one"})["north"]["one"]
    assert (table.base, table.opening, table.days) == (12, 10, 3)
    assert (table.counts, table.opening_counts) == ({"a": 12, "b": 0}, {"a": 10, "b": 0})


def test_bars_have_round_limits_and_open_ends():
    ages = [18, 19, 22, 25, 31, 34, 38, 41, 44, 52, 58, 63, 70, 97]
    limits = bin_limits(ages)
    assert limits[0] > min(ages)
    assert limits[-1] <= max(ages)
    assert len(limits) < 12
    assert all(limit % 5 == 0 for limit in limits)
    counts = Counter(bar_of(age, limits) for age in ages)
    assert sum(counts.values()) == len(ages)
    assert counts["0"] == sum(age < limits[0] for age in ages)


def test_bars_of_numbers_that_are_all_alike_and_of_too_few():
    assert bin_limits([3.0] * 12) == [4.0]
    assert bin_limits([1, 2, 3]) == []
