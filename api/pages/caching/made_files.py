"""Files that anyone may load and that take seconds to make: each is made once, few at a time.

Reading is not counted by any limit, so that a file costs the server the same however many load it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import ParamSpec

import anyio
import anyio.to_thread

from survey.problems import Unavailable

Parameters = ParamSpec("Parameters")

AT_ONCE = anyio.CapacityLimiter(2)  # of all kinds, so that one core is left for pages and answers
MOST_MAKING = 20  # with what waits: some seconds' work
KEPT = 24  # about a megabyte each


class MadeFiles:
    """The files made last, and those that are being made, for whoever asks meanwhile."""

    def __init__(self) -> None:
        self.made: OrderedDict[tuple[str, ...], bytes] = OrderedDict()
        self.making: dict[tuple[str, ...], asyncio.Task[bytes]] = {}

    async def load(
        self,
        name: tuple[str, ...],
        make: Callable[Parameters, bytes],
        *arguments: Parameters.args,
        **named: Parameters.kwargs,
    ) -> bytes:
        """The file of this name, which says all that its content depends on; made if it has to be.

        Raises if too many others are being made.
        """
        if name in self.made:
            self.made.move_to_end(name)
            return self.made[name]
        if name not in self.making:
            if len(self.making) >= MOST_MAKING:
                raise busy_files()
            work = self.make(name, partial(make, *arguments, **named))
            self.making[name] = asyncio.create_task(work)
        # Whoever goes away ends nothing: others wait for the same file, or ask again.
        return await asyncio.shield(self.making[name])

    async def make(self, name: tuple[str, ...], make: Callable[[], bytes]) -> bytes:
        try:
            found = await anyio.to_thread.run_sync(make, limiter=AT_ONCE)
        finally:
            del self.making[name]
        self.made[name] = found
        while len(self.made) > KEPT:
            self.made.popitem(last=False)
        return found


busy_files = Unavailable.of(
    "files.busy",
    "Many files are being made at the moment.",
    "Try again in a minute: what was made before comes at once.",
)


MADE = MadeFiles()
