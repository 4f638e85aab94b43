"""The chapter of the handling of closed cases: what is shown, withheld, and the planted truth."""

import datetime
import random

import msgspec
import pytest

from api.editions.chapters import handling as shown
from api.editions.contents import report_chapters, section_tables
from survey.editions.caseload import HANDLING_GROUPS, HANDLING_QUESTIONS, POINTS, HandlingQuarter
from survey.surveys.item_types.answers import DECLINED
from tests.analysis.editions.full_editions import (
    full_monthly_edition,
    gated_closed_cases,
)
from tests.analysis.editions.made_up_edition import bare_edition
from tests.analysis.editions.made_up_handling import GIVEN, quarter

# Of 100 people, how many would choose each point, and how many of those asked answer.
TRUTH = {
    "fairly": (14, 19, 15, 33, 19),
    "informed": (22, 26, 14, 25, 13),
    "understood": (9, 15, 14, 37, 25),
    "speed": (25, 23, 15, 22, 15),
    "again": (10, 9, 10, 38, 33),
}
ANSWERED = 0.55


def edition_with(tables):
    end = datetime.date(2008, 6, 30)
    return msgspec.structs.replace(bare_edition(), kind="monthly", end=end, tables=tables)


def table_of(of):
    [table] = edition_with(gated_closed_cases(of)).tables_of("handling")
    return table


def words_of(edition):
    return " ".join(words for part in shown.handling_section(edition) for words in part.words)


def test_the_statements_are_those_of_the_form():
    assert {row.name: row.text["en"] for row in HANDLING_QUESTIONS.rows} == shown.STATEMENTS


def test_counts_and_shares_are_rounded():
    table = table_of(quarter())
    assert [table.count(name) for name in ("closed", "returned", "answered")] == [260, 190, 145]
    groups = {group: table.count("fairly", group) for group in HANDLING_GROUPS}
    assert groups == {"agree": 75, "neither": 20, "disagree": 45}
    assert table.figure("fairly", "agree").value == pytest.approx(75 / 140, abs=0.005)


def test_a_small_group_is_withheld_with_another_that_would_give_it_away():
    table = table_of(quarter(GIVEN | {"fairly": (1, 2, 22, 61, 42)}))
    assert table.count("fairly", "disagree") is None
    assert table.figure("fairly", "disagree").value is None
    few = table_of(quarter(GIVEN | {"fairly": (1, 2, 4, 9, 8)}))
    assert [few.count("fairly", group) for group in HANDLING_GROUPS] == [None] * 3


def test_of_fewer_than_ten_answers_nothing_is_shown():
    few = quarter({name: (1, 1, 1, 2, 2) for name in GIVEN}, answered=9)
    assert gated_closed_cases(few) == ()


@pytest.mark.parametrize("agree", range(30, 46))
def test_the_bounds_hold_what_all_could_say_whatever_was_rounded(agree):
    of = quarter(GIVEN | {"fairly": (20, 20, 20, agree, 0)}, closed=201)
    bounds = table_of(of).figure("fairly of all")
    assert bounds.low <= agree / 201 + 0.005
    assert bounds.high >= (agree + 201 - 60 - agree) / 201 - 0.005


def test_words_and_files_say_the_same_and_name_the_stream():
    edition = edition_with(gated_closed_cases(quarter()))
    assert "About 260 cases were closed, 1 Jan 2008 to 31 Mar 2008." in (words_of(edition))
    assert "54% of those who said agree that they were treated fairly" in words_of(edition)
    rows = [*shown.handling_rows(edition, None)]
    assert {row[0] for row in rows} == {"handling"}
    assert {row[3] for row in rows} == {"closed"}
    by_measure = {row[4]: row for row in rows}
    assert by_measure["I was treated fairly: agree"][6] == 0.54
    assert by_measure["share that answered"][6] == 0.56
    assert section_tables("handling") == ("handling",)


def test_it_is_a_part_of_complaints_and_folds_its_table():
    assert not [*shown.handling_section(edition_with(()))]
    [chapter] = [one for one in report_chapters(full_monthly_edition()) if one.key == "deployed"]
    [section] = [one for one in chapter.sections if one.key == "handling"]
    assert (len(section.tables), len(section.folded)) == (0, 2)


def test_quarters_before_are_in_a_table_of_their_own():
    earlier = quarter(quarter=datetime.date(2007, 10, 1), closed=231)
    tables = (*gated_closed_cases(quarter()), *gated_closed_cases(earlier))
    [section] = shown.handling_section(edition_with(tables))
    rows = [[cell.text for cell in row] for row in section.folded[1].rows]
    assert [row[1] for row in rows] == ["260", "230"]
    assert {row[0] for row in shown.handling_rows(edition_with(tables), None)} == {"handling"}
    periods = {row[1] for row in shown.handling_rows(edition_with(tables), None)}
    assert periods == {"2008-01-01/2008-03-31", "2007-10-01/2007-12-31"}


def planted_quarter(seed, closed=300):
    """A quarter in which each owner answers by chance, by the planted shares."""
    dice = random.Random(seed)
    answered = sum(dice.random() < ANSWERED for _ in range(closed))
    answers = {name: dict.fromkeys((*POINTS, DECLINED), 0) for name in TRUTH}
    for name, shares in TRUTH.items():
        for point in dice.choices(POINTS, shares, k=answered):
            answers[name][point] += 1
    return HandlingQuarter(
        quarter=datetime.date(2008, 1, 1),
        closed=closed,
        returned=min(closed, answered + 30),
        answered=answered,
        answers=answers,
    )


@pytest.mark.slow
def test_the_intervals_hold_the_planted_shares():
    """Of 95% limits that are widened for rounding, more than 95 in 100 hold the truth."""
    held = []
    for seed in range(100):
        table = table_of(planted_quarter(seed))
        figures = [(table.figure("answered"), ANSWERED)]
        for name, shares in TRUTH.items():
            for group, points in HANDLING_GROUPS.items():
                true = sum(shares[POINTS.index(point)] for point in points) / 100
                figures.append((table.figure(name, group), true))
        held += [one.low <= true <= one.high for one, true in figures if one.value is not None]
    assert len(held) > 1_400
    assert 0.95 <= sum(held) / len(held) < 1
