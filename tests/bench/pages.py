"""What residents' pages and a published edition cost, in turn with another checkout.

Run: python -m tests.bench.pages [OTHER_CHECKOUT], with a `git worktree` of an older commit for the
figures of before. Each checkout serves the same made-up data from a database of its own on one
durable server, and they are measured in turn, A B A B. Printed for each page: the CPU that the
application and PostgreSQL take for a request (user and system time of their processes), how many
requests a second 64 connections get from all its processes, and the server time if 64 connections
ask for 100 pages a second together, as some 2,000 residents do. Medians of the rounds.
"""

import asyncio
import contextlib
import datetime
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import asyncpg

from survey.store.connections import embedded
from tests import alone
from tests.analysis.editions.made_up_edition import WEEK

ROUNDS, SECONDS, PACED_SECONDS, CONNECTIONS, PER_SECOND = 2, 0.6, 8, 64, 100
TICKS = os.sysconf("SC_CLK_TCK")
PREPARE = """
import asyncio, sys
from api.operations import foundations
from survey.store.database import open_database
from tests.analysis.editions.full_editions import full_weekly_edition
from tests.stored.published_editions import save_and_publish

async def main():
    async with open_database(sys.argv[1]) as database, database.connection() as connection:
        await foundations.load_foundations(connection)
        await save_and_publish(connection, full_weekly_edition())

asyncio.run(main())
"""
EDITION = f"/reports/weekly/{WEEK}"
STORY = "The officer explained what it was and kept calm, so I was less afraid than I expected. "


@dataclass
class Page:
    """A request, and how to make it for one connection."""

    name: str
    build: Callable[["Client"], bytes]
    paced: bool = False


@dataclass
class Side:
    """A checkout that serves, its process, and what was measured of it by page."""

    name: str
    port: int
    process: int
    postgres: int
    first: str = ""
    styles: str = ""
    tags: dict = field(default_factory=dict)
    refused: dict = field(default_factory=dict)
    seconds: dict = field(default_factory=dict)


@dataclass
class Client:
    """One connection, with the cookie of its own draft and the address of its question."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    port: int
    cookie: str = ""
    question: str = ""
    styles: str = ""
    tags: dict = field(default_factory=dict)

    def request(self, method, path, body="", more=""):
        typed = "Content-Type: application/x-www-form-urlencoded\r\n" if body else ""
        cookie = f"Cookie: {self.cookie}\r\n" if self.cookie else ""
        return (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip, deflate, br\r\n"
            f"Accept-Language: en-GB,en\r\n{cookie}{typed}{more}"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    async def ask(self, request):
        """The status, the headers and the body of the answer."""
        # The server closes what was idle for five seconds, which happens on a busy machine.
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            return await self.ask_once(request)
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return await self.ask_once(request)

    async def ask_once(self, request):
        self.writer.write(request)
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = re.search(r"(?i)^content-length: (\d+)", head, re.MULTILINE)
        body = await self.reader.readexactly(int(length[1])) if length else b""
        return int(head[9:12]), head, body


def header(head, name):
    return re.search(rf"(?im)^{name}: ([^\r\n]+)", head)[1]


async def open_client(side):
    """A client that has begun a survey and knows what it has a copy of."""
    client = Client(*await asyncio.open_connection("127.0.0.1", side.port), side.port)
    _, head, _ = await client.ask(client.request("POST", "/surveys/feedback", "answer=E09000012"))
    client.cookie = header(head, "set-cookie").split(";")[0]
    client.question = header(head, "location")
    client.styles, client.tags = side.styles, side.tags
    return client


async def visit_first(side):
    """Open everything once, for what is made once; note the seconds and bytes of two pages."""
    client = Client(*await asyncio.open_connection("127.0.0.1", side.port), side.port)
    found = []
    for address in ("/surveys", EDITION):
        began = time.perf_counter()
        _, _, body = await client.ask(client.request("GET", address))
        seconds = time.perf_counter() - began
        found.append(f"{address} first {seconds:.2f} s, {len(body):,} bytes")
    plain = client.request("GET", "/surveys").replace(b"gzip, deflate, br", b"identity")
    _, _, body = await client.ask(plain)
    side.styles = re.search(rb'href="(/static/[^"]*app\.css)"', body)[1].decode()
    await client.ask(client.request("GET", "/"))
    for address in (side.styles, EDITION):
        _, head, body = await client.ask(client.request("GET", address))
        tag = re.search(r"(?im)^etag: ([^\r\n]+)", head)
        side.tags[address] = f"If-None-Match: {tag[1]}\r\n" if tag else ""
    client.writer.close()
    side.first = "; ".join(found)


async def warm_up(side):
    clients = await asyncio.gather(*(open_client(side) for _ in range(CONNECTIONS)))
    for page in PAGES:
        await measure_page(side, clients, page, 0, longest=0.1)
    for client in clients:
        client.writer.close()
    side.refused.clear()


PAGES = [
    Page("question", lambda one: one.request("GET", one.question), paced=True),
    Page(
        "answer",
        lambda one: one.request("POST", one.question, f"q-subject=taser&q-story={STORY * 3}"),
        paced=True,
    ),
    Page("question, answered", lambda one: one.request("GET", one.question)),
    Page("start of a survey", lambda one: one.request("GET", "/surveys/feedback")),
    Page("home page", lambda one: one.request("GET", "/")),
    Page("styles", lambda one: one.request("GET", one.styles)),
    Page("styles, known", lambda one: one.request("GET", one.styles, more=one.tags[one.styles])),
    Page("edition", lambda one: one.request("GET", EDITION)),
    Page("edition, known", lambda one: one.request("GET", EDITION, more=one.tags[EDITION])),
]


def tree_seconds(root):
    """CPU seconds of a process and all below it."""
    parents, used = {}, {}
    for entry in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            number = int(entry.name)
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            parents[number], used[number] = int(fields[1]), int(fields[11]) + int(fields[12])
    found, size = {root}, 0
    while len(found) > size:
        size = len(found)
        found |= {one for one, parent in parents.items() if parent in found}
    return sum(used.get(one, 0) for one in found) / TICKS


async def measure_page(side, clients, page, pause, longest=SECONDS):
    """Requests, wall seconds, CPU seconds of application and PostgreSQL, and server times in ms."""
    requests = [page.build(client) for client in clients]
    times = []

    async def ask_until(client, request, end, late):
        await asyncio.sleep(late)
        while (began := time.perf_counter()) < end:
            status, _, _ = await client.ask(request)
            if status == 503:  # the service could not cope
                side.refused[page.name] = side.refused.get(page.name, 0) + 1
                continue
            assert status in (200, 303, 304), (side.name, page.name, status)
            times.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(max(0, began + pause - time.perf_counter()) if pause else 0)

    before = tree_seconds(side.process), tree_seconds(side.postgres)
    began = time.perf_counter()
    late = [pause * number / CONNECTIONS for number in range(CONNECTIONS)]
    end = began + (PACED_SECONDS if pause else longest)
    await asyncio.gather(*map(ask_until, clients, requests, [end] * CONNECTIONS, late))
    seconds = time.perf_counter() - began
    app, postgres = tree_seconds(side.process), tree_seconds(side.postgres)
    return len(times), seconds, app - before[0], postgres - before[1], sorted(times)


async def measure_side(side):
    clients = await asyncio.gather(*(open_client(side) for _ in range(CONNECTIONS)))
    for page in PAGES:
        found = side.seconds.setdefault(page.name, [])
        many, seconds, app, postgres, _ = await measure_page(side, clients, page, 0)
        paced = []
        if page.paced:
            *_, paced = await measure_page(side, clients, page, CONNECTIONS / PER_SECOND)
        found.append(
            (
                app / max(many, 1) * 1000,
                postgres / max(many, 1) * 1000,
                many / seconds,
                *((paced[len(paced) // 2], paced[int(len(paced) * 0.95)]) if paced else (0, 0)),
            )
        )
    for client in clients:
        client.writer.close()


def print_table(sides):
    words = (
        "| page | checkout | app ms | PostgreSQL ms | requests/s | server time p50, p95 ms |",
        "| --- | --- | --- | --- | --- | --- |",
    )
    print(*words, sep="\n")  # noqa: T201
    for page in PAGES:
        for side in sides:
            rounds = zip(*side.seconds[page.name], strict=True)
            app, postgres, rate, half, most = map(statistics.median, rounds)
            paced = f"{half:.1f}, {most:.1f}" if page.paced else ""
            print(  # noqa: T201
                f"| {page.name} | {side.name} | {app:.2f} | {postgres:.2f} | {rate:.0f} | {paced} |"
            )


@contextlib.contextmanager
def serve(checkout, dsn, data, name, postgres):
    """Run a checkout's own program on a free port, on a database of its own."""
    settings = {
        "DATABASE_URL": dsn,
        "DATA": str(data),
        "SENDS_PER_MINUTE": "100000000",
    }
    environment = os.environ | {f"SOUNDINGS_{key}": value for key, value in settings.items()}
    environment |= {"PYTHONPATH": str(checkout), "OPENBLAS_NUM_THREADS": "1"}
    run = {"cwd": checkout, "env": environment}
    # By the checkout's own PREPARE: names and tables of another version may be others.
    prepare = "from tests.bench.pages import PREPARE; exec(PREPARE)"
    subprocess.run([sys.executable, "-c", prepare, dsn], check=True, **run)
    port = alone.free_port()
    words = [sys.executable, "-m", "api", "serve", "--no-worker", "--port", str(port)]
    with subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **run
    ) as process:
        try:
            alone.wait_until_up(f"http://127.0.0.1:{port}/health", process)
            yield Side(name, port, process.pid, postgres)
        finally:
            process.terminate()
            process.wait(30)


async def create_databases(dsn, names):
    first = await asyncpg.connect(dsn)
    for name in names:
        await first.execute(f"CREATE DATABASE {name}")
    found = await first.fetchval("SHOW data_directory")
    await first.close()
    return int((pathlib.Path(found) / "postmaster.pid").read_text().split()[0])


async def main(checkouts):
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        dsn = stack.enter_context(embedded.open_server(folder / "pg"))
        postgres = await create_databases(dsn, checkouts)
        sides = []
        for name, checkout in checkouts.items():
            own = dsn.replace("postgresql:///soundings?", f"postgresql:///{name}?")
            sides.append(stack.enter_context(serve(checkout, own, folder / name, name, postgres)))
        for side in sides:  # what each process makes once is made before the rounds
            await visit_first(side)
            await warm_up(side)
        for _ in range(ROUNDS):
            for side in sides:
                await measure_side(side)
    print(f"{datetime.datetime.now(datetime.UTC):%d %b %Y %H:%M} UTC")  # noqa: T201
    for side in sides:
        print(f"{side.name}: {side.first}; refused: {side.refused or 'none'}")  # noqa: T201
    print_table(sides)


if __name__ == "__main__":
    here = {"now": alone.ROOT}
    others = {"before": pathlib.Path(sys.argv[1]).resolve()} if sys.argv[1:] else {}
    asyncio.run(main(others | here))
