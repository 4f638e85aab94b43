"""Sixty-four clients vanish again and again in the middle of things, and leave nothing behind.

No socket, no request that runs for ever, no connection of the database in a transaction, no memory
that grows with them; and an answer that was sent whole is stored once or not at all.
"""

import asyncio
import urllib.request

import pytest

from tests import alone
from tests.campaigns import vanishing
from tests.campaigns.crowd import Crowd
from tests.campaigns.processes import Service
from tests.campaigns.sizes import ROUNDS
from tests.campaigns.test_slow_clients import count_sockets
from tests.waiting import until

pytestmark = pytest.mark.slow
CLIENTS, TIMES = 64, 10 * ROUNDS
MOST_GROWTH = 20_000_000  # bytes; a connection that is held for each client would take 60 million
ANSWERS = "SELECT count(*) FROM responses"
POOLS = 20  # sockets to the database that two processes may open
RUNNING = "soundings_http_requests_running"


@pytest.fixture(scope="module")
async def dsn(own_server):
    async with alone.create_database(own_server, "vanishing") as dsn:
        yield dsn


@pytest.fixture(scope="module")
def service(folder, dsn):
    settings = {"METRICS_PORT": str(alone.free_port())}
    with Service(folder, "--no-worker", dsn=dsn, **settings) as running:
        yield running


async def send_all_away(service, times):
    """Each client vanishes in every way, so many times."""

    async def keep_vanishing():
        for _ in range(times):
            for sent in vanishing.WAYS:
                await vanishing.vanish(service.port, sent)

    await asyncio.gather(*(keep_vanishing() for _ in range(CLIENTS)))


def running_requests(service):
    """How many requests are being answered, by the metrics of the service."""
    port = service.environment["SOUNDINGS_METRICS_PORT"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(one.split()[-1]) for one in lines if one.startswith(RUNNING))


async def test_clients_that_vanish_leave_nothing_behind(service, dsn):
    connection = await alone.connect(dsn)
    sockets = count_sockets(service)

    async def is_quiet():
        busy = await connection.fetchval(vanishing.BUSY_CONNECTIONS)
        left = count_sockets(service) - sockets
        return busy == 0 and running_requests(service) == 0 and left <= POOLS

    def memory():
        return sum(map(vanishing.memory_bytes, service.children("pages")))

    await send_all_away(service, TIMES)  # what is remembered of pages and the survey is loaded now
    await until(is_quiet)
    before = memory()
    crowd = Crowd("beside vanishing clients")
    async with crowd.sending(service.address, clients=4):
        await send_all_away(service, TIMES)
        await crowd.receive(20)
    await until(is_quiet)
    assert memory() - before < MOST_GROWTH
    await crowd.send_the_doubtful(service.address)
    crowd.refused_well()
    await crowd.check(dsn)
    sent_whole = CLIENTS * 2 * TIMES
    stored = await connection.fetchval(ANSWERS)
    assert len(crowd.sent) <= stored <= len(crowd.sent) + sent_whole
    await connection.close()
