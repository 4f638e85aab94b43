"""Texts are counted by their last codes, whatever is coded, changed or erased, and by whomever."""

import asyncio

import pytest

from survey.store.answers import erasure
from survey.store.database import open_database
from survey.store.themes import codes
from tests import alone
from tests.stored.coded_texts import load_first_theme, save_hand_coding, send_coded_answer
from tests.waiting import PATIENCE, until

DIFFERENT = """
    SELECT count(*) FROM (
        SELECT stream, instrument, codebook, tone, themes
          FROM (SELECT stream, instrument, codebook, tone, themes, 1 AS n FROM current_codings
                 UNION ALL
                SELECT stream, instrument, codebook, tone, themes, -texts FROM text_counts) every
         GROUP BY 1, 2, 3, 4, 5 HAVING sum(n) <> 0) d
"""
ROW = """
    INSERT INTO text_counts (stream, instrument, codebook, tone, themes, texts)
    VALUES ('open', 'feedback', 1, 'positive', '{}', $1)
"""


async def rows_of(connection):
    return await connection.fetchval("SELECT count(*) FROM text_counts")


async def test_the_counts_follow_what_is_coded_and_what_goes(db):
    connection = db.the_connection
    before = await rows_of(connection)
    reference, text = await send_coded_answer(db, label="positive")
    theme = await load_first_theme(db)
    book = await connection.fetchval("SELECT max(version) FROM codebooks")
    there = (await codes.count_by_theme(connection, book))[theme.id]
    assert await connection.fetchval(DIFFERENT) == 0
    await connection.execute("UPDATE codings SET themes = '[]' WHERE text = $1", text)
    assert (await codes.count_by_theme(connection, book)).get(theme.id, 0) == there - 1
    await save_hand_coding(db, text, "Calm.", "negative")
    await connection.execute("UPDATE responses SET area = area")
    assert await connection.fetchval(DIFFERENT) == 0
    assert await rows_of(connection) > before + 1
    await erasure.erase(connection, reference)
    assert await connection.fetchval(DIFFERENT) == 0
    assert await rows_of(connection) == before, "a row still says what an erased text was about"


async def test_rows_that_are_alike_become_one_with_their_sum(db):
    connection = db.the_connection
    await connection.execute("DELETE FROM text_counts")
    for number in (5, 2, -1):
        await connection.execute(ROW, number)
    await codes.fold_counts_if_free(connection)
    assert await connection.fetch("SELECT texts FROM text_counts") == [(6,)]
    await connection.execute(ROW, -6)
    await codes.fold_counts(connection)
    assert await rows_of(connection) == 0


@pytest.fixture
async def own(server):
    async with (
        alone.create_database(server, "text_counts") as dsn,
        open_database(dsn) as database,
    ):
        yield database


async def test_who_erases_waits_for_who_adds_up(own):
    """Otherwise what the other one makes of the rows would be left, with nothing to subtract it."""

    async def fold():
        async with own.connection() as connection, connection.transaction():
            await codes.fold_counts(connection)

    async def waits():
        async with own.connection() as connection:
            return await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted")

    async with own.connection() as worker, own.connection() as connection:
        for number in (1, 1):
            await connection.execute(ROW, number)
        async with worker.transaction():
            await codes.fold_counts(worker)
            await connection.execute(ROW, -2)
            async with connection.transaction():
                await codes.fold_counts_if_free(connection)
            erasing = asyncio.create_task(fold())
            await until(waits)
        async with asyncio.timeout(PATIENCE):
            await erasing
        assert await rows_of(connection) == 0
