"""`backup`: saves everything in one file, which gets its name only when it is complete."""

import hashlib
import os
from pathlib import Path

import click
import msgspec

from api import bootstrap, clock
from api.commands.backups.programs import check_readable, find_dump_programs, run_program
from api.commands.backups.refusals import backup_exists, missing_backup_folder
from api.commands.serving.serve import data_option
from api.observing.data_folder import RECORD_FILE, LastBackup
from api.process.whole_files import OWNER_ONLY, make_whole_file
from api.security import keyring
from survey.store import restoring

# Unsent drafts and sessions do not belong in a copy that is stored.
# What was written as files is not in a copy either, and is written again where one is restored.
EXCLUDED_TABLES = (
    "drafts",
    "unsent_forms",
    "sessions",
    "sign_in_links",
    "case_keys",
    "archive_months",
)


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
        done = LastBackup(clock.now(), str(path.absolute()), path.stat().st_size, sha256)
        click.echo(f"Saved {done.size:,} bytes in {path} (SHA-256 {sha256[:12]}…), and read back.")
        note_backup(settings.data, done)


def note_backup(data: Path, done: LastBackup) -> None:
    """Note the backup in the data folder; where that cannot be written, say so and go on."""
    try:
        keyring.write_private_file(data / RECORD_FILE, msgspec.json.encode(done).decode())
    except OSError as refused:
        click.echo(
            f"The backup is complete, but {data} cannot be written ({refused.strerror}), so"
            " `doctor` will not know of it.",
            err=True,
        )


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


def write_backup(dsn: str, path: Path) -> str:
    """Write a complete backup to this path and return its SHA-256.

    It is readable by its owner only from its first byte, never replaces a file, and is read back
    before it gets its name.
    """
    programs = find_dump_programs(bootstrap.run_async(restoring.load_server_version(dsn)))
    left_out = [f"--exclude-table-data={table}" for table in EXCLUDED_TABLES]
    try:
        with make_whole_file(path, over=False, mode=OWNER_ONLY) as part:
            run_program(programs, "pg_dump", "-Fc", "-f", str(part), *left_out, dsn)
            check_readable(programs, part, dsn)
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
