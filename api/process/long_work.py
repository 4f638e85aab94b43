"""Work that takes long: in threads of its own, in steps that staff see, or until none is left.

The event loop serves everybody meanwhile.
"""

import asyncio
import contextlib
import functools
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread

from api.process.installation import load_statistics
from survey.problems import Unavailable
from survey.store import jobs
from survey.store.database import Connection, Database

Result = TypeVar("Result")

HASHING_THREADS = max(1, (os.cpu_count() or 1) // 2)  # a hash takes a whole core
MOST_WAITING = 100  # some seconds; whoever came after them would wait longer than a browser
HASHING_NICENESS = 5
Parameters = ParamSpec("Parameters")

READING_AT_ONCE = 2
DEADLINE_S = 20.0  # with the time to wait for others

READING = anyio.CapacityLimiter(READING_AT_ONCE)
SAVE: ContextVar[Callable[[str, str], Awaitable[None]] | None] = ContextVar("save", default=None)
POLL = 2.0
SAVE_EVERY_S = 60.0
LONGEST_POLL = 60.0  # after what we cannot explain


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
    """Lower the priority of this thread, on Linux only: elsewhere it would be that of the whole
    process.
    """
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

    If the call is cancelled, the job ends at once and is rolled back, but the thread goes on
    computing: so the function must change nothing outside itself.
    """
    call = functools.partial(compute, function, *arguments)
    return await anyio.to_thread.run_sync(call, abandon_on_cancel=True, limiter=limiter)


def compute(function: Callable[..., Result], *arguments: object) -> Result:
    """Load scipy under the import lock, then call the function, which would otherwise load it
    without the lock.
    """
    load_statistics()
    return function(*arguments)


repeat_log = logging.getLogger("soundings.repeating")


async def save_step(work: str, step: str) -> None:
    """Save what work is done and how far it is, if its progress is shown."""
    save = SAVE.get()
    if save is not None:
        await save(work, step)


@contextlib.asynccontextmanager
async def shown_progress(database: Database, connection: Connection) -> AsyncIterator[None]:
    """Until the block ends, show each step saved in it as progress of this connection.

    Each step is committed on another connection: the work's own rows are visible only at its end.
    """
    backend = 0

    async def save(work: str, step: str) -> None:
        nonlocal backend
        # Asked of the server, and in the transaction: what the driver knows is the number of a
        # pooler, if there is one in between.
        backend = backend or await jobs.load_backend(connection)
        async with database.connection() as apart:
            await jobs.save_progress(apart, backend, work, step)

    token = SAVE.set(save)
    try:
        yield
    finally:
        SAVE.reset(token)
        # Most jobs save no step, and are spared a connection and a commit.
        if backend:
            async with database.connection() as apart:
                await jobs.delete_progress(apart, backend)


@contextlib.asynccontextmanager
async def save_each_minute(save: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Save again and again while the block runs, and what is left at its end."""

    async def save_again() -> None:
        while True:
            await asyncio.sleep(SAVE_EVERY_S)
            await save()

    saving = asyncio.create_task(save_again())
    try:
        yield
    finally:
        saving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await saving
        await save()


async def repeat_until_stopped(
    step: Callable[[], Awaitable[bool]], stop: asyncio.Event, *, what: str
) -> None:
    """Do the step again and again until told to stop, with a pause when it found nothing to do.

    A failed step is logged as `what`, and each failure makes the pause longer.
    """
    pause = POLL
    while not stop.is_set():
        try:
            while not stop.is_set() and await step():
                pass
            pause = POLL
        except MemoryError:
            raise  # this process ends, and another is started
        except Exception as failure:  # whatever it is, this work can wait; its message may quote
            repeat_log.warning("%s wait: %s", what, type(failure).__name__)
            pause = min(2 * pause, LONGEST_POLL)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
