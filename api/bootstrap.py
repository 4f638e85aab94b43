"""Opens the database of the settings: at its URL, or embedded in the data folder."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from api.process import lifetime
from api.process.installation import choose_cluster, choose_theme_reader, is_own_scheduler
from api.security.keyring import find_keyring
from api.settings import Settings, bad_scheduler_address, load_settings
from survey.problems import Unavailable
from survey.store.connections import embedded
from survey.store.connections.condition import Role
from survey.store.connections.refusals import failed_postgres, missing_postgres
from survey.store.connections.replica import open_read_database
from survey.store.database import Database, open_database

Result = TypeVar("Result")


@contextlib.contextmanager
def open_settings(
    data: Path | None = None, more: Mapping[str, str] | None = None, **given: object
) -> Iterator[Settings]:
    """Settings with a database URL that works; an embedded server runs until the context ends."""
    settings = load_settings(more, data=data, **given)
    if settings.database_url:
        yield settings
        return
    try:
        # Around the server: SIGTERM alone would end us before its `finally`, and leave it running.
        with lifetime.exit_in_order(), embedded.open_server(settings.data / "postgres") as dsn:
            try:
                yield msgspec.structs.replace(settings, database_url=dsn)
            finally:
                lifetime.ignore_signals()  # what follows only stops the server
    except embedded.UnusableFolder as refused:
        raise unusable_data_folder(str(refused)) from refused
    except embedded.FailedServer as failed:
        raise failed_postgres(str(failed), failed.free) from failed
    except embedded.ServerUnavailable as missing:
        raise missing_postgres(str(missing)) from missing


unusable_data_folder = Unavailable.of(
    "data.no_place",
    "{why}",
    "Name a folder that this account may write, with --data or in SOUNDINGS_DATA.",
)


@contextlib.asynccontextmanager
async def connect(
    settings: Settings, *, reads_cases: bool = True, role: Role = "command"
) -> AsyncIterator[Database]:
    """The database; without `reads_cases` what is encrypted in it stays so, whatever the keys."""
    choose_theme_reader(mpnet=settings.mpnet)
    if settings.scheduler and not is_own_scheduler(settings.scheduler):
        raise bad_scheduler_address()
    choose_cluster(scheduler=settings.scheduler, archive=settings.archive)
    pooled = settings.is_pooled
    url, direct = settings.database_url, settings.direct_url
    sealer = find_keyring(settings) if reads_cases else None
    async with open_database(
        url, pooled=pooled, direct=direct, sealer=sealer, role=role
    ) as database:
        yield database


@contextlib.asynccontextmanager
async def connect_both(settings: Settings) -> AsyncIterator[tuple[Database, Database]]:
    """The database, and the one to read from: its replica, or the same database."""
    url, pooled = settings.read_database_url, settings.is_pooled
    async with (
        connect(settings, role="service") as database,
        open_read_database(url, database, pooled=pooled) as reading,
    ):
        yield database, reading


def run_async(work: Coroutine[object, object, Result]) -> Result:
    return asyncio.run(work)
