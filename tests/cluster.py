"""A Dask scheduler and its workers on this machine, each a process of its own."""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.waiting import until_sync

ROOT = Path(__file__).parents[1]


@contextlib.contextmanager
def run_cluster(folder, workers=2):
    """The address of a scheduler, and the processes of its workers; all end with the block."""
    described = folder / "scheduler.json"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    common = ("--scheduler-file", str(described), "--no-dashboard")
    with contextlib.ExitStack() as stack:

        def start(kind, *words):
            command = (sys.executable, "-m", "distributed.cli.dask_" + kind, *common, *words)
            with (folder / f"{kind}.log").open("a") as log:
                process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            stack.callback(end, process)
            return process

        scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0")
        (folder / "scheduler.pid").write_text(str(scheduler.pid))
        until_sync(described.exists)
        processes = [start("worker", "--no-nanny", "--nthreads", "1") for _ in range(workers)]
        from distributed import Client

        with Client(scheduler_file=str(described), set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=120)
            address = client.scheduler.address
        yield address, processes


def end(process):
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGKILL)
    process.wait()


def end_scheduler(folder):
    os.kill(int((folder / "scheduler.pid").read_text()), signal.SIGKILL)


def double(number):
    return os.getpid(), 2 * number


def refuse(number):
    raise ValueError(f"no {number}")


def long_digest(number):
    """What takes about a tenth of a second to compute."""
    return hashlib.pbkdf2_hmac("sha256", b"soundings", str(number).encode(), 100_000)
