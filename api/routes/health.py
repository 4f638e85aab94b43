"""Whether the service is up and reaches its database."""

import msgspec
from litestar import get

from api.dependencies import FromDatabase
from api.error_handlers import problem_responses


class Health(msgspec.Struct, frozen=True):
    status: str


@get("/health", summary="Is the service up?", responses=problem_responses(), tags=["service"])
async def read(database: FromDatabase) -> Health:
    """Answers 'ok' once the database answers."""
    # A process without its database can save nothing, so it counts as down.
    await database.answers()
    return Health("ok")
