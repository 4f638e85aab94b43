"""Two thousand clients that hold on: slow heads, slow bodies, slow readers, half-open, pipelined.

Beside them residents go on sending, and each is answered; those who hold on are ended by deadlines,
and connections are bounded. Size: 400 of each kind, CAMPAIGN_ROUNDS times as many.
"""

import asyncio
import contextlib
import pathlib
import resource

import pytest

from tests import alone
from tests.campaigns.crowd import SENDS, Crowd
from tests.campaigns.processes import Service
from tests.campaigns.sizes import DEADLINE_S, ROUNDS

pytestmark = pytest.mark.slow
OF_EACH_KIND = 400 * ROUNDS
HEAD = b"GET /surveys HTTP/1.1\r\nHost: 127.0.0.1\r\n"
BODY = (
    f"POST {SENDS} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    "Content-Length: 900\r\n\r\n"
).encode()
PAGE = b"GET /static/app.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture(scope="module", autouse=True)
def many_files():
    """Of which each connection is one, here and in the service."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 3 * 5 * OF_EACH_KIND
    if hard < wanted:
        pytest.skip(f"no more than {hard} files may be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(scope="module")
async def dsn(own_server):
    async with alone.database_of_its_own(own_server, "slow_clients") as dsn:
        yield dsn


@pytest.fixture(scope="module")
def service(folder, dsn, many_files):
    with Service(folder, "--no-worker", dsn=dsn) as running:
        yield running


class Holding:
    """One client that holds its connection, and whether the service has ended it."""

    def __init__(self, begin, *, drip=b"", reads=True):
        self.begin, self.drip, self.reads, self.ended = begin, drip, reads, False

    async def hold(self, port):
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**10)
            with contextlib.closing(writer):
                writer.write(self.begin)
                await asyncio.gather(self.wait_for_the_end(reader), self.go_on(writer))
        self.ended = True

    async def wait_for_the_end(self, reader):
        if not self.reads:
            reader._transport.pause_reading()  # its receiving buffer fills up, then ours
        with contextlib.suppress(OSError):
            while await reader.read(2**10):
                pass
        self.ended = True

    async def go_on(self, writer):
        with contextlib.suppress(OSError):
            while self.drip and not self.ended and not writer.is_closing():
                await asyncio.sleep(5)
                writer.write(self.drip)
                await writer.drain()


def crowd_of(kind):
    return [KINDS[kind]() for _ in range(OF_EACH_KIND)]


KINDS = {
    "slow head": lambda: Holding(HEAD, drip=b"X-Slow: 1\r\n"),
    "slow body": lambda: Holding(BODY, drip=b"{"),
    "half-open": lambda: Holding(b""),
    "pipelined": lambda: Holding(PAGE * 20),
    "slow reader": lambda: Holding(PAGE * 40, reads=False),
}


def open_in(service):
    """How many sockets the service holds."""
    found = 0
    for entry in pathlib.Path(f"/proc/{service.child('pages')}/fd").iterdir():
        with contextlib.suppress(OSError):
            found += str(entry.readlink()).startswith("socket:")
    return found


async def test_residents_are_answered_beside_those_who_hold_on(service, dsn):
    crowd, before = Crowd("beside slow clients"), open_in(service)
    holding = [one for kind in KINDS for one in crowd_of(kind)]
    tasks = [asyncio.create_task(one.hold(service.port)) for one in holding]
    try:
        async with crowd.sending(service.address, clients=4):
            await crowd.receive(30)
            most = open_in(service)
            async with asyncio.timeout(DEADLINE_S):
                while open_in(service) > before + 10 + OF_EACH_KIND // 10:
                    await asyncio.sleep(1)
            await crowd.receive(10)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await crowd.send_the_doubtful(service.address)
    await crowd.check(dsn)
    crowd.refused_well()
    crowd.log("slow clients", held=len(holding), most_sockets=most, left=open_in(service))
