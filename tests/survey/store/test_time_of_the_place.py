"""Days and weeks begin by the time of the place, whatever the server's own time."""

import datetime

from api import clock
from api.operations import foundations
from survey.sources.places import LONDON
from survey.store import database, places
from survey.store.connections.replica import open_read_database
from tests import alone
from tests.house.trees import ROOT
from tests.stored.case_rows import insert_complaint

# Monday, 04:00 in London and Sunday, 23:00 in Chicago.
LATE_ON_SUNDAY = datetime.datetime(2026, 7, 6, 3, tzinfo=datetime.UTC) + datetime.timedelta(hours=1)
SUNDAY, MONDAY = datetime.date(2026, 7, 5), datetime.date(2026, 6, 29)


async def test_the_days_of_another_place_are_its_own(server, tmp_path):
    async with alone.create_database(server, "chicago_time") as dsn:
        folder = tmp_path / "chicago"
        folder.mkdir()
        for file in LONDON.iterdir():
            text = file.read_text().replace(
                'name = "London"', 'name = "Chicago"\ntime_zone = "America/Chicago"'
            )
            (folder / file.name).write_text(text)
        async with database.open_database(dsn) as first, first.connection() as connection:
            assert first.time_zone == "Europe/London"
            await foundations.load_city(connection, folder)
        async with database.open_database(dsn) as opened, opened.connection() as connection:
            assert opened.time_zone == "America/Chicago"
            assert (await places.get_city(connection)).time_zone == "America/Chicago"
            await insert_complaint(connection, LATE_ON_SUNDAY, ("force",))
            day, week = await connection.fetchrow(
                "SELECT received_at::date, week_of(received_at) FROM complaints"
            )
            assert (day, week) == (SUNDAY, MONDAY)
            # A replica's connections tell the same time; this one is the database itself.
            async with (
                open_read_database(dsn, opened) as reading,
                reading.connection() as other,
            ):
                assert await other.fetchval("SHOW timezone") == "America/Chicago"


def test_the_clock_tells_the_time_of_the_place():
    try:
        clock.use_zone("America/Chicago")
        assert clock.local_day(LATE_ON_SUNDAY) == SUNDAY
        assert clock.midnight(SUNDAY).astimezone(datetime.UTC).hour == 5
    finally:
        clock.use_zone("Europe/London")


def test_no_other_module_knows_where_the_place_is():
    naming = {
        str(file.relative_to(ROOT))
        for room in ("api", "survey", "analysis")
        for file in (ROOT / room).rglob("*.py")
        if "Europe/London" in file.read_text()
    }
    # The first names the usual zone, the second says how such a name is written.
    assert naming == {"survey/places.py", "survey/sources/places.py"}
