"""`backup`: saves everything in one file, which gets its name only when it is complete."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import click
import msgspec

from api import bootstrap, clock
from api.commands.serving.serve import data_option
from api.observing.data_folder import RECORD_FILE, LastBackup
from api.process.whole_files import OWNER_ONLY, make_whole_file
from api.security import keyring
from survey.problems import Conflict, Invalid, NotFound, Unavailable
from survey.store import embedded
from survey.store.refusals import missing_postgres_program

# Unsent drafts and sessions do not belong in a copy that is stored.
# What was written as files is not in a copy either, and is written again where one is restored.
EXCLUDED_TABLES = ("drafts", "sessions", "sign_in_links", "case_keys", "archive_months")


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@data_option
def backup(path: Path, data: Path | None) -> None:
    """Save everything in the new file PATH, and its SHA-256 in a file next to it.

    Nothing that exists is overwritten. Where PATH is a folder, the file is named for the day and
    the minute.

    Drafts and sign-ins are left out, and so are the keys that decrypt the addresses of people who
    complained: save a copy of them, apart from this file. Store the file as safely as the
    database: it holds what residents wrote.
    """
    path = backup_path(path)
    with bootstrap.open_settings(data) as settings:
        sha256 = write_backup(settings.direct_url, path)
        size = path.stat().st_size
        done = LastBackup(clock.now(), str(path.absolute()), size, sha256)
        keyring.write_private_file(settings.data / RECORD_FILE, msgspec.json.encode(done).decode())
    click.echo(f"Saved {size:,} bytes in {path} (SHA-256 {sha256[:12]}…).")


def backup_path(path: Path) -> Path:
    """The path of the new backup; raises if anything is there already."""
    if path.is_dir():
        path = path / f"soundings-{clock.now():%Y-%m-%dT%H%M}.backup"
    if not path.parent.is_dir():
        raise missing_backup_folder(path.parent)
    for there in (path, checksum_path(path)):
        if os.path.lexists(there):
            raise backup_exists(there)
    return path


def missing_backup_folder(folder: Path) -> NotFound:
    return NotFound(
        "backup.no_folder",
        f"There is no folder {folder}.",
        "Create it first, or choose another.",
    )


def backup_exists(path: Path) -> Conflict:
    return Conflict(
        "backup.exists",
        f"{path} already exists, and a backup never overwrites a file.",
        "Give a new name, or a folder: the file is then named after the date and time.",
    )


def write_backup(dsn: str, path: Path) -> str:
    """Write a complete backup to this path and return its SHA-256.

    It is readable by its owner only from its first byte, and never replaces a file.
    """
    left_out = [f"--exclude-table-data={table}" for table in EXCLUDED_TABLES]
    try:
        with make_whole_file(path, over=False, mode=OWNER_ONLY) as part:
            run_program("pg_dump", "-Fc", "-f", str(part), *left_out, dsn)
            sha256 = file_sha256(part)
            # Before the backup gets its name: without a checksum, `restore` would refuse it.
            keyring.write_private_file(checksum_path(path), f"{sha256}  {path.name}\n", over=False)
    except FileExistsError as there:
        raise backup_exists(path) from there
    return sha256


def checksum_path(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def file_sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def run_program(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs."""
    try:
        # Those of the embedded server first: pg_dump refuses a server newer than itself.
        found = str(embedded.find_programs() / name)
    except embedded.ServerUnavailable:
        found = shutil.which(name) or ""
    if not found or not os.access(found, os.X_OK):
        raise missing_postgres_program(name)
    done = subprocess.run([found, *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise stopped_backup_program(name, done.stderr)


def stopped_backup_program(name: str, errors: str) -> Unavailable:
    return Unavailable(
        "backup.failed",
        f"{name} stopped: {errors.strip().splitlines()[-1] if errors else '?'}",
        "Nothing was changed.",
    )


def damaged_backup(path: Path, sums: Path, *, has_checksum: bool) -> Invalid:
    return Invalid(
        "backup.damaged",
        f"{path} does not match the SHA-256 in {sums.name}."
        if has_checksum
        else f"There is no {sums.name} with the SHA-256 of {path.name} next to it.",
        "Copy both files again from where they were written; nothing was changed.",
    )
