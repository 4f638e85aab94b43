"""The job queue: nothing lost or run twice, retries, held jobs, and what the calendar adds."""

import asyncio
import datetime
import signal
import uuid
from zoneinfo import ZoneInfo

import pytest

from api.jobs import worker
from api.jobs.kinds import due_jobs
from api.operations.answers import submissions
from survey.deployments import month_end
from survey.store import jobs
from survey.surveys.responses import Submission
from tests import alone
from tests.jobs import run_all_jobs
from tests.waiting import PATIENCE, until

LONDON = ZoneInfo("Europe/London")
UTC = datetime.UTC
SECRET = "what Amina wrote"
SUBMISSION = Submission(area="Hackney", answers={"subject": "taser", "story": "They explained it."})


async def fail(connection, key):
    raise RuntimeError(SECRET)


@pytest.fixture
def kinds(monkeypatch):
    """The worker's kinds of job, replaced by those that the test adds."""
    found = {}
    monkeypatch.setattr(worker, "JOBS", found)
    return found


@pytest.fixture
def ran(kinds):
    keys = []

    async def note(connection, key):
        keys.append(key)

    kinds["note"] = note
    kinds["fail"] = fail
    return keys


async def make_due(connection):
    """End the delay of every job: the clock stands still within the test's transaction."""
    await connection.execute("UPDATE jobs SET due_at = now()")


async def remaining_delay(connection):
    return await connection.fetchval("SELECT due_at - now() FROM jobs")


async def test_exhaust_runs_everything_that_waits_once(db, ran):
    for key in "abc":
        await jobs.enqueue(db.the_connection, "note", key)
    assert await run_all_jobs(db) == 3
    assert sorted(ran) == ["a", "b", "c"]
    assert await run_all_jobs(db) == 0


async def test_a_kind_that_this_worker_does_not_know_stays_for_another(db, ran):
    await jobs.enqueue(db.the_connection, "unheard_of", "a")
    assert await run_all_jobs(db) == 0
    assert [row.kind for row in await jobs.load_waiting(db.the_connection)] == ["unheard_of"]


async def test_what_fails_is_put_off_twice_as_long_each_time_then_held(db, ran):
    await jobs.enqueue(db.the_connection, "fail", "a")
    delays = []
    for _ in range(worker.MOST_TRIES - 1):
        assert await run_all_jobs(db) == 1
        delays.append((await remaining_delay(db.the_connection)).total_seconds())
        await make_due(db.the_connection)
    assert delays == [5, 10, 20, 40, 80]
    assert await run_all_jobs(db) == 1
    assert await jobs.load_held(db.the_connection)
    assert await run_all_jobs(db) == 0


async def make_held_job(db):
    await jobs.enqueue(db.the_connection, "fail", "a week")
    for _ in range(worker.MOST_TRIES):
        await run_all_jobs(db)
        await make_due(db.the_connection)
    (found,) = await jobs.load_held(db.the_connection)
    return found


async def test_a_held_job_shows_where_it_failed_but_never_the_message(db, ran):
    found = await make_held_job(db)
    assert (found.kind, found.key, found.tries) == ("fail", "a week", 5)
    assert found.failure.exception_type == "RuntimeError"
    assert "test_jobs.py" in found.failure.traceback
    assert SECRET not in str(await db.the_connection.fetch("SELECT * FROM jobs"))


async def test_the_log_of_the_worker_never_has_the_message(db, ran, caplog):
    await make_held_job(db)
    assert "RuntimeError" in caplog.text
    assert SECRET not in caplog.text


async def test_a_held_job_may_be_let_run_again(db, ran, kinds):
    await make_held_job(db)
    kinds["fail"] = kinds["note"]
    assert await jobs.release_held(db.the_connection) == 1
    await make_due(db.the_connection)
    assert await run_all_jobs(db) == 1
    assert ran == ["a week"]
    assert await jobs.load_held(db.the_connection) == []


async def test_what_a_failed_job_did_is_undone(db, ran, kinds):
    async def half(connection, key):
        await connection.execute("INSERT INTO calendar (key) VALUES ('half done')")
        raise RuntimeError

    kinds["fail"] = half
    await jobs.enqueue(db.the_connection, "fail")
    await run_all_jobs(db)
    assert await db.the_connection.fetchval("SELECT count(*) FROM calendar") == 0


OLD_ROWS = """
    INSERT INTO responses (reference, instrument, version, mode, area, language, answers,
                           received_at)
    SELECT hours::text, 'feedback',
        (SELECT max(version) FROM instruments WHERE slug = 'feedback'),
        'open', 'E09000012', 'en', '{}', date_trunc('hour', now()) - hours * interval '1 hour'
      FROM unnest(ARRAY[1, 10, 14, 9600]) hours;
    INSERT INTO request_marks
    SELECT reference::bytea, 'body', reference, received_at FROM responses;
    INSERT INTO drafts (key_digest, content, expires_at)
    SELECT h::text::bytea, '{}', now() + h * interval '1 hour' FROM unnest(ARRAY[-1, 1]) h;
    INSERT INTO job_starts (job, worker, starts) VALUES (-1, gen_random_uuid(), 1);
    INSERT INTO work_progress (backend, work, step) VALUES (-1, 'an edition', 'computing');
"""


async def test_the_daily_forgetting_forgets_what_is_old_and_nothing_else(db):
    await db.the_connection.execute(OLD_ROWS)
    await jobs.enqueue(db.the_connection, "retention", "2007-12-10")
    assert await run_all_jobs(db) == 1
    left = "SELECT array_agg(reference ORDER BY reference) FROM request_marks"
    assert await db.the_connection.fetchval(left) == ["1", "10"]
    assert await db.the_connection.fetchval("SELECT count(*) FROM responses") == 4
    assert await db.the_connection.fetchval("SELECT count(*) FROM drafts") == 1
    assert await db.the_connection.fetchval("SELECT count(*) FROM job_starts") == 0
    assert await db.the_connection.fetchval("SELECT count(*) FROM work_progress") == 0


async def test_workers_never_take_the_same_job(pool, kinds):
    ran, two = [], asyncio.Event()

    async def slow(connection, key):
        """The first job runs until a second one has started."""
        ran.append(key)
        if len(ran) == 2:
            two.set()
        await asyncio.wait_for(two.wait(), PATIENCE)

    kinds["slow"] = slow
    async with pool.connection() as connection:
        for number in range(40):
            await jobs.enqueue(connection, "slow", str(number))
    done = await asyncio.gather(*(run_all_jobs(pool) for _ in range(4)))
    assert sum(done) == 40
    assert sorted(ran, key=int) == [str(number) for number in range(40)]
    assert sum(found > 0 for found in done) > 1


async def test_the_worker_waits_for_a_database_that_went_away(pool, kinds, asked):
    """A backend killed in mid-job ends the job, not the worker."""
    begun, stop = asyncio.Event(), asyncio.Event()

    async def killed(connection, key):
        if begun.is_set():
            stop.set()
            return
        begun.set()
        await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    kinds["killed"] = killed
    async with pool.connection() as connection:
        await jobs.enqueue(connection, "killed")
    await asyncio.wait_for(worker.run_until_stopped(pool, stop), PATIENCE)
    assert await asked("SELECT count(*) FROM jobs WHERE kind = 'killed'") == 0


async def wait_until_blocked(asked):
    """Wait until a worker has coded the text and waits for the lock to store its codes."""
    waits = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'codings'"
    return await until(asked, waits)


GONE = "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)"


@pytest.mark.slow
async def test_kill_9_in_mid_job_loses_nothing_and_does_nothing_twice(dsn, pool, asked, tmp_path):
    await submissions.submit_response(pool, "feedback", SUBMISSION)
    async with pool.connection() as connection:
        with alone.run_command(dsn, tmp_path, "worker") as process:
            async with connection.transaction():
                await connection.execute("LOCK TABLE codings")
                number = await wait_until_blocked(asked)
                process.send_signal(signal.SIGKILL)
                process.wait()
            await until(asked, GONE, number)
    assert await asked("SELECT count(*) FROM codings") == 0
    assert await asked("SELECT count(*) FROM texts WHERE due") == 1
    await run_all_jobs(pool)
    assert await asked("SELECT count(*) FROM codings") == 1
    assert await asked("SELECT count(*) FROM texts WHERE due") == 0
    assert await asked("SELECT count(*) FROM jobs WHERE kind = 'code_texts'") == 0


async def test_what_is_due_is_asked_for_once(db):
    assert await jobs.enqueue_once(db.the_connection, "weekly_edition", "2007-12-10")
    assert not await jobs.enqueue_once(db.the_connection, "weekly_edition", "2007-12-10")
    assert await jobs.enqueue_once(db.the_connection, "weekly_edition", "2007-12-17")
    assert len(await jobs.load_pending(db.the_connection, ["weekly_edition"])) == 2


async def test_two_calendars_at_once_ask_once(pool, asked):
    key = str(uuid.uuid4())

    async def same():
        async with pool.connection() as connection:
            return await jobs.enqueue_once(connection, "retention", key)

    assert sum(await asyncio.gather(*(same() for _ in range(8)))) == 1
    assert await asked("SELECT count(*) FROM jobs WHERE kind = 'retention'") == 1


async def test_of_people_who_ask_at_once_one_asks(pool, asked):
    async def ask(key):
        async with pool.connection() as connection, connection.transaction():
            return await jobs.enqueue_unless_waiting(connection, "weekly_edition", key)

    keys = ["2007-12-10 anew", "2007-12-10", "2007-12-17 anew"] * 6
    assert sum(await asyncio.gather(*(ask(key) for key in keys))) == 2
    assert await asked("SELECT count(*) FROM jobs WHERE kind = 'weekly_edition'") == 2
    assert not await ask("2007-12-17")


def london_time(text, zone=LONDON):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(LONDON)


# A weekly or monthly edition is due at six on the morning after its period ended.
WHEN_WHAT = [
    ("2026-11-23 05:59", "2026-11-09", "2026-10-01"),
    ("2026-11-23 06:00", "2026-11-16", "2026-10-01"),
    ("2026-11-29 23:59", "2026-11-16", "2026-10-01"),
    ("2026-12-01 05:59", "2026-11-23", "2026-10-01"),
    ("2026-12-01 06:00", "2026-11-23", "2026-11-01"),
    ("2027-01-01 05:59", "2026-12-21", "2026-11-01"),
    ("2027-01-01 06:00", "2026-12-21", "2026-12-01"),
    ("2027-01-04 06:00", "2026-12-28", "2026-12-01"),
    ("2028-03-01 06:00", "2028-02-21", "2028-02-01"),
]


@pytest.mark.parametrize(("now", "week", "month"), WHEN_WHAT)
def test_what_is_due_when(now, week, month):
    found = due_jobs(london_time(now))
    expected = [
        ("weekly_edition", week),
        ("monthly_edition", month),
        ("propose_themes", week),
        ("retention", now[:13]),
    ]
    assert {*expected} <= {*found}
    kinds = [kind for kind, _ in found]
    assert {"double_coding_sample", "nudge_cases"} <= {*kinds}
    assert len(kinds) == len(set(kinds))


@pytest.mark.parametrize(
    ("now", "quarter"),
    [
        ("2026-10-01 05:59", "2026-04-01"),
        ("2026-10-01 06:00", "2026-07-01"),
        ("2027-01-01 06:00", "2026-10-01"),
    ],
)
def test_a_sample_is_due_when_its_quarter_is_over(now, quarter):
    assert dict(due_jobs(london_time(now)))["double_coding_sample"] == quarter


# The clocks change on a Sunday; the Monday after begins at another hour of UTC.
CLOCKS = [
    ("2026-03-30 04:59", "2026-03-16"),
    ("2026-03-30 05:00", "2026-03-23"),
    ("2026-10-26 05:00", "2026-10-12"),
    ("2026-10-26 05:59", "2026-10-12"),
    ("2026-10-26 06:00", "2026-10-19"),
]


@pytest.mark.parametrize(("utc", "week"), CLOCKS)
def test_six_in_the_morning_is_six_by_the_clock_on_the_wall(utc, week):
    assert dict(due_jobs(london_time(utc, UTC)))["weekly_edition"] == week


@pytest.mark.parametrize("sunday", ["2026-03-29", "2026-10-25"])
def test_the_night_of_the_clocks_asks_for_each_thing_once(sunday):
    start = london_time(f"{sunday} 00:00", UTC)
    hours = [start + datetime.timedelta(minutes=15 * step) for step in range(125)]
    asked = {dict(due_jobs(now.astimezone(LONDON)))["retention"] for now in hours}
    assert len(asked) in (31, 32)


def test_a_year_of_quarter_hours_asks_for_every_week_and_month_once():
    start = london_time("2026-01-01 06:00", UTC)
    steps = (start + datetime.timedelta(minutes=15 * step) for step in range(4 * 24 * 365))
    asked = {pair for now in steps for pair in due_jobs(now.astimezone(LONDON))}
    kinds = [kind for kind, _ in asked]
    assert kinds.count("weekly_edition") == 53
    assert kinds.count("monthly_edition") == 12
    assert kinds.count("retention") in (8759, 8760)


@pytest.mark.parametrize(
    ("start", "end"),
    [("2028-02-01", "2028-02-29"), ("2026-02-01", "2026-02-28"), ("2026-12-01", "2026-12-31")],
)
def test_the_end_of_a_month(start, end):
    assert str(month_end(datetime.date.fromisoformat(start))) == end
