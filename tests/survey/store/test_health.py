"""An hour of the service keeps the worst that workers saw, and the sum of what pages answered."""

import datetime

import msgspec

from api.operations.answers import submissions
from survey.store import health
from survey.store.health import HealthFigures
from survey.surveys.responses import Submission

SAID = Submission(area="Hackney", answers={"subject": "taser", "story": "They explained it."})
QUIET = HealthFigures(
    waiting_jobs=1,
    held_jobs=0,
    waiting_texts=0,
    oldest_text=None,
    last_finished=None,
    last_edition=None,
    database_bytes=5,
    connections=1,
)
LONG_AGO = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)


async def test_an_hour_has_the_worst_figures_of_all_workers(db):
    connection = db.the_connection
    [now] = await connection.fetchrow("SELECT date_trunc('hour', now())")
    busy = msgspec.structs.replace(
        QUIET, waiting_texts=900, oldest_text=now - datetime.timedelta(hours=4), held_jobs=2
    )
    for figures, free in ((QUIET, 70), (busy, 60), (QUIET, 80)):
        await health.save_figures(connection, figures, free)
    [hour] = await health.load_hours(connection, LONG_AGO)
    assert (hour.waiting_texts, hour.oldest_text_hours, hour.held_jobs) == (900, 4, 2)
    assert (hour.waiting_jobs, hour.free_bytes, hour.requests) == (1, 60, 0)


async def test_requests_of_all_processes_are_added_up_with_or_without_a_worker(db):
    for _ in range(2):
        await health.add_requests(db.the_connection, 10, 1, 2)
    [hour] = await health.load_hours(db.the_connection, LONG_AGO)
    assert (hour.requests, hour.failed_requests, hour.slow_requests) == (20, 2, 4)
    assert hour.waiting_texts is None
    await health.save_figures(db.the_connection, QUIET, 70)
    [hour] = await health.load_hours(db.the_connection, LONG_AGO)
    assert (hour.requests, hour.waiting_texts, hour.free_bytes) == (20, 0, 70)


async def test_the_figures_of_this_moment_know_the_oldest_text(db):
    connection = db.the_connection
    assert (await health.load_figures(connection)).oldest_text is None
    for _ in range(2):
        await submissions.submit_response(db, "feedback", SAID)
    await connection.execute(
        "UPDATE responses SET received_at = received_at - interval '5 hours'"
        " WHERE id = (SELECT response FROM texts LIMIT 1)"
    )
    figures = await health.load_figures(connection)
    [now] = await connection.fetchrow("SELECT date_trunc('hour', now())")
    assert figures.oldest_text == now - datetime.timedelta(hours=5)
    assert figures.waiting_texts == 2
    assert figures.waiting_jobs > 0
    assert figures.database_bytes > 1_000_000
    assert figures.connections > 0


async def test_old_hours_are_deleted(db):
    connection = db.the_connection
    await health.add_requests(connection, 1, 0, 0)
    await connection.execute(
        "INSERT INTO service_hours (hour) VALUES (date_trunc('hour', now()) - interval '62 days')"
    )
    await health.delete_old_hours(connection)
    [hour] = await health.load_hours(connection, LONG_AGO)
    assert hour.requests == 1
