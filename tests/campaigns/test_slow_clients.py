"""Two thousand clients that hold their connections open, while residents send answers.

They send heads and bodies slowly, read slowly, send nothing, or pipeline requests. Meanwhile
residents go on sending, and each gets an answer; deadlines end the slow clients, and the number
of connections is bounded. Size: 400 of each kind, CAMPAIGN_ROUNDS times as many.
"""

import asyncio
import contextlib
import pathlib
import resource

import httpx
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
    """Allow enough open files for all connections, here and in the service."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 3 * 5 * OF_EACH_KIND
    if hard < wanted:
        pytest.skip(f"no more than {hard} files may be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(scope="module")
async def dsn(own_server):
    async with alone.create_database(own_server, "slow_clients") as dsn:
        yield dsn


@pytest.fixture(scope="module")
def service(folder, dsn, many_files):
    with Service(folder, "--no-worker", dsn=dsn) as running:
        yield running


class HoldingClient:
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


def make_clients(kind):
    return [KINDS[kind]() for _ in range(OF_EACH_KIND)]


KINDS = {
    "slow head": lambda: HoldingClient(HEAD, drip=b"X-Slow: 1\r\n"),
    "slow body": lambda: HoldingClient(BODY, drip=b"{"),
    "half-open": lambda: HoldingClient(b""),
    "pipelined": lambda: HoldingClient(PAGE * 20),
    "slow reader": lambda: HoldingClient(PAGE * 40, reads=False),
}


def count_sockets(service):
    """How many sockets the service has open."""
    found = 0
    for pid in service.children("pages"):
        for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found += str(entry.readlink()).startswith("socket:")
    return found


async def visit(service, times=60):
    """Come as somebody new, each time by a connection of their own: all are answered."""
    for _ in range(times):
        async with httpx.AsyncClient(timeout=DEADLINE_S) as visitor:
            assert (await visitor.get(f"{service.address}/health/live")).status_code == 200


async def test_residents_are_answered_while_slow_clients_hold_on(service, dsn):
    crowd, before = Crowd("beside slow clients"), count_sockets(service)
    holding = [one for kind in KINDS for one in make_clients(kind)]
    tasks = [asyncio.create_task(one.hold(service.port)) for one in holding]
    try:
        async with crowd.sending(service.address, clients=4):
            await crowd.receive(30)
            await visit(service)
            most = count_sockets(service)
            async with asyncio.timeout(DEADLINE_S):
                while count_sockets(service) > before + 10 + OF_EACH_KIND // 10:
                    await asyncio.sleep(1)
            await crowd.receive(10)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await crowd.send_the_doubtful(service.address)
    await crowd.check(dsn)
    crowd.refused_well()
    crowd.log("slow clients", held=len(holding), most_sockets=most, left=count_sockets(service))
