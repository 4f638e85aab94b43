"""No answer is acknowledged if PostgreSQL could lose it."""

import pytest

from api.commands.serving import serve
from api.settings import Settings
from survey.problems import Unavailable
from survey.store import database
from tests import alone

OFF = "fsync, full_page_writes, synchronous_commit is off"


async def test_a_server_that_may_lose_answers_is_refused_unless_for_tests(server):
    async with alone.create_database(server, "unsafe", seeded=False) as dsn:
        with pytest.raises(Unavailable, match=OFF) as refused:
            await serve.require_durable_database(Settings(database_url=dsn))
        assert refused.value.code == "database.unsafe"
        await serve.require_durable_database(Settings(database_url=dsn, allow_unsafe_database=True))


async def test_each_unsafe_setting_is_found_by_itself(db):
    assert "synchronous_commit" in await database.load_unsafe_settings(db.the_connection)
    await db.the_connection.execute("SET LOCAL synchronous_commit = on")
    assert await database.load_unsafe_settings(db.the_connection) == ["fsync", "full_page_writes"]
