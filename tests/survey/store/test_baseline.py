"""The baseline makes exactly the tables of the older files, and takes their place."""

import pytest

from survey.problems import Unavailable
from survey.store import database, jobs
from tests import alone
from tests.released import dump

BEFORE = database.SCHEMA / "before_baseline"
OLDER = sorted(file.name for file in BEFORE.glob("*.sql"))
LATER = sorted(
    file.name for file in database.SCHEMA.glob("*.sql") if file.name[:2] > database.BASELINE
)


@pytest.fixture
async def older(server):
    """The address of an empty database."""
    async with alone.create_database(server, "alone_and_older", seeded=False) as dsn:
        yield dsn


@pytest.mark.parametrize("until", ["0010", "0029", "~"])
async def test_of_an_older_database_the_rest_is_applied_and_it_is_as_a_new_one(
    older, new_dumps, tmp_path, until
):
    connection = await alone.connect(older)
    first = await alone.migrate_before_baseline(connection, until)
    assert first + await database.migrate(connection) == OLDER + LATER
    assert await database.migrate(connection) == []
    await connection.close()
    assert dump(older, tmp_path / "dump") == new_dumps["whole"]


async def test_the_program_of_before_refuses_the_baseline(older, monkeypatch):
    connection = await alone.connect(older)
    await database.migrate(connection)
    monkeypatch.setattr(database, "SCHEMA", BEFORE)
    with pytest.raises(Unavailable, match="01_places") as refused:
        await database.migrate(connection)
    await connection.close()
    assert refused.value.code == "database.newer"


async def test_an_older_file_that_was_edited_is_refused_and_nothing_is_recorded(older):
    connection = await alone.connect(older)
    await alone.migrate_before_baseline(connection)
    await connection.execute("UPDATE migrations SET sha256 = 'another' WHERE name = $1", OLDER[3])
    with pytest.raises(Unavailable, match=OLDER[3]) as refused:
        await database.migrate(connection)
    assert refused.value.code == "database.edited"
    assert await connection.fetchval("SELECT count(*) FROM migrations") == len(OLDER)
    await connection.close()


OLD_JOBS = """
    INSERT INTO pgqueuer (id, priority, status, entrypoint, payload, attempts)
    VALUES (7, 0, 'queued', 'weekly_edition', '2026-11-16 anew', 2),
           (8, 0, 'picked', 'code_texts', NULL, 0),
           (9, 0, 'failed', 'digest', 'weekly 2026-11-09 1', 5);
    INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint, traceback, created)
    VALUES (9, 'failed', 0, 'digest', to_jsonb('{"exception_type": "KeyError", "traceback": "there",
                "additional_context": {"code": "", "kind": "digest"}}'::text), now()),
           (1, 'successful', 0, 'retention', NULL, '2026-11-26 10:00Z');
    INSERT INTO job_starts VALUES (8, gen_random_uuid(), 2);
"""


async def test_jobs_of_an_older_queue_are_still_there(older):
    connection = await alone.connect(older)
    await alone.migrate_before_baseline(connection)
    await connection.execute(OLD_JOBS)
    await database.migrate(connection)
    kinds = ["weekly_edition", "code_texts"]
    waiting = [(one.kind, one.key, one.tries) for one in await jobs.load_pending(connection, kinds)]
    assert waiting == [("weekly_edition", "2026-11-16 anew", 2), ("code_texts", "", 0)]
    (held,) = await jobs.load_held(connection)
    assert (held.id, held.key, held.failure.exception_type) == (
        9,
        "weekly 2026-11-09 1",
        "KeyError",
    )
    assert str(await jobs.find_last_finished(connection)) == "2026-11-26 10:00:00+00:00"
    await jobs.enqueue(connection, "retention")
    assert await connection.fetch("SELECT id FROM jobs WHERE kind = 'retention'") == [(10,)]
    assert await connection.fetchval("SELECT job FROM job_starts") == 8
    await connection.close()
