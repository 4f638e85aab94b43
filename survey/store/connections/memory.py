"""What a process holds for its database: rows that wait for the next commit, and what it remembers
until somebody changes it.

Group commit: everything that waits during one commit is written by the next.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, TypeVar, cast

import asyncpg

from survey.problems import Unavailable
from survey.store.connections.refusals import full_intake, interrupted_intake

MOST_IN_A_BATCH = 256
MOST_WAITING = 4_096
# Rows of the largest size would otherwise fill the memory long before so many wait.
MOST_BYTES_IN_A_BATCH = 8_000_000
MOST_BYTES_WAITING = 64_000_000

Given = TypeVar("Given")
Kept = TypeVar("Kept")
CHANNEL = "instruments"
# A notice can be lost, behind a pooler for example, so nothing is remembered for longer than this,
# and for a second more while one caller reads it again for all.
LONGEST_S, REREAD_S = 4.0, 1.0
MOST_REMEMBERED = 500
PAUSE_S = 1.0
Read = TypeVar("Read")


class Arrival(Generic[Given, Kept]):
    """A row, its size in bytes, and the future in which its caller waits for the result."""

    __slots__ = ("result", "row", "size")

    def __init__(self, row: Given, size: int, result: "asyncio.Future[Kept]") -> None:
        self.row, self.size, self.result = row, size, result


class CommitGroup(Generic[Given, Kept]):
    """Inserts waiting rows in batches; each caller gets its result after the commit.

    One task writes, without a timer: what arrives during one commit is the next batch. `insert`
    stores all of its rows or none, and returns a result or an exception for each. A batch that is
    refused is halved until the bad row fails alone. A caller that goes away loses only its result:
    its row is stored all the same.
    """

    def __init__(
        self,
        connect: Callable[[], AbstractAsyncContextManager[Any]],
        insert: Callable[[Any, list[Given]], Awaitable[Sequence[Kept | Exception]]],
    ) -> None:
        self.connect = connect
        self.insert = insert
        self.waiting: list[Arrival[Given, Kept]] = []
        self.bytes_waiting = 0
        self.batch: list[Arrival[Given, Kept]] = []  # what is being committed
        self.flushing: asyncio.Task[None] | None = None

    async def add(self, row: Given, size: int = 0) -> Kept:
        """Insert a row of about this many bytes; raises if too many wait."""
        full = self.waiting and self.bytes_waiting + size > MOST_BYTES_WAITING
        if full or len(self.waiting) >= MOST_WAITING:
            raise full_intake()
        result: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        self.waiting.append(Arrival(row, size, result))
        self.bytes_waiting += size
        if self.flushing is None:
            self.start_flush()
        return await result

    async def drain(self) -> None:
        """Wait until everything that was added is committed."""
        while self.flushing is not None:
            # `wait` cancels nothing: whoever gives up waiting must not take others' rows along.
            await asyncio.wait({self.flushing})
            await asyncio.sleep(0)  # for `end_flush`, which may have more to start

    def start_flush(self) -> None:
        self.flushing = asyncio.create_task(self.flush())
        # A task that is cancelled before its first step runs no `finally` of its own.
        self.flushing.add_done_callback(self.end_flush)

    async def flush(self) -> None:
        while self.waiting:
            self.batch = self.take_batch()
            await self.insert_batch(self.batch)
        self.batch = []  # what people wrote stays in memory no longer than it has to

    def end_flush(self, task: "asyncio.Task[None]") -> None:
        """Start again if rows came meanwhile; after a cancellation, end the wait of all callers."""
        self.flushing = None
        if not task.cancelled() and task.exception() is None:
            if self.waiting:
                self.start_flush()
            return
        for arrival in (*self.batch, *self.waiting):
            resolve_future(arrival.result, interrupted_intake())
        self.batch, self.waiting, self.bytes_waiting = [], [], 0

    def take_batch(self) -> list[Arrival[Given, Kept]]:
        """Remove the next batch from those that wait: at least one row."""
        size = number = 0
        for arrival in self.waiting[:MOST_IN_A_BATCH]:
            size += arrival.size
            if number and size > MOST_BYTES_IN_A_BATCH:
                break
            number += 1
        batch, self.waiting = self.waiting[:number], self.waiting[number:]
        self.bytes_waiting -= sum(arrival.size for arrival in batch)
        return batch

    async def insert_batch(self, batch: list[Arrival[Given, Kept]]) -> None:
        try:
            async with self.connect() as connection:
                outcomes = await self.insert(connection, [arrival.row for arrival in batch])
        except Exception as refused:
            # A database that is away would refuse each row alike, after a wait for every one.
            if len(batch) == 1 or isinstance(refused, Unavailable):
                for arrival in batch:
                    resolve_future(arrival.result, refused)
            else:
                middle = len(batch) // 2
                await self.insert_batch(batch[:middle])
                await self.insert_batch(batch[middle:])
        else:
            for arrival, outcome in zip(batch, outcomes, strict=True):
                resolve_future(arrival.result, outcome)


def resolve_future(future: "asyncio.Future[Kept]", outcome: Kept | Exception) -> None:
    # Its caller went away meanwhile, which cancelled it.
    if future.done():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


class NoticedMemory:
    """Values read from the database, each remembered until a notice, for five seconds at most.

    From the first value on, a connection of its own listens for notices; a lost one is made again.
    """

    def __init__(self, dsn: str = "") -> None:
        self.dsn = dsn
        # With each value, until when it is given, and until when at most if it is read again.
        self.known: dict[tuple[object, str], tuple[float, float, object]] = {}
        self.notices = 0
        self.listening: asyncio.Task[None] | None = None

    async def load(self, read: Callable[[str], Awaitable[Read]], what: object, key: str) -> Read:
        """The remembered value of `what` under this key, else what `read` returns."""
        began, notices = time.monotonic(), self.notices
        until, last, value = self.known.get((what, key), (0.0, 0.0, None))
        if began < until:
            return cast(Read, value)
        self.start()
        if began < last:
            self.known[what, key] = (last, last, value)
        fresh = await read(key)
        # If a notice came while we read, this may be what it was about: used once, not remembered.
        if notices == self.notices:
            self.remember((what, key), began + LONGEST_S, fresh if fresh != value else value)
        return fresh

    def remember(self, key: tuple[object, str], until: float, value: object) -> None:
        self.known.pop(key, None)
        while len(self.known) >= MOST_REMEMBERED:
            del self.known[next(iter(self.known))]
        self.known[key] = (until, until + REREAD_S, value)

    def forget(self) -> None:
        self.notices += 1
        self.known.clear()

    def start(self) -> None:
        if self.listening is None and self.dsn:
            self.listening = asyncio.create_task(self.listen())

    async def stop(self) -> None:
        if self.listening is not None:
            self.listening.cancel()
            await asyncio.wait({self.listening})
            self.listening = None

    async def listen(self) -> None:
        """Listen until cancelled; while the server is away, values live for five seconds."""
        while True:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self.listen_until_lost()
            self.forget()
            await asyncio.sleep(PAUSE_S)

    async def listen_until_lost(self) -> None:
        lost = asyncio.Event()
        connection = await asyncpg.connect(self.dsn)
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, lambda *_: self.forget())
            self.forget()  # of what changed before, no notice has come
            await lost.wait()
        finally:
            connection.terminate()
