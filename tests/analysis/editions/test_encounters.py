"""The chapter of people the police met: what is shown, withheld, and never pooled with others."""

import datetime

import msgspec
import pytest

from analysis.statistics.rates import clopper_pearson
from api.editions.chapters import encounters as shown
from api.editions.contents import report_chapters, section_tables
from tests.analysis.editions.full_editions import (
    full_monthly_edition,
    full_weekly_edition,
    gated_people_met,
)
from tests.analysis.editions.made_up_edition import bare_edition
from tests.analysis.editions.made_up_encounters import answers, question

END = datetime.date(2008, 6, 30)
SURVEY = "after-the-police"


def gated(**changes):
    """The edition of a month with the survey alone, as the gate lets it pass."""
    return edition_with(gated_people_met(answers(**changes), END))


def edition_with(tables):
    return msgspec.structs.replace(bare_edition(), kind="monthly", end=END, tables=tables)


def questions_of(edition):
    return edition.tables_of("met question", SURVEY)


def counts_of(question):
    return [one.count for one in question.counts if one.row]


def words_of(edition):
    parts = shown.survey_sections(edition)
    said = ((*part.words, *part.for_statisticians.words) for part in parts)
    return " ".join(words for words_of_part in said for words in words_of_part)


def test_shares_are_those_of_the_rounded_counts():
    respect = questions_of(gated())[0]
    assert (respect.count("base"), counts_of(respect)) == (205, [95, 65, 40])
    assert [one.value for one in respect.figures] == [0.46, 0.32, 0.2]


@pytest.mark.parametrize("count", range(20, 61))
def test_the_limits_hold_those_of_every_count_that_is_rounded_to_it(count):
    asked = question("q", "Q", 100, (count, 80 - count, 20))
    [one, *_] = questions_of(gated(questions=(asked,)))[0].figures
    low, high = clopper_pearson(count, 100, 0.025)
    assert one.low <= low + 0.005
    assert one.high >= high - 0.005


def test_shares_that_do_not_add_up_to_100_are_said_to_be_so_on_the_page_and_in_the_files():
    small = question("reason", "Did they say why?", 61, (28, 18, 15))
    edition = gated(questions=(small,))
    shares = [one.value for one in questions_of(edition)[0].figures]
    assert sum(shares) == pytest.approx(1.08)
    assert "need not add up to 100%" in words_of(edition)
    rows = [row for row in shown.survey_rows(edition, None) if row[7] is not None]
    assert [row[6] for row in rows] == shares
    assert {"need not add up to 100%" in row[9] for row in rows} == {True}


def test_few_answers_to_a_question_are_withheld_and_some_are_flagged():
    edition = gated()
    assert counts_of(questions_of(edition)[3]) == [None, None, None]
    assert "1 question is not shown: it has too few answers" in words_of(edition)
    tables = [table for part in shown.survey_sections(edition) for table in part.tables]
    notes = {table.caption: table.note for table in tables}
    assert "read the interval, not the share" in notes["Did they say why?"]
    assert "read the interval" not in notes["Did they treat you with respect?"]
    assert "Did you complain?" not in notes


def test_an_answer_of_few_is_withheld_and_others_where_they_would_give_it_away():
    many = question("q", "Q", 203, (120, 80, 3))
    few = question("q", "Q", 61, (38, 20, 3))
    for asked, counts in ((many, [120, 80, None]), (few, [None, None, None])):
        [found] = questions_of(gated(questions=(asked,)))
        assert counts_of(found) == counts


def test_small_groups_are_withheld_on_both_sides():
    [ages] = gated().tables_of("met by age")
    for name in ("group asked", "group answered"):
        assert (ages.count(name, "65+"), ages.figure(name, "65+").value) == (None, None)


def test_the_rates_are_those_of_the_published_counts():
    [survey] = gated().tables_of("met")
    rates = {one.name: one.value for one in survey.figures}
    assert (survey.count("asked"), survey.count("answered")) == (615, 210)
    ineligible = survey.count("letters", "ineligible")
    assert rates["rr1"] == pytest.approx(210 / (615 - ineligible), abs=0.0006)
    assert rates["rr1"] == rates["rr2"]
    assert rates["rr3"] > rates["rr1"]
    assert rates["rr5"] is None  # many are silent, so nobody knows how many were eligible


def test_of_fewer_than_ten_answers_nothing_is_said():
    few = msgspec.structs.replace(answers().sums, everybody=encounters_tally(80, 8))
    edition = gated(sums=few)
    assert [one.kind for one in edition.tables] == ["met"]
    assert "cannot be shown: too few have answered" in words_of(edition)


def encounters_tally(asked, answered):
    return type(answers().sums.everybody)(asked, answered)


def test_it_says_who_they_are_and_whom_it_is_not_about():
    said = words_of(gated())
    assert "They say nothing about residents, or about people who were not asked." in said
    assert "About 210 of about 615 people had answered by" in said
    assert "They were asked in 2 waves, about encounters of 1 Feb 2008 to 20 May 2008." in said
    assert "Never asked: people under 16; people in cases of domestic abuse." in said
    assert "groups (age): 16-24. They are 33% of those asked and 19% of those who answered." in said


def test_without_a_survey_there_is_no_chapter_and_a_week_has_none():
    assert not [one for one in report_chapters(edition_with(())) if one.key == "met"]
    [chapter] = [one for one in report_chapters(full_monthly_edition()) if one.key == "met"]
    assert {one.stream for one in chapter.sections} == {"met"}
    assert full_weekly_edition().tables_of("met")  # which no weekly edition computes


def test_every_figure_of_the_page_is_in_the_files():
    edition = gated()
    rows = [*shown.survey_rows(edition, None)]
    assert {row[3] for row in rows} == {"met"}
    [table] = {row[0] for row in rows}
    assert table == "people the police met: After the police met you"
    assert section_tables("met-1") == ("people the police met: *",)
    by_measure = {row[4]: row for row in rows}
    assert by_measure["RR1"][6] == edition.tables_of("met")[0].figure("rr1").value
    assert by_measure["Did they treat you with respect?: No"][5:9] == (40, 0.2, 0.13, 0.27)
    assert by_measure["age 16-24: asked"][6] == 205
