"""Adds the requests that this process answered to the hour in which they were, each minute."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from litestar import Litestar

from api.observing import metrics
from api.observing.logs import log_failure
from survey.problems import Unavailable
from survey.store import health
from survey.store.database import Database

EVERY_S = 60.0


@contextlib.asynccontextmanager
async def save_request_sums(app: Litestar) -> AsyncIterator[None]:
    """Save the sums while the block runs, and what is left at its end, in the app's database."""
    database: Database = app.state.database
    saving = asyncio.create_task(save_each_minute(database))
    try:
        yield
    finally:
        saving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await saving
        await save_sums(database)


async def save_each_minute(database: Database) -> None:
    while True:
        await asyncio.sleep(EVERY_S)
        await save_sums(database)


async def save_sums(database: Database) -> None:
    """Add what was counted since the last time; nothing is lost if the database is away."""
    counted = metrics.sums.take()
    if not counted.requests:
        return
    try:
        async with database.connection() as connection:
            await health.add_requests(connection, counted.requests, counted.failed, counted.slow)
    except Unavailable:
        metrics.sums.put_back(counted)
    except Exception as failure:  # answering requests goes on without
        log_failure("requests of this hour could not be saved:", failure)
