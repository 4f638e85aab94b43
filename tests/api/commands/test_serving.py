"""`serve` as its users run it, killed in every way: it answers again, and leaves nothing behind."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

import pytest

from api import bootstrap
from api.settings import ROOT
from tests.survey.store.test_embedded import server_pids
from tests.waiting import PATIENCE, until_sync

pytestmark = pytest.mark.slow
PROCESSES = 2
IDLE = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
TOLD = {"subject": "taser", "story": "They explained it."}
ANSWER = json.dumps({"borough": "Hackney", "answers": TOLD}).encode()
HEAD = (
    "POST /api/v1/surveys/feedback/responses HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    f"Content-Type: application/json\r\nContent-Length: {len(ANSWER)}\r\n\r\n"
).encode()


class RunningService:
    """A running `serve` on a folder and a port of its own."""

    def __init__(self, folder):
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port = free.getsockname()[1]
        self.folder = folder
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        environment.pop("SOUNDINGS_DATABASE_URL", None)
        words = ("serve", "--port", str(self.port), "--data", str(folder))
        words += ("--processes", str(PROCESSES))
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "api", *words],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def answers(self):
        try:
            address = f"http://127.0.0.1:{self.port}/health"
            with urllib.request.urlopen(address, timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def children(self):
        return {kind: number for number, kind in list_children(self.process.pid)}

    def copies(self):
        """The processes that answer: copies of the one that loaded the pages."""
        return [number for number, _ in list_children(self.children().get("pages", 0))]

    def postgres(self):
        return server_pids(self.folder / "postgres")


def list_children(parent):
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            ours = f"PPid:\t{parent}\n" in (entry / "status").read_text()
            if ours and b"api.commands.serving.child" in words:
                yield (
                    int(entry.name),
                    words[words.index(b"api.commands.serving.child") + 1].decode(),
                )


@pytest.fixture
def service():
    top = pathlib.Path(tempfile.mkdtemp(prefix="sv-", dir="/tmp"))
    top.chmod(0o755)
    one = RunningService(top)
    until_sync(one.answers)
    until_sync(lambda: len(one.children()) == 2 and len(one.copies()) == PROCESSES)
    yield one
    one.process.kill()
    one.process.wait()
    until_sync(lambda: not one.postgres())
    shutil.rmtree(top)


def test_whatever_dies_is_started_again_and_sigterm_ends_all_of_it(service):
    assert os.getpriority(os.PRIO_PROCESS, service.children()["worker"]) == bootstrap.NICENESS
    killed = service.copies()[0]
    os.kill(killed, signal.SIGKILL)
    until_sync(lambda: len(service.copies()) == PROCESSES and killed not in service.copies())
    for kind in ("pages", "worker"):
        killed = service.children()[kind]
        os.kill(killed, signal.SIGKILL)
        until_sync(lambda kind=kind, killed=killed: service.children().get(kind, killed) != killed)
        until_sync(service.answers)
    (server,) = service.postgres()
    tree = [server, *list_backends(server)]
    for number in tree:
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    until_sync(lambda: service.postgres() not in ([], [server]))
    until_sync(service.answers)
    service.process.terminate()
    assert service.process.wait(timeout=PATIENCE) == 0
    assert service.postgres() == []


def test_requests_that_run_are_answered_while_all_processes_stop(service):
    """Idle connections are closed first, which tells that a process has begun to stop."""
    with contextlib.ExitStack() as held:
        idle, running = (
            [
                held.enter_context(socket.create_connection(("127.0.0.1", service.port), PATIENCE))
                for _ in range(16)
            ]
            for _ in range(2)
        )
        for one in idle:
            one.sendall(IDLE)
            assert one.recv(4_096).startswith(b"HTTP/1.1 200")
        for one in running:
            one.sendall(HEAD + ANSWER[:10])
        service.process.terminate()
        for one in idle:
            while one.recv(4_096):
                pass
        for one in running:
            one.sendall(ANSWER[10:])
        found = [one.recv(4_096).split(b"\r\n")[0] for one in running]
    assert found == [b"HTTP/1.1 201 Created"] * 16
    assert service.process.wait(timeout=PATIENCE) == 0


def test_a_parent_that_is_killed_takes_pages_worker_and_database_along(service):
    children = [*service.children().values(), *service.copies()]
    service.process.kill()
    service.process.wait()
    until_sync(lambda: not any(pathlib.Path(f"/proc/{number}").exists() for number in children))
    until_sync(lambda: not service.postgres())


def list_backends(server):
    found = subprocess.run(["pgrep", "-P", str(server)], capture_output=True, check=False)
    return [int(number) for number in found.stdout.split()]
