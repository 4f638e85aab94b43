"""Several programs that start at the same moment on one database all start."""

import asyncio
import contextlib

import pytest

from api.operations import foundations
from survey.store import database
from tests import alone
from tests.campaigns.processes import DEADLINE_S, OurCommand, Service
from tests.released import RELEASES, load_release

STARTS = 3


async def test_what_every_installation_has_is_loaded_once_by_many(own_server):
    async with contextlib.AsyncExitStack() as opened:
        dsn = await opened.enter_async_context(
            alone.create_database(own_server, "loaded_by_many", seeded=False)
        )
        connections = [await alone.connect(dsn) for _ in range(STARTS)]
        for one in connections:
            opened.push_async_callback(one.close)
        await database.migrate(connections[0])
        await asyncio.gather(*map(foundations.load_foundations, connections))
        count = "SELECT count(*) FROM instruments GROUP BY slug, version"
        assert {row[0] for row in await connections[0].fetch(count)} == {1}


@pytest.mark.parametrize(
    "release",
    [
        pytest.param("", id="new", marks=pytest.mark.long),
        pytest.param(RELEASES[0], id="upgraded", marks=pytest.mark.slow),
    ],
)
async def test_three_migrations_and_two_services_start_at_once(own_server, folder, release):
    name = f"starts_{'upgraded' if release else 'new'}"
    async with alone.create_database(own_server, name, seeded=False) as dsn:
        if release:
            await load_release(dsn, release)
        migrations = [OurCommand(folder, "migrate", dsn=dsn) for _ in range(STARTS)]
        services = [Service(folder, "--no-worker", "--processes", "1", dsn=dsn) for _ in "12"]
        with contextlib.ExitStack() as started:
            for one in migrations:
                started.enter_context(one)
            for one in services:
                started.callback(one.kill)
                OurCommand.start(one)
            for one in migrations:
                assert await asyncio.to_thread(one.process.wait, DEADLINE_S) == 0, one.told()
            for one in services:
                await asyncio.to_thread(one.wait_until_it_answers)
