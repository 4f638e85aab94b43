"""Repeats a step that looks for work of its own, apart from the queue of jobs."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

POLL = 2.0
LONGEST_POLL = 60.0  # after what we cannot explain

log = logging.getLogger("soundings.repeating")


async def repeat_until_stopped(
    step: Callable[[], Awaitable[bool]], stop: asyncio.Event, *, what: str
) -> None:
    """Do the step again and again until told to stop; pause where it found nothing to do.

    `what` waits, if the step fails: for longer each time.
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
            log.warning("%s wait: %s", what, type(failure).__name__)
            pause = min(2 * pause, LONGEST_POLL)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
