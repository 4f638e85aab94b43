"""How a command begins and ends: its settings and database, its priority, signals, children."""

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Concatenate, NoReturn, ParamSpec, TypeVar

import msgspec

from api import clock
from api.process.installation import choose_cluster, choose_theme_reader, is_own_scheduler
from api.security.keyring import find_keyring
from api.settings import Settings, bad_scheduler_address, load_settings
from survey.problems import Unavailable
from survey.store.connections import embedded
from survey.store.connections.condition import Role
from survey.store.connections.refusals import failed_postgres, missing_postgres
from survey.store.connections.replica import open_read_database
from survey.store.database import Database, open_database
from survey.words import use_words

Given = ParamSpec("Given")
Result = TypeVar("Result")
NICENESS = 5  # a third of the time of a process with the usual niceness that wants the same core
SESSION = Path("/proc/self/autogroup")
# A terminal that is closed; `kill` or an init system.
END_REQUESTS = (signal.SIGHUP, signal.SIGTERM)
SIGNALLED = 128  # to which the number of the signal is added: a program's status
SIGNALS = (*END_REQUESTS, signal.SIGINT)


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
        with exit_in_order(), embedded.open_server(settings.data / "postgres") as dsn:
            try:
                yield msgspec.structs.replace(settings, database_url=dsn)
            finally:
                ignore_signals()  # what follows only stops the server
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
    """The database; what is encrypted in it can be decrypted only if `reads_cases` is set."""
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
        clock.use_zone(database.time_zone)
        use_words(database.words)
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


def run_with_settings(
    work: Callable[Concatenate[Settings, Given], Coroutine[object, object, Result]],
    data: Path | None,
    *given: Given.args,
    **named: Given.kwargs,
) -> Result:
    """The result of a command's work, with the settings of its data folder and their database."""
    with open_settings(data) as settings:
        return run_async(work(settings, *given, **named))


def lower_priority() -> None:
    """Let the pages and PostgreSQL go first when there are too few cores for all.

    Linux may first divide the cores among sessions; niceness then counts within one session only.
    So the session is lowered too, if this process has one to itself.
    """
    os.nice(NICENESS)
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):  # a kernel without this division
            SESSION.write_text(str(NICENESS))


@contextlib.contextmanager
def exit_in_order() -> Iterator[None]:
    """Make SIGTERM and SIGHUP end the program as Ctrl-C does, through every `finally`.

    A signal that is ignored, as SIGHUP is under nohup, stays ignored.
    """
    # Python lets only the main thread set handlers; elsewhere it raises.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # getsignal gives None for a handler that is not Python's, and None cannot be set again.
    before = {number: signal.getsignal(number) or signal.SIG_DFL for number in SIGNALS}
    for number in END_REQUESTS:
        if before[number] is signal.SIG_DFL:
            signal.signal(number, raise_exit)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def raise_exit(number: int, _: FrameType | None) -> None:
    # Once is enough: again would break off what the first time has begun.
    for asked in END_REQUESTS:
        signal.signal(asked, signal.SIG_IGN)
    raise SystemExit(SIGNALLED + number)


def ignore_signals() -> None:
    """Ignore further signals: what follows is short, and must not be interrupted."""
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def leave_threads_behind() -> Iterator[None]:
    """End the process at once when a signal ended the block: otherwise a thread would go on
    computing.
    """
    try:
        yield
    except SystemExit as asked:
        if isinstance(asked.code, int) and asked.code > SIGNALLED:
            exit_at_once(asked.code)
        raise


def exit_at_once(status: int = 0) -> NoReturn:
    """End the process now, without waiting for threads.

    A thread may still be computing for a job that was abandoned.
    """
    # os._exit ends without flushing, and the last lines of a log would be lost.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
