"""Scheduled editions: when the clocks change, with two workers at once, and their progress."""

import asyncio
import datetime
import threading
import uuid
from zoneinfo import ZoneInfo

import pytest

from api import clock
from api.jobs import kinds, worker
from api.jobs.edition_inputs import editions
from api.jobs.kinds import due_jobs
from survey.store import jobs
from tests.jobs import run_all_jobs

LONDON = ZoneInfo("Europe/London")
UTC = datetime.UTC
MINUTE = datetime.timedelta(minutes=1)
# The Sunday on which the clocks change, and the UTC hour that is six in London on the Monday.
CLOCK_CHANGES = [
    (datetime.date(2026, 3, 29), 5),
    (datetime.date(2026, 10, 25), 6),
    (datetime.date(2027, 3, 28), 5),
    (datetime.date(2027, 10, 31), 6),
]


def week_due(moment):
    return dict(due_jobs(moment.astimezone(LONDON)))["weekly_edition"]


@pytest.mark.parametrize(("sunday", "hour"), CLOCK_CHANGES)
def test_a_week_with_a_change_of_the_clocks_is_due_at_six_on_its_monday(sunday, hour):
    monday = sunday + datetime.timedelta(days=1)
    six = datetime.datetime.combine(monday, datetime.time(hour), UTC)
    assert six.astimezone(LONDON).hour == 6
    assert week_due(six - MINUTE) == str(sunday - datetime.timedelta(days=13))
    assert week_due(six) == str(sunday - datetime.timedelta(days=6))


@pytest.mark.parametrize(("sunday", "_"), CLOCK_CHANGES)
def test_the_key_of_a_week_is_the_same_on_both_sides_of_the_change(sunday, _):
    change = datetime.datetime.combine(sunday, datetime.time(1), UTC)
    before, after = change - MINUTE, change + MINUTE
    assert before.astimezone(LONDON).utcoffset() != after.astimezone(LONDON).utcoffset()
    assert week_due(before) == week_due(after)


@pytest.mark.parametrize(("sunday", "_"), CLOCK_CHANGES)
def test_what_is_said_to_come_is_due_then_and_not_a_minute_before(sunday, _):
    start = datetime.datetime.combine(sunday, datetime.time(), UTC) - datetime.timedelta(days=9)
    for quarter in range(20 * 96):
        now = (start + 15 * quarter * MINUTE).astimezone(LONDON)
        for kind, first, at in kinds.coming_editions(now):
            moment = at.astimezone(UTC)
            asked = (f"{kind}_edition", str(first))
            assert moment > now
            assert at.hour == 6
            assert asked in due_jobs(moment.astimezone(LONDON))
            assert asked not in due_jobs((moment - MINUTE).astimezone(LONDON))


@pytest.fixture
def on_the_monday(monkeypatch):
    """Stops the clock at six on the Monday after the clocks went back; one kind of job runs."""
    now = datetime.datetime(2027, 11, 1, 6, tzinfo=LONDON)
    monkeypatch.setattr(clock, "now", lambda: now)
    monkeypatch.setattr(worker, "JOBS", {"weekly_edition": editions.make_weekly_edition})
    return "2027-10-25"


async def count_editions(asked):
    return await asked(
        "SELECT count(*) FROM editions WHERE kind = 'weekly' AND start_on = '2027-10-25'"
    )


async def test_two_workers_make_one_edition_of_a_week(pool, asked, on_the_monday):
    await asyncio.gather(*(worker.queue_due_jobs(pool) for _ in range(2)))
    done = await asyncio.gather(*(run_all_jobs(pool) for _ in range(2)))
    assert sum(done) == 1
    assert await count_editions(asked) == 1
    await worker.queue_due_jobs(pool)
    assert await run_all_jobs(pool) == 0
    assert (
        await asked("SELECT published_at FROM editions_today WHERE start_on = '2027-10-25'") is None
    )


async def steps_shown(pool):
    async with pool.connection() as connection:
        return [(row.work, row.step) for row in await jobs.load_progress(connection)]


@pytest.mark.parametrize("fails", [False, True], ids=["made", "failed"])
async def test_the_step_of_an_edition_is_seen_while_it_is_made_and_not_after(
    pool, on_the_monday, monkeypatch, fails
):
    computing, seen = threading.Event(), threading.Event()
    compute = editions.edition.make_edition

    def slow(material):
        computing.set()
        assert seen.wait(20)
        if fails:
            raise RuntimeError
        return compute(material)

    monkeypatch.setattr(editions.edition, "make_edition", slow)
    async with pool.connection() as connection:
        await jobs.enqueue(connection, "weekly_edition", "2027-10-18")
    task = asyncio.create_task(worker.run_next_job(pool, uuid.uuid4()))
    assert await asyncio.to_thread(computing.wait, 20)
    assert await steps_shown(pool) == [("weekly 2027-10-18", "computing")]
    seen.set()
    assert await task
    assert await steps_shown(pool) == []
