"""`backup` and `restore`: everything in one file, by the programs of the server's version."""

import asyncio
import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from api import bootstrap, clock
from api.commands.serving.serve import data_option
from api.observing.health import RECORD_FILE, LastBackup
from api.process.files import OWNER_ONLY, make_whole_file
from api.security import keyring
from api.settings import Settings
from survey.problems import Conflict, Invalid, NotFound, Unavailable
from survey.store.connections import embedded, refusals, restores

missing_backup_folder = NotFound.of(
    "backup.no_folder", "There is no folder {folder}.", "Create it first, or choose another."
)
backup_exists = Conflict.of(
    "backup.exists",
    "{path} already exists, and a backup never overwrites a file.",
    "Give a new name, or a folder: the file is then named after the date and time.",
)


unfit_backup_programs = Invalid.of(
    "backup.unfit",
    "pg_restore {major} cannot restore into PostgreSQL {server}, the version of this database: the "
    "server does not know {unknown!r}.",
    "Install the client programs of PostgreSQL {server} (Debian: postgresql-client-{server}) for "
    "backups from now on. What newer programs saved can be restored into a newer PostgreSQL, or "
    "into an embedded one with --data and without SOUNDINGS_DATABASE_URL. Nothing was changed.",
)
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
PATIENCE = 10.0  # seconds in which the connections of a program that just ended are gone


def stopped_backup_program(name: str, errors: str) -> Unavailable:
    lines = [line.removeprefix(f"{name}: ") for line in errors.strip().splitlines()]
    said = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return Unavailable(
        "backup.failed",
        f"{name} stopped: {[*said, *reversed(lines), 'it did not say why'][0]}",
        "Nothing was changed.",
    )


def find_dump_programs(server: int) -> Path:
    """The folder whose pg_dump writes what a server of this major version can restore."""
    return _fitting_folders(server)[0]


def find_restore_programs(path: Path, dsn: str) -> Path:
    """The folder whose pg_restore can read a backup and restore it into this server.

    A backup of a newer PostgreSQL is read by newer programs only. Raises with the message of the
    last program tried if no program can.
    """
    *others, last = _fitting_folders(bootstrap.run_async(restores.load_server_version(dsn)))
    for programs in others:
        try:
            check_readable(programs, path, dsn)
        except (Invalid, Unavailable):
            continue
        return programs
    check_readable(last, path, dsn)
    return last


def check_readable(programs: Path, path: Path, dsn: str) -> None:
    """Raise unless a backup can be read whole and the server knows the settings at its head."""
    run_program(programs, "pg_restore", "-f", os.devnull, str(path))
    # Of nothing in it: what is left are the settings that every restore begins with.
    script = run_program(programs, "pg_restore", "-L", os.devnull, "-f", "-", str(path))
    settings = [line for line in script.splitlines() if line.startswith("SET ")]
    if unknown := bootstrap.run_async(restores.find_unknown_setting(dsn, settings)):
        server = bootstrap.run_async(restores.load_server_version(dsn))
        raise unfit_backup_programs(embedded.major_version(programs, "pg_restore"), server, unknown)


def _fitting_folders(server: int) -> list[Path]:
    """The folders with programs of the server's version and of newer ones, the nearest first."""
    folders: dict[int, Path] = {}
    for folder in _client_folders():
        major = int(embedded.major_version(folder, "pg_dump") or 0)
        if major >= server and os.access(folder / "pg_restore", os.X_OK):
            folders.setdefault(major, folder)
    if not folders:
        raise refusals.missing_postgres_program(server)
    return [folders[major] for major in sorted(folders)]


def _client_folders() -> Iterator[Path]:
    yield from embedded.program_folders()
    if on_path := shutil.which("pg_dump"):
        yield Path(on_path).parent


def run_program(programs: Path, name: str, *arguments: str) -> str:
    """Run one of PostgreSQL's own programs; returns what it printed."""
    command = [str(programs / name), *arguments]
    # In English, so that its error can be told from what it says besides.
    english = os.environ | {"LC_ALL": "C"}
    done = subprocess.run(command, capture_output=True, text=True, env=english, check=False)  # noqa: S603
    if done.returncode:
        raise stopped_backup_program(name, done.stderr)
    return done.stdout


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

    From the first byte on, only its owner can read it. It never replaces a file, and is read back
    before it gets its name.
    """
    programs = find_dump_programs(bootstrap.run_async(restores.load_server_version(dsn)))
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


if TYPE_CHECKING:
    from survey.store.answers.erasure import ErasureMark


@click.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Replace what is in the database now.")
@click.option(
    "--erased-in",
    metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Also erase what was erased in the embedded database of this data folder.",
)
@data_option
def restore(path: Path, replace: bool, erased_in: Path | None, data: Path | None) -> None:
    """Restore what `backup` saved in PATH: all of it or nothing.

    A file that does not match the SHA-256 next to it is rejected. With --replace, whatever was
    erased in the replaced database is erased in the restored one too; --erased-in does so for a
    restore into a new folder. Stop `serve` and `worker` first.
    """
    check_backup(path)
    known = load_erasure_marks(erased_in) if erased_in else []
    with bootstrap.open_settings(data) as settings:
        dsn = settings.direct_url
        programs = find_restore_programs(path, dsn)
        bootstrap.run_async(set_old_data_aside(dsn, replace=replace))
        try:
            arguments = ("--single-transaction", "--exit-on-error", "--no-owner", "-d", dsn)
            run_program(programs, "pg_restore", *arguments, str(path))
            again = bootstrap.run_async(erase_again(dsn, path.name, known))
        # Ctrl-C and SIGTERM too, which arrive as exceptions: what was here has to come back.
        except BaseException:
            bootstrap.run_async(bring_old_data_back(dsn))
            raise
        click.echo(f"Restored {path}.")
        if again:
            click.echo(f"Erased again, because they were erased after this backup: {again:,}.")
        bootstrap.run_async(print_missing_keys(settings))


def check_backup(path: Path) -> None:
    """Raise if the file is not as `backup` wrote it, before anything is changed."""
    sums = checksum_path(path)
    expected = sums.read_text(errors="replace").split()[:1] if sums.is_file() else []
    if expected != [file_sha256(path)]:
        raise damaged_backup(path, sums, has_checksum=bool(expected))


def damaged_backup(path: Path, sums: Path, *, has_checksum: bool) -> Invalid:
    return Invalid(
        "backup.damaged",
        f"{path} does not match the SHA-256 in {sums.name}."
        if has_checksum
        else f"There is no {sums.name} with the SHA-256 of {path.name} next to it.",
        "Copy both files again from where they were written; nothing was changed.",
    )


def load_erasure_marks(folder: Path) -> list["ErasureMark"]:
    """The erasure marks in the embedded database of another data folder."""
    from survey.store.connections import embedded, restores

    if not (folder / "postgres").is_dir():
        raise refusals.no_database_in_folder(folder)
    with embedded.open_server(folder / "postgres") as dsn:
        return bootstrap.run_async(restores.load_marks_in(dsn))


async def set_old_data_aside(dsn: str, *, replace: bool) -> None:
    from survey.store.connections import restores

    until = time.monotonic() + PATIENCE
    while await restores.count_other_connections(dsn):
        if time.monotonic() > until:
            raise refusals.database_in_use()
        await asyncio.sleep(0.1)
    await restores.restore_aside(dsn)  # where an earlier restore was interrupted
    if not replace and await restores.count_tables(dsn):
        raise refusals.database_not_empty()
    await restores.set_aside(dsn)


async def bring_old_data_back(dsn: str) -> None:
    from survey.store.connections import restores

    await restores.restore_aside(dsn)


async def erase_again(dsn: str, name: str, known: list["ErasureMark"]) -> int:
    """Migrate the restored data, erase again what was erased since, and drop the old data.

    Returns how many were erased again.
    """
    from api.operations import cases
    from survey.store.accounts import people
    from survey.store.answers import erasure
    from survey.store.connections import restores
    from survey.store.database import open_database

    marks = [*await restores.load_marks_aside(dsn), *known]
    async with (
        open_database(dsn, restoring=True) as database,
        database.connection() as connection,
        connection.transaction(),
    ):
        await erasure.insert_marks(connection, marks)
        references = await erasure.load_erased_references(connection)
        for reference in references:
            await cases.erase_reference(connection, reference)
        await people.append_audit(connection, "backup restored", name, by=None)
        # Last, in the same transaction: until every erasure is done the old data can come back.
        await restores.drop_aside(connection)
    return len(references)


async def print_missing_keys(settings: Settings) -> None:
    """Print which keys are missing: a backup holds none, and without them addresses cannot be
    read.
    """
    from api.commands.doctor import contact_key_findings

    async with bootstrap.connect(settings) as database, database.connection() as connection:
        for finding in await contact_key_findings(connection, settings):
            click.secho(finding.what, fg="red")
            click.echo(finding.remedy)
    if not settings.secret and not (settings.data / "secret").exists():
        click.echo(
            "The secret used to sign forms is not in the backup either; without it a new one is "
            "created."
        )
