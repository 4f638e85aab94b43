"""Tiles, captions, tables and files of the deployments name the days that were counted."""

import csv
import datetime
import io

import msgspec
import pytest

from analysis.editions import make_edition
from api.editions import files, report_view
from api.routes.reports import edition_figures
from survey.deployments import SEVERITY, Perception
from survey.store.editions import PublishedEdition
from tests.analysis.editions.small_inputs import CODES, count, inputs_of_week
from tests.analysis.editions.smallest_inputs import monthly_counts
from tests.analysis.editions.test_counted_days import complaints_each_day, october, weekly_counts

PARTLY = "7 Oct 2024 to 27 Oct 2024 (21 of 31 days)"


def view_of(edition):
    return report_view(edition, "5eed" * 16)


def find_section(edition, key):
    return next(one for one in view_of(edition).every_section if one.key == key)


def csv_rows(edition, table):
    found = csv.DictReader(io.StringIO(files.render_csv(edition).decode(), newline=""))
    return [row for row in found if row["table"] == table]


@pytest.fixture(scope="module")
def partly_known():
    every = [
        count(code, week, 5, tactic) for week in range(45) for code in CODES for tactic in SEVERITY
    ]
    return make_edition(october(counts=every))


def test_figures_of_a_whole_force_have_no_row_of_a_borough():
    counts = monthly_counts([50] * 12, datetime.date(2024, 1, 1), area="Force A")
    end = datetime.date(2024, 9, 30)
    row = Perception(area="E1", quarter_end=end, item="good_job_local", proportion=0.6, base=400)
    made = make_edition(october(counts=counts, perceptions=[row]))
    rates = find_section(made, "rates")
    assert any("no count or rate by borough" in words for words in rates.words)
    assert [one.caption for one in rates.tables] == [
        "Complaints by borough, 1 Oct 2024 to 31 Oct 2024"
    ]
    assert {one["domain"] for one in csv_rows(made, "deployments")} == {made.city}
    tile = next(one for one in view_of(made).stats if one.label == "Taser uses recorded")
    assert (tile.value.text, "elsewhere" in tile.meaning) == ("50", False)


def test_the_tile_and_the_captions_of_a_month_name_its_counted_days(partly_known):
    view = view_of(partly_known)
    tile = next(one for one in view.stats if one.label == "Taser uses recorded")
    assert tile.window == PARTLY
    assert PARTLY in find_section(partly_known, "tactics").figure.subtitle
    assert "Deployment figures cover 21 of 31 days" in view.notes[0]
    assert "complete" not in view.notes[0]


def test_complaints_of_other_days_are_in_a_table_of_their_own(partly_known):
    section = find_section(partly_known, "rates")
    complained, used = section.tables
    assert complained.caption == "Complaints by borough, 1 Oct 2024 to 31 Oct 2024"
    assert used.caption == f"Deployments by borough, {PARTLY}"
    assert used.head == ("Borough", "Deployments")
    assert section.words[0].startswith("There is no rate: figures cover 21 of the 31 days")


def test_complaints_of_the_same_days_are_next_to_the_deployments():
    made = make_edition(
        inputs_of_week(
            30, counts=weekly_counts(range(30)), complaints=complaints_each_day(range(7 * 31))
        )
    )
    section = find_section(made, "rates")
    (table,) = section.tables
    assert table.head[1:] == ("Complaints · per 10,000", "Deployments · per 10,000")
    assert section.words[0] == "6 May 2024 to 28 Jul 2024 (84 of 91 days)."
    funnel = find_section(made, "funnel-deployments")
    assert ". 6 May 2024 to 28 Jul 2024 (84 of 91 days). " in funnel.figure.subtitle
    assert {row["period"] for row in csv_rows(made, "complaints")} == {"2024-05-06/2024-07-28"}


def test_files_name_the_counted_days_and_say_why_there_is_no_rate(partly_known):
    rows = csv_rows(partly_known, "deployments")
    counted = [row for row in rows if row["measure"] == "per 10,000 residents"]
    assert {(row["period"], row["value"]) for row in counted} == {("2024-10-07/2024-10-27", "")}
    found = {row["measure"]: row for row in rows}
    assert (found["days counted"]["n"], found["days counted"]["method"]) == ("21", "of 31 days")
    assert found["no rate"]["method"].startswith("There is no rate")
    (period,) = {row["period"] for row in csv_rows(partly_known, "tactics")}
    assert period == "2024-10-07/2024-10-27"


def test_the_list_of_deployments_names_the_counted_days(partly_known):
    stored = PublishedEdition(
        kind="monthly",
        start=partly_known.start,
        number=1,
        body=msgspec.json.encode(partly_known),
    )
    found = [figure for _key, figure in edition_figures(stored)]
    days = {(one.start, one.end) for one in found}
    assert days == {(datetime.date(2024, 10, 7), datetime.date(2024, 10, 27))}


def test_a_weekly_tile_of_a_monthly_publisher_says_why_it_has_no_rate():
    counts = monthly_counts([50] * 2, datetime.date(2024, 1, 1), area="E2")
    made = make_edition(inputs_of_week(12, counts=counts))
    tile = next(one for one in view_of(made).stats if one.label == "Taser uses recorded")
    assert (tile.value.text, tile.interval) == ("100", "")
    assert tile.window == "1 Jan 2024 to 29 Feb 2024 (60 of 91 days)"
    assert tile.meaning.startswith("There is no rate: the publisher gives figures for longer")
