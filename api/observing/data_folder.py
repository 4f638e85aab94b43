"""What is known of the data folder: how much room is left, and when it was last backed up."""

import datetime
import shutil
from pathlib import Path

import msgspec

RECORD_FILE = "last-backup.json"
BACKUP_AGE = datetime.timedelta(days=7)
MEGABYTE = 1_000_000
LEAST_FREE, LITTLE_FREE = 500 * MEGABYTE, 5_000 * MEGABYTE


class LastBackup(msgspec.Struct, frozen=True):
    """The last backup that succeeded, as recorded in the data folder."""

    at: datetime.datetime
    path: str
    size: int
    sha256: str


def load_last_backup(data: Path) -> LastBackup | None:
    """The last backup of this data folder; None if there was none. Raises if it is unreadable.

    `backup` leaves a record of it there.
    """
    try:
        return msgspec.json.decode((data / RECORD_FILE).read_bytes(), type=LastBackup)
    except FileNotFoundError:
        return None


def existing_folder(data: Path) -> Path:
    """The data folder, or before the first start the folder above it, which is on the same disk."""
    return next(one for one in (data, *data.absolute().parents) if one.exists())


def fullest_folder(data: Path) -> Path:
    """Of the data folder and that of its embedded database, which may be on another disk, the one
    with less room.
    """
    home = data / "postgres" / "home"  # a link, where the server's account cannot reach the folder
    folders = [existing_folder(data), *([home.resolve()] if home.exists() else [])]
    return min(folders, key=lambda folder: shutil.disk_usage(folder).free)


def free_bytes(data: Path) -> int:
    """How much room is left on the disk of the data folder and of its embedded database."""
    return shutil.disk_usage(fullest_folder(data)).free
