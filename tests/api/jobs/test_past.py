"""What an edition loads of its past: complaints of two years and by month, every quarter, and what
areas were called.
"""

import datetime
import shutil

import pytest

from api.jobs.caseload import load_caseload_rows
from api.jobs.edition_inputs import past_inputs
from api.jobs.edition_inputs.all_inputs import load_edition_inputs
from api.jobs.edition_inputs.sampled_inputs import AreaDays
from api.operations import foundations, imports
from survey.sources.places import LONDON
from survey.store import places
from tests.stored.complaint_forms import create_case

MONTH = datetime.date(2026, 9, 1), datetime.date(2026, 9, 30)
TWO_YEARS = datetime.date(2024, 10, 1), MONTH[1]
KNOWN = datetime.date(2024, 6, 1)


@pytest.fixture
async def where(db):
    return AreaDays(await places.get_city(db.the_connection), datetime.date(2025, 9, 29))


async def receive(db, *days):
    for day in days:
        reference = (await create_case(db)).reference
        await db.the_connection.execute(
            "UPDATE complaints SET received_at = $1::date + time '12:00' WHERE reference = $2",
            day,
            reference,
        )


async def test_complaints_are_added_up_by_day_from_the_month_after_the_first(db, where):
    first, twice = datetime.date(2025, 8, 14), datetime.date(2026, 9, 3)
    await receive(db, first, twice, twice)
    past = await past_inputs.load_past_complaints(db.the_connection, TWO_YEARS, where)
    assert past.since == datetime.date(2025, 9, 1)
    days = [where.first + datetime.timedelta(days=int(day)) for day in past.by_day.day]
    assert list(zip(days, past.by_day.persons.tolist(), strict=True)) == [(first, 1), (twice, 2)]


async def test_a_month_looks_back_on_two_years_without_answers(db):
    found = await load_edition_inputs(
        db.the_connection, "monthly", MONTH, number=1, as_of=datetime.date(2026, 10, 1)
    )
    assert (found.past.sampled, list(found.past.weeks)) == (None, [])


async def test_a_week_looks_back_on_no_years(db):
    week = datetime.date(2026, 9, 21), datetime.date(2026, 9, 27)
    found = await load_edition_inputs(
        db.the_connection, "weekly", week, number=1, as_of=datetime.date(2026, 9, 28)
    )
    assert (found.past, found.long_past) == (None, None)


@pytest.mark.parametrize(
    ("days_after", "called"),
    [(-1, "Old Hackney"), (0, "Old Hackney"), (1, "Hackney"), (6, "Hackney"), (7, "Hackney")],
)
async def test_an_edition_has_the_names_of_its_last_day(db, tmp_path, days_after, called):
    pack = shutil.copytree(LONDON, tmp_path / "pack")
    toml = (pack / "city.toml").read_text("utf-8")
    (pack / "city.toml").write_text(f'former_names = "former.csv"\n{toml}', "utf-8")
    (pack / "former.csv").write_text("area,name,until\nE09000012,Old Hackney,2026-03-05\n", "utf-8")
    await foundations.load_city(db.the_connection, pack)
    end = datetime.date(2026, 3, 5) + datetime.timedelta(days=days_after)
    week = end - datetime.timedelta(days=6), end
    found = await load_edition_inputs(db.the_connection, "weekly", week, number=1, as_of=end)
    [area] = [area for area in found.areas if area.code == "E09000012"]
    assert area.name == called
    rows = await load_caseload_rows(db.the_connection, *week)
    assert rows.city.find("Old Hackney").name == called


async def test_complaints_of_the_city_are_counted_for_each_whole_month(db, where):
    days = datetime.date(2026, 6, 20), datetime.date(2026, 7, 1), datetime.date(2026, 9, 30)
    await receive(db, *days, datetime.date(2026, 10, 1))
    past = await past_inputs.load_past_complaints(db.the_connection, TWO_YEARS, where)
    months = (datetime.date(2026, month, 1) for month in (7, 8, 9))
    assert past.by_month == list(zip(months, (1, 0, 1), strict=True))


async def test_nobody_who_complained_is_no_past(db, where):
    past = await past_inputs.load_past_complaints(db.the_connection, TWO_YEARS, where)
    assert (past.since, len(past.by_day), past.by_month) == (None, 0, ())


async def test_all_quarters_and_months_of_the_real_files_are_loaded(db, shared):
    for kind, file in (
        ("deployments", "deployments/mps_uof_by_borough_month_fy23-24.csv"),
        ("perception", "perception/mopac_pas_borough_2014-12_2023-12.csv"),
    ):
        content = (shared / "data" / file).read_bytes()
        await imports.import_figures(db.the_connection, kind, file.split("/")[1], content, KNOWN)
    period = datetime.date(2024, 3, 1), datetime.date(2024, 3, 31)
    found = await load_edition_inputs(
        db.the_connection, "monthly", period, number=1, as_of=datetime.date(2024, 7, 1)
    )
    assert len({one.quarter_end for one in found.long_past.perceptions}) == 37
    assert len({one.start for one in found.long_past.months}) == 12
    assert len(found.long_past.uses) == 12
    assert sum(one[2] for one in found.long_past.uses) == found.since_pilot[1]
