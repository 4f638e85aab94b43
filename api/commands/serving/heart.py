"""A count that a copy of a process raises while it works, and that the process can read."""

import asyncio
import contextlib
import mmap
from collections.abc import AsyncIterator

SIZE = 8
BEAT_S = 1.0


class Heart:
    """Memory that a process shares with one copy of it; 0 until the copy has begun to work."""

    def __init__(self) -> None:
        self.memory = mmap.mmap(-1, SIZE)

    def beat(self) -> None:
        self.memory[:] = (self.count() + 1).to_bytes(SIZE)

    def stop(self) -> None:
        self.memory[:] = bytes(SIZE)

    def count(self) -> int:
        return int.from_bytes(self.memory[:])


@contextlib.asynccontextmanager
async def keep_beating(heart: Heart) -> AsyncIterator[None]:
    """Beat each second for as long as the event loop turns."""

    async def go_on() -> None:
        while True:
            heart.beat()
            await asyncio.sleep(BEAT_S)

    beating = asyncio.create_task(go_on())
    try:
        yield
    finally:
        beating.cancel()
