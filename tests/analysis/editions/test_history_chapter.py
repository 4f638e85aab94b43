"""The history of an edition: what reports before it printed, unchanged, and what it prints."""

import datetime

from msgspec.structs import replace

from analysis.editions import gate
from analysis.editions.chapters.history import MOST_REPORTS
from api.editions import contents, report_view
from api.editions.rows import export_periods
from survey.editions import Edition
from tests.analysis.editions.full_editions import full_weekly_edition
from tests.analysis.editions.made_up_edition import LONDON, THEMES, WEEK, estimate, rate, sample

A_WEEK = datetime.timedelta(weeks=1)


def ungated(**changes):
    made = sample(**changes)
    return Edition(**{name: getattr(made, name) for name in Edition.__struct_fields__})


def printed(week, value, number=1, **changes):
    """An edition that has passed the gate, as inputs carry it: its counts and what is repeated."""
    start = WEEK + week * A_WEEK
    made = ungated(
        start=start,
        end=start + A_WEEK - datetime.timedelta(days=1),
        number=number,
        index=(estimate(LONDON, 3412, value),),
        deployments=(rate(LONDON, 40 + week, 9_000_000),),
        **changes,
    )
    return gate.edition_with_counts(gate.safe_edition(made))


def with_history(before, current):
    made = ungated(index=(estimate(LONDON, 3412, 58.44),))
    return gate.safe_edition(made, before, [one.which for one in current]).history


def test_past_points_are_as_printed_and_the_last_is_of_the_edition_itself():
    before = [printed(week, 55.0 + week) for week in (-2, -1)]
    history = with_history(before, before)
    index = history.find("index", LONDON)
    assert index.values == (53.0, 54.0, 58.4)
    assert history.find("deployments", LONDON).counts[:2] == (40, 40)
    assert [one.start for one in history.reports] == [WEEK - 2 * A_WEEK, WEEK - A_WEEK, WEEK]
    shares = history.find("theme", LONDON, "sampled", THEMES[0][0])
    assert len(shares.values) == len(history.reports)


def test_a_draft_a_withdrawn_and_a_corrected_edition_are_not_repeated():
    draft, corrected, correction = printed(-3, 50.0), printed(-1, 54.0), printed(-1, 56.0, 2)
    history = with_history([draft, corrected, correction], [correction])
    assert history.find("index", LONDON).values == (56.0, 58.4)
    assert [one.number for one in history.reports] == [2, 2]


def test_later_reports_and_those_of_the_other_kind_are_not_repeated():
    month = replace(printed(-1, 54.0), kind="monthly")
    others = [month, printed(0, 57.0), printed(1, 59.0)]
    assert with_history(others, others) is None


def test_counts_of_other_reports_are_no_report_of_a_history():
    """Found: a panel's report stood in the history as a second edition of its month."""
    before = printed(-1, 54.0)
    panel = replace(before, method_version="", index=())
    history = with_history([before, panel], [before])
    assert len(history.reports) == 2


def test_themes_that_a_machine_read_badly_are_not_repeated():
    before = [printed(-1, 54.0, reading="below")]
    theme = with_history(before, before).find("theme", LONDON, "sampled", THEMES[0][0])
    assert theme.values[0] is None
    assert theme.counts[0] is None


def test_no_more_than_thirteen_reports_are_repeated():
    before = [printed(-week, 54.0) for week in range(1, 16)]
    history = with_history(before, before)
    assert len(history.reports) == MOST_REPORTS
    assert history.reports[0].start == WEEK - (MOST_REPORTS - 1) * A_WEEK


def test_page_and_files_have_the_history():
    edition = full_weekly_edition()
    sections = {one.key: one for one in report_view(edition, "5eed" * 16).every_section}
    (table,) = sections["history"].tables
    assert len(table.rows) == len(edition.history.reports)
    rows = [
        row
        for row in contents.export_rows(edition, export_periods(edition))
        if str(row[0]).startswith("history: ")
    ]
    assert {row[0] for row in rows} == {
        f"history: {measure}" for measure in ("index", "deployments", "complaints", "theme")
    }
    index = edition.history.find("index", LONDON)
    assert [row[7] for row in rows if row[0] == "history: index" and row[2] == LONDON] == list(
        index.values[:-1]
    )
