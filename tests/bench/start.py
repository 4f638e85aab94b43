"""How long `serve` takes until its first page, and the memory it then needs.

`python -m tests.bench.start [ROUNDS] [ARGUMENTS OF SERVE]` makes a database in a folder of its own
and starts `serve` on it again and again. Prints medians: seconds until `/` is answered, seconds of
processor that the whole tree of processes has used until then (without PostgreSQL), and ten
seconds later the proportional set size (PSS) of each kind of process.
"""

import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).parents[2]
IDLE_S = 10.0
TICKS = os.sysconf("SC_CLK_TCK")
LIMIT_S = 60.0


def list_tree(pid):
    """The process and all that descend from it."""
    try:
        found = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(one for child in found for one in list_tree(int(child)))]


def processor_seconds(tree):
    """User and system time of the processes, and of their children that have ended."""
    total = 0
    for pid in tree:
        words = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(map(int, words[11:15]))
    return total / TICKS


def kind_of(pid):
    words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return next((one.decode() for one in words if one in (b"pages", b"worker")), "serve")


def megabytes(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)[1]) / 1024


def wait_for_page(address, began):
    while time.perf_counter() - began < LIMIT_S:
        try:
            with urllib.request.urlopen(address, timeout=LIMIT_S) as answer:
                answer.read()
            return time.perf_counter() - began
        except OSError:
            time.sleep(0.005)
    raise TimeoutError(address)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def start_once(folder, words):
    """Seconds, processor seconds and megabytes by kind of one start."""
    port = free_port()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    environment.pop("SOUNDINGS_DATABASE_URL", None)
    command = [sys.executable, "-P", "-m", "api", "serve", "--port", str(port), "--data", folder]
    began = time.perf_counter()
    process = subprocess.Popen([*command, *words], env=environment, stdout=subprocess.DEVNULL)
    try:
        wall = wait_for_page(f"http://127.0.0.1:{port}/", began)
        spent = processor_seconds(list_tree(process.pid))
        time.sleep(IDLE_S)
        memory = {}
        for pid in list_tree(process.pid):
            memory[kind_of(pid)] = memory.get(kind_of(pid), 0) + megabytes(pid)
    finally:
        process.terminate()
        process.wait()
    return wall, spent, memory


def main(rounds=3, *words):
    with tempfile.TemporaryDirectory(prefix="start-", dir="/tmp") as folder:
        pathlib.Path(folder).chmod(0o755)
        start_once(folder, words)
        found = [start_once(folder, words) for _ in range(int(rounds))]
    walls, spent, memory = zip(*found, strict=True)
    print(f"first page {statistics.median(walls):6.2f} s")  # noqa: T201
    print(f"processor  {statistics.median(spent):6.2f} s")  # noqa: T201
    for kind in memory[0]:
        print(f"{kind:10} {statistics.median(one[kind] for one in memory):6.0f} MB PSS")  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
