"""The chapters on deployments, from the Met's own monthly file and in the simulated city."""

import csv
import datetime
import io
from collections import Counter

import pytest

from analysis import editions as edition
from analysis.editions.chapters import deployments, disparities
from api import clock
from api.editions import report_view
from api.jobs import kinds
from api.jobs.edition_inputs import editions
from api.jobs.edition_inputs.all_inputs import load_edition_inputs
from api.operations import imports
from demo import london, simulation

FILE = "mps_uof_by_borough_month_fy23-24.csv"
BLACK, WHITE = "SubjectEthnicity_Black (or Black British)", "SubjectEthnicity_White"


@pytest.fixture
async def met(db, shared):
    """Imports the Met's file for April 2023 to March 2024; returns its rows."""
    content = (shared / "data/deployments" / FILE).read_bytes()
    known = datetime.date(2024, 6, 1)
    await imports.import_figures(db.the_connection, "deployments", FILE, content, known)
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


async def inputs_and_edition(db, kind, start):
    period = editions.edition_period(kind, start)
    material = await load_edition_inputs(
        db.the_connection, kind, period, number=1, as_of=clock.today()
    )
    return material, edition.make_edition(material)


async def test_a_month_of_the_met_stands_beside_what_was_expected(db, met):
    material, made = await inputs_and_edition(db, "monthly", datetime.date(2024, 3, 1))
    march = sum(int(row["CED Used"]) for row in met if row["Date"] == "2024-03-01")
    found = deployments.period_deployments(material)
    assert found.events == march == 459
    assert found.low < 459 < found.high
    assert found.since == datetime.date(2023, 4, 1)
    assert found.cumulative == sum(int(row["CED Used"]) for row in met)
    assert made.uses_by_week == ()
    assert made.complained is None
    assert made.about_taser is None
    assert (made.persons, made.planted) == ((), "")


async def test_the_ratio_is_of_any_force_over_the_year_and_says_so(db, met):
    material, _ = await inputs_and_edition(db, "monthly", datetime.date(2024, 3, 1))
    found = disparities.disparity_fields(material)
    black = next(one for one in found["disparities"] if one.group == "black")
    nowhere = {"Heathrow", "Out of force", "Not stated", "Not Stated", "Out Of Force", ""}
    rows = [row for row in met if row["Borough"] not in nowhere]
    events = {group: sum(int(row[group]) for row in rows) for group in (BLACK, WHITE)}
    assert (black.events, black.reference_events) == (events[BLACK], events[WHITE])
    people = material.kinds["ethnicity"]
    ratio = (events[BLACK] / people["black"]) / (events[WHITE] / people["white"])
    assert black.exact.value == pytest.approx(ratio)
    assert (black.what, found["fired"]) == ("force", ())
    assert (black.since, black.until) == (datetime.date(2023, 4, 1), datetime.date(2024, 3, 31))


async def test_a_week_inside_a_month_of_the_met_is_not_shown_as_zero(db, met):
    _, made = await inputs_and_edition(db, "weekly", datetime.date(2023, 12, 11))
    assert made.this_period is None
    assert made.uses_by_week == ()
    assert (made.completeness.weeks, made.completeness.of_weeks) == (8, 13)
    assert "missing_weeks" in {one.kind for one in made.quality}


async def test_each_borough_has_the_count_that_the_met_has_published(db, met):
    _, made = await inputs_and_edition(db, "monthly", datetime.date(2023, 12, 1))
    december = Counter()
    for row in met:
        if row["Date"] == "2023-12-01":
            december[row["Borough"].replace("City of Westminster", "Westminster")] += int(
                row["CED Used"]
            )
    names = {tile.area: tile.name for tile in made.tiles}
    shown = {names[one.domain]: one.events for one in made.deployments[1:]}
    assert shown == {name: december[name] for name in shown}
    assert (shown["Brent"], len(shown)) == (13, 32)
    total, inside = december.total(), sum(shown.values())
    assert (made.deployments[0].events, made.this_period.events) == (inside, total) == (473, 481)
    assert all(one.per_10_000 is not None for one in made.deployments)
    assert {spot.place for one in made.funnels for spot in one.spots} >= {"within"}


async def test_the_page_names_the_publisher_and_says_why_totals_differ(db, met):
    _, made = await inputs_and_edition(db, "monthly", datetime.date(2023, 12, 1))
    view = report_view(made, "5eed" * 16)
    words = " ".join(next(one for one in view.every_section if one.key == "rates").words)
    assert "481 uses in all: 473 in the boroughs, 8 elsewhere" in words
    assert f"exactly as published: {made.as_published}" in words
    assert made.headline[1].startswith("473 uses of a conducted energy device")
    tile = next(one for one in view.stats if one.label == "Taser uses recorded")
    assert tile.value.text == "481"
    assert "8 elsewhere" in tile.meaning


async def test_a_weekly_edition_of_the_met_counts_two_months_and_gives_no_rate(db, met):
    """Its 13 weeks hold October and November; it once said 840 "in the 13 weeks"."""
    _, made = await inputs_and_edition(db, "weekly", datetime.date(2023, 12, 4))
    assert made.headline[1] == (
        "839 uses of a conducted energy device were recorded in the 61 days from 1 October 2023 "
        "to 30 November 2023. There is no rate: the publisher gives figures for longer periods. "
        "A weekly edition has rates of figures by week, a monthly one also of figures by month."
    )
    assert {one.per_10_000 for one in made.deployments} == {None}
    assert "deployments" not in {one.measure for one in made.funnels}


@pytest.mark.slow
async def test_the_invented_city_says_what_was_planted_and_finds_it(db):
    await london.seed_demo(db.the_connection, 7, weeks=14)
    material, made = await inputs_and_edition(db, "monthly", kinds.last_month(clock.today()))
    assert made.planted == simulation.GROUND_TRUTH
    rows = {
        one.benchmark: one
        for one in disparities.disparity_fields(material)["disparities"]
        if (one.dimension, one.group) == ("ethnicity_officer", "black")
    }
    assert 3 < rows["residents"].shown.value < 5
    assert made.this_period.since == material.first
    assert material.left_out == []
