"""Two workers code texts of one survey at once, and an edition waits for what either has begun."""

import asyncio
import contextlib
import uuid

import pytest

from analysis.parts import OtherCode
from api.jobs.texts import coding
from api.operations.answers import submissions
from api.process import installation
from survey.store import jobs
from survey.store.answers import sums
from survey.store.database import open_database
from survey.store.themes import codes
from survey.surveys.responses import Submission
from survey.themes.codebooks import Coding
from tests import alone
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.slow

SUBMISSION = Submission(area="Hackney", answers={"subject": "taser", "story": "They explained it."})
BATCH = 2


def stand_in(text):
    return Coding(
        language="en", redacted=text, spans=(), sentiment=None, themes=(),
        coder="a stand-in", coder_version="1", codebook=1,
    )  # fmt: skip


@pytest.fixture
async def city(server, monkeypatch):
    """A database with two batches of answers that nobody has read."""
    monkeypatch.setattr(coding, "BATCH", BATCH)
    async with (
        alone.create_database(server, "two_workers") as dsn,
        open_database(dsn) as database,
    ):
        for _ in range(2 * BATCH):
            await submissions.submit_response(database, "feedback", SUBMISSION)
        yield database


@contextlib.asynccontextmanager
async def one_transaction(database):
    async with database.connection() as connection, connection.transaction():
        yield connection


async def count_left(database):
    async with database.connection() as connection:
        return await connection.fetchrow(
            "SELECT (SELECT count(*) FROM texts WHERE due), (SELECT sum(persons) FROM answer_sums)"
        )


async def run_coding(database):
    async with one_transaction(database) as connection:
        await coding.code_texts(connection, "")


async def test_neither_waits_for_the_sums_of_the_other(city, monkeypatch):
    both = asyncio.Barrier(2)

    async def code_when_both_do(_, texts, languages):
        await both.wait()
        return [stand_in(text) for text in texts]

    monkeypatch.setattr(coding, "code_in_slices", code_when_both_do)
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(run_coding(city), run_coding(city))
    assert tuple(await count_left(city)) == (0, 2 * BATCH)
    async with city.connection() as connection:
        waiting = {one.kind: one.jobs for one in await jobs.load_waiting(connection)}
    assert waiting["code_texts"] >= coding.JOBS_WHILE_BUSY


async def test_an_edition_waits_for_the_texts_that_a_worker_has_begun(city, monkeypatch):
    async def code(_, texts, languages):
        return [stand_in(text) for text in texts]

    async def code_all():
        async with one_transaction(city) as connection:
            return await coding.code_all(connection)

    async def waits():
        async with city.connection() as connection:
            return await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted")

    monkeypatch.setattr(coding, "code_in_slices", code)
    async with one_transaction(city) as worker:
        begun = await codes.claim_texts(worker, BATCH)
        edition = asyncio.create_task(code_all())
        await until(waits)
        await codes.save(worker, [one.id for one in begun], [stand_in("x") for _ in begun])
    async with asyncio.timeout(PATIENCE):
        assert await edition == BATCH
    assert tuple(await count_left(city)) == (0, 2 * BATCH)


async def test_two_editions_do_not_wait_for_each_others_texts(city, monkeypatch):
    begun = []

    async def one_waits():
        async with city.connection() as connection:
            found = await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return found or len(begun) > 1

    async def code(_, texts, languages):
        begun.append(len(texts))
        await until(one_waits)
        return [stand_in(text) for text in texts]

    async def code_all():
        async with one_transaction(city) as connection:
            return await coding.code_all(connection)

    monkeypatch.setattr(coding, "code_in_slices", code)
    async with asyncio.timeout(PATIENCE):
        assert sorted(await asyncio.gather(code_all(), code_all())) == [0, 2 * BATCH]
    assert tuple(await count_left(city)) == (0, 2 * BATCH)


async def send_to(database, *surveys):
    """One answer to each of these surveys, with ids in their order."""
    async with database.connection() as connection:
        for number, survey in enumerate(surveys):
            await connection.execute(
                """
                INSERT INTO responses (id, reference, instrument, version, mode, area, language,
                                       answers)
                SELECT $1, $2, slug, max(version), mode, 'E09000012', 'en', '{}'
                  FROM instruments WHERE slug = $3 GROUP BY slug, mode
                """,
                uuid.UUID(int=number + 1),
                f"R{number}",
                survey,
            )


async def test_an_edition_and_a_worker_do_not_wait_for_each_others_sums(city, monkeypatch):
    """Each adds to the sums of both surveys, in another order: one would be told of a deadlock."""
    async with city.connection() as connection:
        await connection.execute(
            """
            DELETE FROM responses;
            INSERT INTO surveys (slug, mode, kind) SELECT 'another', mode, kind FROM surveys
             WHERE slug = 'feedback';
            INSERT INTO instruments (slug, version, mode, kind, definition)
            SELECT 'another', 1, mode, kind, jsonb_set(definition, '{slug}', '"another"')
              FROM instruments
             WHERE slug = 'feedback' ORDER BY version DESC LIMIT 1
            """
        )
    await send_to(city, "feedback", "another", "feedback", "another")
    monkeypatch.setattr(coding, "BATCH", 1)
    sum_one, begun = sums.sum_batch, []

    async def sum_as_worker():
        async with one_transaction(city) as connection:
            return await sum_one(connection, 2)

    async def waits():
        async with city.connection() as connection:
            return await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted")

    async def sum_beside_a_worker(connection, limit):
        found = await sum_one(connection, limit)
        if not begun:
            begun.append(asyncio.create_task(sum_as_worker()))
            await until(waits)
        return found

    monkeypatch.setattr(sums, "sum_batch", sum_beside_a_worker)
    async with asyncio.timeout(PATIENCE), one_transaction(city) as connection:
        await coding.code_all(connection)
    assert await begun[0] == 2
    assert tuple(await count_left(city)) == (0, 4)


async def test_texts_are_coded_here_where_the_cluster_runs_other_code(city, monkeypatch):
    def map_parts(function, parts, scheduler=""):
        raise OtherCode("Other code runs on tcp://10.0.0.6:1.")

    monkeypatch.setattr(installation.CHOSEN, "scheduler", "tcp://10.0.0.5:8786")
    monkeypatch.setattr(installation, "FEWEST_TEXTS", 1)
    monkeypatch.setattr(coding, "map_parts", map_parts)
    monkeypatch.setattr(coding, "code_part", lambda part: [stand_in(text) for text in part.texts])
    await run_coding(city)
    assert tuple(await count_left(city)) == (0, BATCH)
