"""Starts wait for what is not there yet, and what ends leaves nothing behind that another needs."""

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import sys

import pytest

from api.commands.serving import ports, serve
from survey.problems import Unavailable
from tests import alone
from tests.campaigns.processes import Service, is_running
from tests.cut_lines import open_line
from tests.waiting import PATIENCE, until, until_sync

UNFINISHED = (
    b"POST /api/v1/surveys/feedback/responses HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Type: application/json\r\nContent-Length: 900\r\nExpect: 100-continue\r\n\r\n"
)


async def test_a_worker_waits_for_a_database_that_is_not_up_yet(server, tmp_path):
    """As after a start of the whole machine, whose services start in any order."""
    async with alone.create_database(server, "not_up_yet") as dsn, open_line(dsn) as line:
        line.cut()
        log = tmp_path / "log"
        with log.open("w") as written, alone.run_command(line.dsn, tmp_path, "worker", log=written):
            await until(lambda: "Waiting for the database" in log.read_text())
            line.mend()
            await until(lambda: "Waiting for jobs" in log.read_text())
        assert log.read_text().count("Waiting for the database") == 1


def is_free(port):
    with contextlib.suppress(Unavailable), ports.open_listening_sockets("127.0.0.1", port):
        return True
    return False


@pytest.mark.slow
async def test_a_port_is_free_as_soon_as_the_small_process_was_killed(server, tmp_path):
    """Its pages end by themselves; while a request still runs there, they hold the port no more."""
    async with alone.create_database(server, "small_process_killed") as dsn:
        await asyncio.to_thread(check_port_is_free, dsn, tmp_path)


def check_port_is_free(dsn, folder):
    service = Service(folder, "--no-worker", "--processes", "2", dsn=dsn)
    with service, contextlib.ExitStack() as stack:
        pages = service.children("pages")
        address = ("127.0.0.1", service.port)
        for _ in range(8):  # the pages wait for each of them before they end
            held = stack.enter_context(socket.create_connection(address, PATIENCE))
            held.sendall(UNFINISHED)
            assert held.recv(100).startswith(b"HTTP/1.1 100")
        os.kill(service.process.pid, signal.SIGKILL)
        service.process.wait()
        until_sync(is_free, service.port)
        assert any(map(is_running, pages))
        stack.close()
        until_sync(lambda: not any(map(is_running, pages)))


LEASE_HOLDERS = """
import fcntl, os, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
file = open(sys.argv[1], "a")
fcntl.flock(file, fcntl.LOCK_SH)
memory = bytearray(200_000_000)  # which the kernel takes back before it lets go of the lease
os.fork()
file.write("ready\\n"); file.flush()
signal.pause()
"""


async def test_what_a_killed_child_has_started_is_gone_too(tmp_path):
    """The copies of the pages hold the lease of the embedded server: its last holder stops it."""
    lease = tmp_path / "lease"
    lease.touch()
    child = serve.ChildProcess("The pages", (sys.executable, "-c", LEASE_HOLDERS, str(lease)))
    stop, hurry = asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(serve.run_once(child, stop, hurry))
    await until(lambda: lease.read_text().count("ready") == 2)
    stop.set()
    hurry.set()
    assert await running == -signal.SIGKILL
    with lease.open("a") as ours:
        fcntl.flock(ours, fcntl.LOCK_EX | fcntl.LOCK_NB)


THREAD = """
import threading, time
from api import bootstrap
with bootstrap.leave_threads_behind(), bootstrap.exit_in_order():
    threading.Thread(target=time.sleep, args=(10_000,)).start()
    print("up", flush=True)
    time.sleep(10_000)
"""


def test_a_demonstration_that_is_told_to_end_waits_for_no_thread():
    with alone.run_scripts() as begin:
        process = begin(THREAD)
        assert process.stdout.readline() == "up\n"
        process.terminate()
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + signal.SIGTERM
