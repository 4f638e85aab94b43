"""What following a request costs: processor time with its id and counts, and without, A B A B.

python -P -m tests.bench.observing [ROUNDS]
"""

import asyncio
import statistics
import sys
import time

from api.app import build
from api.observing import metrics
from api.security.requests import HeadAsGet
from tests.conftest import UNLIMITED, OneConnection

REQUESTS = 2_000
PATH = "/health/live"
SCOPE = {
    "type": "http",
    "asgi": {"version": "3.0"},
    "http_version": "1.1",
    "method": "GET",
    "scheme": "http",
    "path": PATH,
    "raw_path": PATH.encode(),
    "query_string": b"",
    "root_path": "",
    "headers": [(b"host", b"test")],
    "client": ("127.0.0.1", 1),
    "server": ("127.0.0.1", 80),
}


async def receive():
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(_):
    return None


async def microseconds(answer):
    """Processor time of one request, from many."""
    before = time.process_time()
    for _ in range(REQUESTS):
        await answer({**SCOPE, "state": {}}, receive, send)
    return (time.process_time() - before) / REQUESTS * 1e6


async def measure(rounds):
    app = build(UNLIMITED, OneConnection(None))
    ways = {
        "without": lambda *given: HeadAsGet.__call__(app, *given),
        "followed": app,
    }
    found = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, answer in ways.items():
            took = await microseconds(answer)
            if number:  # the first round loads and compiles
                found[name].append(took)
    counting = []
    for _ in range(rounds):
        before = time.process_time()
        for _ in range(REQUESTS):
            metrics.count_request("GET", "/work", 200, 0.02)
        counting.append((time.process_time() - before) / REQUESTS * 1e6)
    for name, times in (found | {"of these, counting": counting}).items():
        sys.stdout.write(f"{name:20} {statistics.median(times):7.1f} us a request\n")


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
