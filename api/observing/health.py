"""How the service is: measured each half minute, for the metrics and for the page of the operators.

Apart from the queue of jobs: it is read when jobs wait.
"""

import asyncio
import contextlib
import datetime
import shutil
from pathlib import Path
from typing import TypeVar

import msgspec

from api import clock
from api.observing import metrics
from api.observing.logs import log_failure
from survey.problems import Unavailable
from survey.store import health
from survey.store.database import Database
from survey.store.health import HealthFigures

RECORD_FILE, FAILURE_FILE = "last-backup.json", "failed-backup.json"
BACKUP_AGE = datetime.timedelta(days=7)
MEGABYTE = 1_000_000
LEAST_FREE, LITTLE_FREE = 500 * MEGABYTE, 5_000 * MEGABYTE
EVERY_S = 30.0
Record = TypeVar("Record")
WORKER_SILENCE = datetime.timedelta(hours=3)  # the hourly forgetting is a job too


class LastBackup(msgspec.Struct, frozen=True):
    """The last backup that succeeded, as recorded in the data folder."""

    at: datetime.datetime
    path: str
    size: int
    sha256: str
    verified: bool = False
    copied: bool = False


class BackupFailure(msgspec.Struct, frozen=True):
    """Why no backup succeeded since the last one, as recorded in the data folder."""

    at: datetime.datetime
    why: str


def load_last_backup(data: Path) -> LastBackup | None:
    """The last backup of this data folder; None without one. Raises if its record is unreadable.

    `backup` leaves the record in the folder.
    """
    return _load_record(data / RECORD_FILE, LastBackup)


def load_backup_failure(data: Path) -> BackupFailure | None:
    """Why the last try of a backup failed; None if it succeeded. Raises if that is unreadable."""
    return _load_record(data / FAILURE_FILE, BackupFailure)


def _load_record(file: Path, kind: type[Record]) -> Record | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=kind)
    except FileNotFoundError:
        return None


def fullest_folder(data: Path) -> Path:
    """The folder whose disk has less room: the data folder or the folder of its embedded database,
    which may be on another disk.
    """
    home = data / "postgres" / "home"  # a link, where the server's account cannot reach the folder
    folders = [
        next(folder for folder in (data, *data.absolute().parents) if folder.exists()),
        *([home.resolve()] if home.exists() else []),
    ]
    return min(folders, key=lambda folder: shutil.disk_usage(folder).free)


def free_bytes(data: Path) -> int:
    """How much room is left on the disk of the data folder and of its embedded database."""
    return shutil.disk_usage(fullest_folder(data)).free


async def measure_until_stopped(database: Database, stop: asyncio.Event, data: Path) -> None:
    """Measure again and again until told to stop; what cannot be measured is tried again."""
    while not stop.is_set():
        try:
            await measure_health(database, data)
        except Unavailable:
            pass  # the worker itself says so
        except MemoryError:
            raise  # this process ends, and another is started
        except Exception as failure:  # jobs go on without figures
            log_failure("the service could not be measured:", failure)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), EVERY_S)


async def measure_health(database: Database, data: Path) -> None:
    """Save the figures of this moment in their hour, and show them as metrics."""
    free = free_bytes(data)
    async with database.connection() as connection:
        figures = await health.load_figures(connection)
        await health.save_figures(connection, figures, free)
    show_figures(figures, free)
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        if last := load_last_backup(data):
            metrics.set_gauge("soundings_last_backup_timestamp_seconds", last.at.timestamp())


def show_figures(figures: HealthFigures, free: int) -> None:
    # In tens, as one text more would give away the minute at which it came.
    metrics.set_gauge("soundings_jobs_waiting", figures.waiting_jobs // 10 * 10)
    metrics.set_gauge("soundings_texts_waiting", figures.waiting_texts // 10 * 10)
    metrics.set_gauge("soundings_jobs_held", figures.held_jobs)
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    age = hour - figures.oldest_text if figures.oldest_text else datetime.timedelta()
    metrics.set_gauge("soundings_oldest_text_seconds", age.total_seconds())
    metrics.set_gauge("soundings_disk_free_bytes", free)
    metrics.set_gauge("soundings_database_bytes", figures.database_bytes)
    metrics.set_gauge("soundings_database_connections", figures.connections)
    if figures.last_edition:
        made = figures.last_edition.timestamp()
        metrics.set_gauge("soundings_last_edition_timestamp_seconds", made)
    metrics.set_gauge("soundings_measured_timestamp_seconds", clock.now().timestamp())
