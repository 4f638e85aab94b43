"""Steps of long work: shown to staff while they are done, or repeated until none is left."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import ContextVar

from survey.store import jobs
from survey.store.database import Connection, Database

SAVE: ContextVar[Callable[[str, str], Awaitable[None]] | None] = ContextVar("save", default=None)
POLL = 2.0
LONGEST_POLL = 60.0  # after what we cannot explain

repeat_log = logging.getLogger("soundings.repeating")


async def save_step(work: str, step: str) -> None:
    """Save what work is done and how far it is, if its progress is shown."""
    save = SAVE.get()
    if save is not None:
        await save(work, step)


@contextlib.asynccontextmanager
async def shown_progress(database: Database, connection: Connection) -> AsyncIterator[None]:
    """Show the steps that are saved in this block, until it ends, as those of this connection.

    Each is committed on another connection: nobody sees the rows of the work itself before its end.
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


async def repeat_until_stopped(
    step: Callable[[], Awaitable[bool]], stop: asyncio.Event, *, what: str
) -> None:
    """Do the step again and again until told to stop; pause where it found nothing to do.

    A step that fails is logged as `what`; pauses then grow.
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
