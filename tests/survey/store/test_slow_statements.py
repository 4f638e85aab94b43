"""A slow statement is logged with its time, and without the values that it was given."""

import asyncio

import pytest

from survey.store.connections.condition import WATCH, statement_without_values
from survey.store.database import open_database

WORDS = "They kept me waiting for nine hours."


@pytest.mark.parametrize(("slow_s", "logged"), [(1e-9, True), (0.0, False), (3_600.0, False)])
async def test_a_statement_is_logged_if_it_takes_long(server, caplog, monkeypatch, slow_s, logged):
    monkeypatch.setattr(WATCH, "slow_s", slow_s)
    async with open_database(server) as database:
        async with database.connection() as connection:
            assert await connection.fetchval("SELECT $1::text\n AS words", WORDS) == WORDS
        await asyncio.sleep(0)  # the driver tells of a statement in the next round of the loop
    lines = [one for one in caplog.records if one.name == "soundings.statements"]
    assert any("SELECT $1::text AS words" in one.fields["statement"] for one in lines) == logged
    assert all(WORDS not in one.getMessage() for one in lines)


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("SELECT id\n  FROM texts\n WHERE words = $1", "SELECT id FROM texts WHERE words = $1"),
        ("SELECT 'It''s mine', 17, 2.5, t1.x2", "SELECT ?, ?, ?, t1.x2"),
        ("x" * 400, "x" * 300),
    ],
)
def test_a_statement_is_shown_on_one_line_without_what_is_written_into_it(statement, shown):
    assert statement_without_values(statement) == shown
