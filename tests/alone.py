"""A database of its own, and programs of ours beside the test: for what must be real."""

import contextlib
import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import asyncpg

from api import seeding
from survey.store import database
from tests.waiting import until_now

ROOT = Path(__file__).parents[1]
FILLED = (
    "responses, texts, codings, complaints, allegations, case_events, pgqueuer, pgqueuer_log,"
    " job_starts, codebook_draft, proposals, recodings, answer_sums, index_weeks"
)


@contextlib.asynccontextmanager
async def database_of_its_own(server, name, *, seeded=True):
    """The address of a new database beside the one that is rolled back."""
    first = await asyncpg.connect(server)
    await first.execute(f"CREATE DATABASE {name}")
    dsn = server.replace("postgresql:///soundings?", f"postgresql:///{name}?")
    if seeded:
        connection = await connect(dsn)
        await database.migrate(connection)
        await seeding.foundations(connection)
        await connection.close()
    yield dsn
    await first.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await first.close()


async def connect(dsn):
    connection = await asyncpg.connect(dsn)
    await database.teach_json(connection)
    return connection


@contextlib.contextmanager
def running(dsn, data, *words, log=None, **settings):
    """One of our commands in a process of its own; killed at the end if it still runs.

    What it says goes to `log`, a file, where one is given.
    """
    given = {"DATABASE_URL": dsn, "DATA": str(data), "SENDS_PER_MINUTE": "100000"} | settings
    given = {"ALLOW_UNSAFE_DATABASE": "true"} | given  # the tests' server is quick, not safe
    environment = os.environ | {f"SOUNDINGS_{name}": value for name, value in given.items()}
    environment |= {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "api", *words],
        env=environment,
        stdout=log or subprocess.DEVNULL,
        stderr=log or subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextlib.contextmanager
def served(dsn, data, **settings):
    """The application on a free port: its process and its address."""
    port = free_port()
    words = ("serve", "--no-worker", "--port", str(port))
    with running(dsn, data, *words, **settings) as process:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/health", process)
        yield process, address


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_for(address, process):
    def answers():
        assert process.poll() is None, process.stderr.read()
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=30):
            return True

    until_now(answers)
