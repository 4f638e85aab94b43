"""Editions by the calendar: over the nights of the clocks, once with two workers, step by step."""

import asyncio
import datetime
import threading
import uuid
from zoneinfo import ZoneInfo

import pytest

from api import clock
from api.jobs import calendar, editions, worker
from survey.store import jobs

LONDON = ZoneInfo("Europe/London")
UTC = datetime.UTC
MINUTE = datetime.timedelta(minutes=1)
# The Sunday on which the clocks change, and the hour of UTC at which the Monday after has six.
NIGHTS = [
    (datetime.date(2026, 3, 29), 5),
    (datetime.date(2026, 10, 25), 6),
    (datetime.date(2027, 3, 28), 5),
    (datetime.date(2027, 10, 31), 6),
]


def week_due(moment):
    return dict(calendar.due(moment.astimezone(LONDON)))["weekly_edition"]


@pytest.mark.parametrize(("sunday", "hour"), NIGHTS)
def test_a_week_with_a_change_of_the_clocks_is_due_at_six_on_its_monday(sunday, hour):
    monday = sunday + datetime.timedelta(days=1)
    six = datetime.datetime.combine(monday, datetime.time(hour), UTC)
    assert six.astimezone(LONDON).hour == 6
    assert week_due(six - MINUTE) == str(sunday - datetime.timedelta(days=13))
    assert week_due(six) == str(sunday - datetime.timedelta(days=6))


@pytest.mark.parametrize(("sunday", "_"), NIGHTS)
def test_the_key_of_a_week_is_the_same_on_both_sides_of_the_change(sunday, _):
    change = datetime.datetime.combine(sunday, datetime.time(1), UTC)
    before, after = change - MINUTE, change + MINUTE
    assert before.astimezone(LONDON).utcoffset() != after.astimezone(LONDON).utcoffset()
    assert week_due(before) == week_due(after)


@pytest.mark.parametrize(("sunday", "_"), NIGHTS)
def test_what_is_said_to_come_is_due_then_and_not_a_minute_before(sunday, _):
    start = datetime.datetime.combine(sunday, datetime.time(), UTC) - datetime.timedelta(days=9)
    for quarter in range(20 * 96):
        now = (start + 15 * quarter * MINUTE).astimezone(LONDON)
        for kind, first, at in calendar.coming(now):
            moment = at.astimezone(UTC)
            asked = (f"{kind}_edition", str(first))
            assert moment > now
            assert at.hour == 6
            assert asked in calendar.due(moment.astimezone(LONDON))
            assert asked not in calendar.due((moment - MINUTE).astimezone(LONDON))


@pytest.fixture
def on_the_monday(monkeypatch):
    """Six o'clock after the clocks went back, and no jobs but the weekly edition."""
    now = datetime.datetime(2027, 11, 1, 6, tzinfo=LONDON)
    monkeypatch.setattr(clock, "now", lambda: now)
    monkeypatch.setattr(worker, "KINDS", {"weekly_edition": editions.weekly})
    return "2027-10-25"


async def made(asked):
    return await asked(
        "SELECT count(*) FROM editions WHERE kind = 'weekly' AND start_on = '2027-10-25'"
    )


async def test_two_workers_make_one_edition_of_a_week(pool, asked, on_the_monday):
    await asyncio.gather(*(worker.ask_what_is_due(pool) for _ in range(2)))
    done = await asyncio.gather(*(worker.exhaust(pool) for _ in range(2)))
    assert sum(done) == 1
    assert await made(asked) == 1
    await worker.ask_what_is_due(pool)
    assert await worker.exhaust(pool) == 0
    assert (
        await asked("SELECT published_at FROM editions_today WHERE start_on = '2027-10-25'") is None
    )


async def told(pool):
    async with pool.connection() as connection:
        return [row["what"] for row in await jobs.told(connection)]


@pytest.mark.parametrize("fails", [False, True], ids=["made", "failed"])
async def test_the_step_of_an_edition_is_seen_while_it_is_made_and_not_after(
    pool, on_the_monday, monkeypatch, fails
):
    computing, seen = threading.Event(), threading.Event()
    compute = editions.edition.make

    def slow(material):
        computing.set()
        assert seen.wait(20)
        if fails:
            raise RuntimeError
        return compute(material)

    monkeypatch.setattr(editions.edition, "make", slow)
    async with pool.connection() as connection:
        await jobs.ask(connection, "weekly_edition", "2027-10-18")
    task = asyncio.create_task(worker.run_one(pool, uuid.uuid4()))
    assert await asyncio.to_thread(computing.wait, 20)
    assert await told(pool) == ["weekly 2027-10-18 computing"]
    seen.set()
    assert await task
    assert await told(pool) == []
