"""JSON for balancers: whether the service is up, and whether it can do its work."""

import asyncio
from typing import Literal

import msgspec
from litestar import get
from litestar.datastructures import State

from api import clock
from api.dependencies import FromDatabase
from api.error_handlers import problem_responses
from api.observing.health import LEAST_FREE, WORKER_SILENCE, free_bytes
from api.settings import Settings
from survey.problems import Unavailable
from survey.store import jobs

PATIENCE_S = 3.0  # a balancer asks again soon; who waits longer is not ready


class Health(msgspec.Struct, frozen=True):
    status: Literal["ok"] = "ok"


class Readiness(Health, frozen=True, kw_only=True):
    """What answers while everything can be saved, and what somebody has to look at even so."""

    disk: Literal["ok", "nearly full"]
    worker: Literal["ok", "silent"]


@get(
    ["/health", "/health/ready"],
    summary="Can the service do its work?",
    responses=problem_responses(),
    tags=["service"],
)
async def read(database: FromDatabase, state: State) -> Readiness:
    """Answers 'ok' if within three seconds the database answers, has the tables of this version,
    and did not refuse what was last saved for want of room.
    """
    # A process that can save nothing counts as down.
    try:
        async with asyncio.timeout(PATIENCE_S):
            await database.check()
            async with database.connection() as connection:
                finished = await jobs.find_last_finished(connection)
    except TimeoutError as late:
        raise slow_database() from late
    settings: Settings = state.settings
    silent = finished is None or clock.now() - finished > WORKER_SILENCE
    full = free_bytes(settings.data) < LEAST_FREE
    return Readiness(disk="nearly full" if full else "ok", worker="silent" if silent else "ok")


@get(
    "/health/live",
    summary="Is the service up?",
    responses=problem_responses(),
    tags=["service"],
    sync_to_thread=False,
)
def read_live() -> Health:
    """Answers 'ok' as long as this process answers at all, with or without its database."""
    return Health()


slow_database = Unavailable.of(
    "health.slow",
    "The database has not answered in time.",
    "Look at its load and at `./soundings doctor`.",
)
