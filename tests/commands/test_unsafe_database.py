"""No answer is acknowledged by a PostgreSQL that may lose it."""

import pytest

from api.commands import serve
from api.settings import Settings
from survey.problems import Unavailable
from survey.store import database
from tests import alone

OFF = "fsync, full_page_writes, synchronous_commit is off"


async def test_a_server_that_may_lose_answers_is_refused_unless_for_tests(server):
    async with alone.database_of_its_own(server, "unsafe", seeded=False) as dsn:
        with pytest.raises(Unavailable, match=OFF) as refused:
            await serve.refuse_unsafe(Settings(database_url=dsn))
        assert refused.value.code == "database.unsafe"
        await serve.refuse_unsafe(Settings(database_url=dsn, allow_unsafe_database=True))


async def test_each_of_the_three_is_enough(db):
    assert "synchronous_commit" in await database.risks(db.the_connection)
    await db.the_connection.execute("SET LOCAL synchronous_commit = on")
    assert await database.risks(db.the_connection) == ["fsync", "full_page_writes"]
