"""What residents notice of clients that vanish, and of thousands that are slow.

Run: python -m tests.bench.holding [rounds] (2 without). `serve` answers ten residents who open a
page of questions or send an answer, twenty requests a second together. In turn: nobody else; 64
clients that vanish, each every four seconds, in a head, in a body or before they have read; nobody
else; 2,000 that hold their connections and send or read as slowly as they can. Prints the p95 of
each, its ratio to that of the quiet time before it, and what is left behind at the end: sockets,
connections of the database that do something, and memory. The crowd is a process of its own.
"""

import asyncio
import contextlib
import itertools
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import httpx

from survey.store.connections import embedded
from tests import alone
from tests.campaigns import vanishing
from tests.campaigns.crowd import SENDS
from tests.campaigns.processes import Service
from tests.campaigns.test_slow_clients import KINDS, count_sockets

RESIDENTS, PER_SECOND, SECONDS = 10, 20, 12
VANISHING, SLOW, PAUSE_S = 64, 2_000, 4.0
STORY = "The officer explained what it was and kept calm."
ANSWER = {"borough": "Hackney", "answers": {"subject": "taser", "story": STORY}}


async def send_one(client, number):
    """Milliseconds for a page of questions, or for an answer to be stored."""
    began = time.perf_counter()
    if number % 2:
        answer = await client.get("/surveys/feedback")
    else:
        answer = await client.post(SENDS, json=ANSWER)
    assert answer.status_code < 400, answer.text
    return 1000 * (time.perf_counter() - began)


async def measure(service, seconds=SECONDS):
    """The p95 in ms of requests that begin at even intervals, however long others take."""
    limits = httpx.Limits(max_connections=RESIDENTS, max_keepalive_connections=RESIDENTS)
    async with httpx.AsyncClient(base_url=service.address, limits=limits, timeout=60) as client:
        running = []
        for number in range(seconds * PER_SECOND):
            running.append(asyncio.create_task(send_one(client, number)))
            await asyncio.sleep(1 / PER_SECOND)
        times = await asyncio.gather(*running)
    return statistics.quantiles(times, n=20)[-1]


@contextlib.contextmanager
def run_crowd(kind, service):
    """Clients of this kind in a process of their own, until the block ends."""
    words = [sys.executable, "-P", "-m", "tests.bench.holding", kind, str(service.port)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as crowd:
        crowd.stdout.readline()
        try:
            yield
        finally:
            crowd.terminate()


async def crowd_of(kind, port):
    """Begin as many clients as there are of a kind, say so, and go on until this process ends."""
    if kind == "vanishing":
        clients = [keep_vanishing(port, number) for number in range(VANISHING)]
    else:
        kinds = itertools.islice(itertools.cycle(KINDS.values()), SLOW)
        clients = [make().hold(port) for make in kinds]
    async with asyncio.TaskGroup() as group:
        for client in clients:
            group.create_task(client)
        await asyncio.sleep(3)
        print("begun", flush=True)  # noqa: T201


async def keep_vanishing(port, number):
    for way in itertools.cycle(vanishing.WAYS[number % 3 :] + vanishing.WAYS[: number % 3]):
        await vanishing.vanish(port, way)
        await asyncio.sleep(PAUSE_S)


def memory_mb(service):
    return sum(map(vanishing.memory_bytes, service.children("pages"))) / 1e6


async def main(server, folder, rounds):
    ratios = {"vanishing": [], "slow": []}
    async with alone.create_database(server, "holding") as dsn:
        connection = await alone.connect(dsn)
        with Service(folder, "--no-worker", dsn=dsn) as service:
            await measure(service, 3)
            sockets, memory = count_sockets(service), memory_mb(service)
            for _ in range(rounds):
                for kind, found in ratios.items():
                    quiet = await measure(service)
                    with run_crowd(kind, service):
                        busy = await measure(service)
                    found.append(busy / quiet)
                    print(f"{kind}: p95 {quiet:.0f} ms, {busy:.0f} ms with them")  # noqa: T201
                    await asyncio.sleep(3)
            for kind, found in ratios.items():
                print(f"{kind}: {statistics.median(found):.2f} times")  # noqa: T201
            left = await connection.fetchval(vanishing.BUSY_CONNECTIONS)
            print(  # noqa: T201
                f"left: {count_sockets(service) - sockets} sockets, {left} connections at work,"
                f" {memory_mb(service) - memory:+.1f} MB"
            )
        await connection.close()


if __name__ == "__main__":
    if sys.argv[1:2] and not sys.argv[1].isdigit():
        asyncio.run(crowd_of(sys.argv[1], int(sys.argv[2])))
        sys.exit()
    with tempfile.TemporaryDirectory(prefix="bh-", dir="/tmp") as top:
        pathlib.Path(top).chmod(0o755)
        with embedded.open_server(pathlib.Path(top) / "pg", throwaway=True) as dsn:
            asyncio.run(main(dsn, pathlib.Path(top), int(sys.argv[1]) if sys.argv[1:] else 2))
