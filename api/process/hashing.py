"""Threads of their own for slow hashes, at a low priority: pages and answers go first."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from survey.problems import Unavailable

Result = TypeVar("Result")

THREADS = max(1, (os.cpu_count() or 1) // 2)  # a hash takes a whole core
MOST_WAITING = 100  # some seconds; whoever came after them would wait longer than a browser
NICENESS = 5


class HashingThreads:
    """Runs functions in a few threads; refuses more when many wait."""

    def __init__(self, threads: int = THREADS, most: int = MOST_WAITING) -> None:
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
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


too_many_hashes = Unavailable.of(
    "hashing.busy",
    "More complaints and sign-ins are arriving than can be handled at the moment.",
    "Nothing was saved; try again in a few seconds.",
)
