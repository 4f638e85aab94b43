"""What one page says twice is the same, and what it says once it says in words."""

import datetime

import msgspec
import pytest

from analysis.disclosure import significant_digits
from analysis.editions.codebook import value_with_interval
from api.editions import report_view
from api.editions.cells import rate_limits
from api.editions.chapters import alerts, deployments, funnels, received, tone
from survey.editions.force import WeeklyUses
from survey.themes.double_coding import AccuracyEstimate, ToneCheck
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.made_up_edition import WEEK, sample

QUARTER = datetime.date(2008, 7, 1)


def test_a_rate_has_one_interval_in_the_table_and_next_to_its_limits():
    """Found: "up to 0.65" in one table and "0.00 to 0.65" in the other."""
    edition = full_weekly_edition()
    one = next(found for found in edition.funnels if found.measure == "deployments")
    rate = next(found for found in edition.deployments if found.domain == one.spots[0].domain)
    lowest = msgspec.structs.replace(rate, events=15, per_10_000=0.39, low=0.0, high=0.65)
    spot = msgspec.structs.replace(one.spots[0], value=0.39, size=389340.0, place="within")
    _, figure, _ = funnels.spot_cells(one, spot, lowest)
    assert figure.text == f"0.39 ({rate_limits(lowest)})" == "0.39 (up to 0.65)"


@pytest.mark.parametrize("value", [0.9551, 0.9549, 0.955, 0.8449, 0.125])
def test_what_a_sentence_says_of_the_machine_is_what_the_table_says(value):
    """Found: 0.96 in a caveat and 0.95 in the table, both of 0.9551."""
    found = AccuracyEstimate(value=value, low=value - 0.1, high=1.0, n=40)
    shown = {name: significant_digits(getattr(found, name)) for name in ("value", "low", "high")}
    check = ToneCheck(
        stream="open",
        quarter=QUARTER,
        recall=msgspec.structs.replace(found, **shown),
        status="passed",
    )
    said = str(value_with_interval(found)).partition(" (95% interval ")
    row = tone.recall_text(check).replace("\N{NO-BREAK SPACE}", " ").partition(" (")
    assert said[0] == row[0]
    assert said[2] == row[2].partition("),")[0] + ")"


def test_a_use_that_is_withheld_in_every_week_has_no_column_and_is_named_once():
    weeks = tuple(
        WeeklyUses(
            start=WEEK - datetime.timedelta(weeks=ago),
            tactics=(
                ("angled_drive_stunned", None),
                ("fired", 20),
                ("drive_stunned", None if ago else 5),
            ),
        )
        for ago in (2, 1, 0)
    )
    (section,) = deployments.uses_section(msgspec.structs.replace(sample(), uses_by_week=weeks))
    table = section.figure.table
    assert table.head == ("Week starting", "Fired", "Drive-stun")
    assert {len(row) for row in table.rows} == {3}
    assert table.note == "Withheld in every week: Angled drive-stun."


@pytest.mark.parametrize("make", [full_weekly_edition, full_monthly_edition])
def test_alerts_say_what_since_means_in_a_report_of_their_kind(make):
    edition = make()
    (section,) = alerts.all_alerts_section(edition)
    period = {"weekly": "week", "monthly": "month"}[edition.kind]
    assert f"It opens when a {period} ends or somebody reports" in section.words[0]


def test_a_page_says_what_the_signs_of_its_tiles_leave_out():
    view = report_view(full_weekly_edition(), "0" * 64)
    (tiles,) = (one for one in view.front if one.key == "boroughs")
    assert "Boroughs far above or far below have the same signs." in tiles.words[0]


def test_where_complaints_of_a_month_are_blank_those_of_its_counted_days_are_said():
    """Found: "Complaints: withheld" for London, and 45 in the table of rates of 28 of the days."""
    edition = full_monthly_edition()
    city, *areas = edition.received
    blank = msgspec.structs.replace(city, complaints=None)
    (rate,) = (one for one in edition.complaints if one.domain == edition.city)
    (words,) = received.complaints_elsewhere(
        msgspec.structs.replace(edition, received=(blank, *areas))
    )
    assert words.startswith(f"Complaints in {edition.city}, ")
    assert f": {rate.events}, as next to the deployments" in words
    shown = msgspec.structs.replace(city, complaints=rate.events)
    assert not [*received.complaints_elsewhere(msgspec.structs.replace(edition, received=(shown,)))]
