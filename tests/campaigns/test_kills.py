"""kill -9 of every process while residents send: no answer is lost or stored twice.

The test restarts what it killed, as an init system would; the other processes recover by
themselves. Size: each kind of kill once on the embedded PostgreSQL and once on Debian's.
"""

import asyncio
import os
import signal
import time

import asyncpg
import pytest

from tests.campaigns.crowd import Crowd
from tests.campaigns.processes import OurCommand, Service, find_postgres, kill_all
from tests.campaigns.sizes import DEADLINE_S, ROUNDS, random_stream
from tests.parts import slow_and_long

pytestmark = pytest.mark.slow
BEFORE, AFTER = 60, 60  # receipts


class RunningProduct:
    """Web, worker and database, each in its own processes."""

    def __init__(self, web, worker, database, dsn):
        self.web, self.worker, self.database, self.dsn = web, worker, database, dsn

    def tree(self):
        return find_postgres(self.web.folder)

    async def pages_killed(self):
        """Kill only the pages: their parent starts them again."""
        kill_all(self.web.children("pages"))

    async def web_killed(self):
        self.web.kill()
        await asyncio.to_thread(self.web.start)

    async def worker_killed(self):
        self.worker.kill()
        self.worker.start()

    async def web_and_worker_killed(self):
        self.web.kill()
        self.worker.kill()
        self.worker.start()
        await asyncio.to_thread(self.web.start)

    async def backend_killed(self):
        """Kill one backend that works for us, chosen at random."""
        ours = await self.ask(
            "SELECT array_agg(pid ORDER BY pid) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        os.kill(random_stream("backend").choice(ours), signal.SIGKILL)

    async def postgres_killed(self):
        kill_all(self.tree())
        if self.database:
            await asyncio.to_thread(self.database.start)

    async def everything_killed(self):
        self.web.kill()
        self.worker.kill()
        kill_all(self.tree())
        if self.database:
            await asyncio.to_thread(self.database.start)
        self.worker.start()
        await asyncio.to_thread(self.web.start)

    async def ask(self, statement):
        connection = await asyncpg.connect(self.dsn)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    async def wait_until_all_is_coded(self):
        async with asyncio.timeout(DEADLINE_S):
            while await self.ask("SELECT count(*) FROM texts WHERE due"):
                await asyncio.sleep(0.2)


@pytest.fixture(params=["embedded", "debian"], scope="module")
def running(request, folder):
    database, dsn = None, request.getfixturevalue("embedded_dsn")
    given = ""
    if request.param == "debian":
        database = request.getfixturevalue("debian")
        given = dsn = database.dsn
    with (
        Service(folder, "--no-worker", dsn=given) as web,
        OurCommand(folder, "worker", dsn=given) as worker,
    ):
        yield RunningProduct(web, worker, database, dsn)


KILLS = [
    "pages_killed",
    "web_killed",
    "worker_killed",
    "web_and_worker_killed",
    "backend_killed",
    "postgres_killed",
    "everything_killed",
]


@pytest.mark.parametrize("kill", slow_and_long(KILLS, 4))
async def test_nothing_is_lost_and_nothing_is_there_twice(running, kill):
    crowd, longest = Crowd(kill), 0.0
    async with crowd.sending(running.web.address):
        for _ in range(ROUNDS):
            await crowd.receive(BEFORE)
            began = time.monotonic()
            await getattr(running, kill)()
            await crowd.receive_anew()
            longest = max(longest, time.monotonic() - began)
            await crowd.receive(AFTER)
    doubtful = await crowd.send_the_doubtful(running.web.address)
    await crowd.check(running.dsn)
    crowd.refused_well()
    await running.wait_until_all_is_coded()
    uncoded_or_twice = (
        "SELECT count(*) FROM texts t"
        " WHERE (SELECT count(*) FROM codings c WHERE c.text = t.id) <> 1"
    )
    assert await running.ask(uncoded_or_twice) == 0
    crowd.log(kill, rounds=ROUNDS, doubtful=doubtful, back_after_s=round(longest, 1))
