"""Threads of their own: for slow hashes, for what strangers send, and for what jobs compute.

The event loop serves everybody meanwhile.
"""

import asyncio
import functools
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread

from api.process.installation import load_statistics
from survey.problems import Unavailable

Result = TypeVar("Result")

HASHING_THREADS = max(1, (os.cpu_count() or 1) // 2)  # a hash takes a whole core
MOST_WAITING = 100  # some seconds; whoever came after them would wait longer than a browser
HASHING_NICENESS = 5
Parameters = ParamSpec("Parameters")

READING_AT_ONCE = 2
DEADLINE_S = 20.0  # with the time to wait for others

READING = anyio.CapacityLimiter(READING_AT_ONCE)


class HashingThreads:
    """Runs functions in a few threads; refuses more when many wait."""

    def __init__(self, threads: int = HASHING_THREADS, most: int = MOST_WAITING) -> None:
        self.pool = ThreadPoolExecutor(threads, "hashing", initializer=lower_own_priority)
        self.most, self.waiting = most, 0

    async def run(self, act: Callable[[], Result]) -> Result:
        """Call `act` in one of the threads and return its result; raises if too many wait."""
        if self.waiting >= self.most:
            raise too_many_hashes()
        self.waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.pool, act)
        finally:
            self.waiting -= 1


def lower_own_priority() -> None:
    """Lower the priority of this thread; elsewhere than on Linux it would be the process's."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), HASHING_NICENESS)


too_many_hashes = Unavailable.of(
    "hashing.busy",
    "More complaints and sign-ins are arriving than can be handled at the moment.",
    "Nothing was saved; try again in a few seconds.",
)


async def read_apart(
    function: Callable[Parameters, Result],
    *arguments: Parameters.args,
    **named: Parameters.kwargs,
) -> Result:
    """Call the function in a thread and return its result; raises if it takes too long.

    The thread then reads on for nobody, so the function must change nothing outside itself, and
    its work must be bounded by the size of what it reads.
    """
    call = functools.partial(function, *arguments, **named)
    with anyio.move_on_after(DEADLINE_S):
        return await anyio.to_thread.run_sync(call, abandon_on_cancel=True, limiter=READING)
    raise slow_reading()


slow_reading = Unavailable.of(
    "reading.slow",
    "What was sent could not be read in time.",
    "Nothing was saved. Try again in a minute.",
)


async def run_in_thread(
    function: Callable[..., Result],
    *arguments: object,
    limiter: anyio.CapacityLimiter | None = None,
) -> Result:
    """Call the function in a thread and return its result.

    When cancelled, the job ends at once and is rolled back; the thread computes on for nobody, so
    the function must change nothing outside itself.
    """
    call = functools.partial(compute, function, *arguments)
    return await anyio.to_thread.run_sync(call, abandon_on_cancel=True, limiter=limiter)


def compute(function: Callable[..., Result], *arguments: object) -> Result:
    """Load scipy, then call the function, which would itself load it without a lock."""
    load_statistics()
    return function(*arguments)
