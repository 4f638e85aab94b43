"""Whether the service is up, and whether it can do its work."""

import asyncio

import msgspec
from litestar import get

from api.dependencies import FromDatabase
from api.error_handlers import problem_responses
from survey.problems import Unavailable

PATIENCE_S = 3.0  # a balancer asks again soon; who waits longer is not ready


class Health(msgspec.Struct, frozen=True):
    status: str


@get(
    ["/health", "/health/ready"],
    summary="Can the service do its work?",
    responses=problem_responses(),
    tags=["service"],
)
async def read(database: FromDatabase) -> Health:
    """Answers 'ok' if the database answers within three seconds."""
    # A process without its database can save nothing, so it counts as down.
    try:
        async with asyncio.timeout(PATIENCE_S):
            await database.answers()
    except TimeoutError as late:
        raise slow_database() from late
    return Health("ok")


@get(
    "/health/live",
    summary="Is the service up?",
    responses=problem_responses(),
    tags=["service"],
    sync_to_thread=False,
)
def read_live() -> Health:
    """Answers 'ok' as long as this process answers at all, with or without its database."""
    return Health("ok")


def slow_database() -> Unavailable:
    return Unavailable(
        "health.slow",
        "The database has not answered in time.",
        "Look at its load and at `./soundings doctor`.",
    )
