"""Hears from PostgreSQL that something was changed, and remembers what was read until then."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

import asyncpg

CHANNEL = "instruments"
# A notice can be lost, behind a pooler for example, so nothing is remembered for longer than this,
# and for a second more while one caller reads it again for all.
LONGEST_S, REREAD_S = 4.0, 1.0
MOST_REMEMBERED = 500
PAUSE_S = 1.0

Read = TypeVar("Read")


class NoticedMemory:
    """Values read from the database, each remembered until a notice or for five seconds.

    A connection of its own listens from the first value on; it is made again when it is lost.
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
