"""The page of the operators shows what waits, what failed and the last week."""

import datetime

import msgspec
import pytest

from api import clock
from api.observing.health import RECORD_FILE, LastBackup
from api.pages.staff.admin import health
from survey.store import jobs
from survey.store.health import HealthFigures, HealthHour
from tests.people import JOAN

NOW = datetime.datetime(2026, 3, 12, 14, 20, tzinfo=clock.Place.zone)
HOUR = NOW.replace(minute=0)
QUIET = HealthFigures(
    waiting_jobs=0,
    held_jobs=0,
    waiting_texts=0,
    oldest_text=None,
    last_finished=HOUR,
    last_edition=HOUR,
    database_bytes=2_000_000_000,
    connections=9,
)
LATE = HOUR - datetime.timedelta(hours=5)
BAD = msgspec.structs.replace(
    QUIET, held_jobs=2, waiting_texts=1_204, oldest_text=LATE, last_finished=LATE
)


def hour_ago(count, **given):
    empty = dict.fromkeys(
        ("waiting_jobs", "held_jobs", "waiting_texts", "oldest_text_hours", "free_bytes",
         "database_bytes"))  # fmt: skip
    counts = {"requests": 0, "failed_requests": 0, "slow_requests": 0}
    at = (HOUR - datetime.timedelta(hours=count)).astimezone(datetime.UTC)
    return HealthHour(hour=at, **(empty | counts | given))


def test_nothing_is_to_be_done_where_all_is_well():
    rows = [*health.waiting_rows(QUIET, NOW), *health.past_rows(QUIET, NOW)]
    assert [row.remedy for row in rows] == [""] * 5


def test_each_fault_has_what_to_do():
    rows = [*health.waiting_rows(BAD, NOW), *health.past_rows(BAD, NOW)]
    asked = {row.name for row in rows if row.remedy}
    assert asked == {"Texts waiting to be coded", "Jobs held after failing", "Last job finished"}
    assert rows[0].value == "1,204, the oldest since 12 Mar 2026, 09:00"


@pytest.mark.parametrize(("days", "asks"), [(1, False), (8, True), (None, True)])
def test_the_last_backup_is_shown(days, asks, tmp_path, app):
    if days is not None:
        last = LastBackup(NOW - datetime.timedelta(days=days), "x", 5, "x")
        (tmp_path / RECORD_FILE).write_bytes(msgspec.json.encode(last))
    settings = msgspec.structs.replace(app.state.settings, data=tmp_path)
    first, *_ = health.folder_rows(settings, QUIET, NOW)
    assert bool(first.remedy) == asks


def test_a_week_has_a_chart_of_each_series_that_is_known_and_gaps_where_nobody_looked():
    past = [hour_ago(3, requests=40), hour_ago(1, requests=12, waiting_texts=7)]
    charts = dict(health.week_charts(past, NOW))
    assert list(charts) == ["texts", "requests", "failed", "slow"]
    values = [one.value for one in charts["requests"].points]
    assert len(values) == 168
    assert values[-4:] == [40, None, 12, None]
    assert charts["requests"].description.startswith("Highest: 40 (12 Mar 2026, 11:00). Last: 12.")


def test_the_last_day_is_added_up():
    past = [hour_ago(30, requests=5), hour_ago(3, requests=40, failed_requests=2), hour_ago(1)]
    row = health.day_row(past, NOW)
    assert row.value == "40, of these 2 failed and 0 took over one second"
    assert row.remedy


async def test_the_page_is_whole_without_scripts(signed_in, db):
    joan = await signed_in(JOAN)
    connection = db.the_connection
    await jobs.enqueue(connection, "retention", "x")
    await connection.execute("UPDATE jobs SET held = true")
    assert "Nothing is recorded yet" in (await joan.get("/work/service")).text
    await connection.execute(
        "INSERT INTO service_hours (hour, waiting_texts, free_bytes, requests)"
        " VALUES (date_trunc('hour', now()), 12, 70000000000, 30)"
    )
    page = (await joan.get("/work/service")).text
    assert page.count('data-marks="across"') == 5
    assert "Fix the cause, then let them run again." in page
    assert "<td" in page.partition("Every hour as a table")[2]
