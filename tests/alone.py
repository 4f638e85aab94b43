"""Databases and processes of their own, for tests that need a real server or a real process."""

import contextlib
import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import asyncpg

from api.operations import foundations
from survey.places import USUAL_ZONE
from survey.store import database
from tests.waiting import until_sync

ROOT = Path(__file__).parents[1]
FILLED = (
    "responses, request_marks, texts, codings, complaints, allegations, case_events, jobs,"
    " jobs_finished, job_starts, codebook_draft, proposals, recodings, answer_sums, index_weeks"
)


@contextlib.asynccontextmanager
async def create_database(server, name, *, seeded=True, template="template1"):
    """Create a database next to the shared one, give its address, and drop it at the end.

    It is a copy of `template`, which nobody may use meanwhile.
    """
    first = await asyncpg.connect(server)
    await first.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    dsn = server.replace("postgresql:///soundings?", f"postgresql:///{name}?")
    if seeded:
        connection = await connect(dsn)
        await database.migrate(connection)
        await foundations.load_foundations(connection)
        await connection.close()
    yield dsn
    await first.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await first.close()


async def connect(dsn):
    connection = await asyncpg.connect(dsn, server_settings={"timezone": USUAL_ZONE})
    await database.set_json_codec(connection)
    return connection


@contextlib.contextmanager
def run_command(dsn, data, *words, log=None, **settings):
    """One of our commands in a process of its own, which is killed at the end of the block.

    Its output goes to the file `log` if one is given.
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
def run_scripts():
    """Gives a function that starts a Python script with these words; all are killed at the end."""
    begun = []

    def begin(script, *words):
        one = subprocess.Popen(
            [sys.executable, "-P", "-c", script, *words],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        begun.append(one)
        return one

    yield begin
    for one in begun:
        one.kill()
        one.communicate()


@contextlib.contextmanager
def run_server(dsn, data, **settings):
    """Run the application on a free port; gives its process and its address."""
    port = free_port()
    words = ("serve", "--no-worker", "--port", str(port))
    with run_command(dsn, data, *words, **settings) as process:
        address = f"http://127.0.0.1:{port}"
        wait_until_up(f"{address}/health", process)
        yield process, address


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def is_open(port):
    """Whether something listens at a port of this machine."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False


def wait_until_up(address, process):
    def answers():
        assert process.poll() is None, process.stderr.read()
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=30):
            return True

    until_sync(answers)
