"""`backup`: everything in one file, by the programs of the server's version."""

import contextlib
import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from api import bootstrap, clock
from api.commands.serving.serve import data_option
from api.observing.health import FAILURE_FILE, RECORD_FILE, BackupFailure, LastBackup
from api.process.files import OWNER_ONLY, make_whole_file
from api.security import keyring
from api.settings import load_settings
from survey.problems import Conflict, Invalid, NotFound, Problem, Unavailable
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
untried_backup = Unavailable.of(
    "backup.untried",
    "The backup could not be restored into a database of its own: {why}.",
    "Nothing was saved. Correct that, or make the backup without --verify.",
)
differing_backup = Unavailable.of(
    "backup.differs",
    "Restored, the backup differs from the database: {differences}.",
    "Nothing was saved. Make another; if it differs too, check the disk and the memory of this "
    "machine, and ask the makers of Soundings.",
)
uncopied_backup = Unavailable.of(
    "backup.not_copied",
    "{path} is complete, but SOUNDINGS_BACKUP_COPY did not copy it: {why}.",
    "Correct the command or the place that it copies to; the next backup tries again.",
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


def stopped_backup_program(name: str, errors: str) -> Unavailable:
    lines = [line.removeprefix(f"{name}: ") for line in errors.strip().splitlines()]
    said = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return Unavailable(
        "backup.failed",
        f"{name} stopped: {[*said, *reversed(lines), 'it did not say why'][0]}",
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


def find_dump_programs(server: int) -> Path:
    """The folder whose pg_dump writes what a server of this major version can restore."""
    return fitting_folders(server)[0]


def check_readable(programs: Path, path: Path, dsn: str) -> None:
    """Raise unless a backup can be read whole and the server knows the settings at its head."""
    run_program(programs, "pg_restore", "-f", os.devnull, str(path))
    # Of nothing in it: what is left are the settings that every restore begins with.
    script = run_program(programs, "pg_restore", "-L", os.devnull, "-f", "-", str(path))
    settings = [line for line in script.splitlines() if line.startswith("SET ")]
    if unknown := bootstrap.run_async(restores.find_unknown_setting(dsn, settings)):
        server = bootstrap.run_async(restores.load_server_version(dsn))
        raise unfit_backup_programs(embedded.major_version(programs, "pg_restore"), server, unknown)


def fitting_folders(server: int) -> list[Path]:
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
@click.option("--verify", is_flag=True, help="Restore it on trial, and compare every table.")
@data_option
def backup(path: Path, verify: bool, data: Path | None) -> None:
    """Save everything in the new file PATH, and its SHA-256 in a file next to it.

    Nothing that exists is overwritten. Where PATH is a folder, the file is named for the day and
    the minute. With --verify it is also restored into a database that is deleted afterwards, and
    every table is compared. SOUNDINGS_BACKUP_COPY is a command that copies it elsewhere.

    Drafts and sign-ins are left out, and so are the keys that decrypt the addresses of people who
    complained: save a copy of them, apart from this file. Store the file as safely as the
    database: it holds what residents wrote.
    """
    folder = load_settings(data=data).data
    with noting_failure(folder):
        path = backup_path(path)
        with bootstrap.open_settings(data) as settings:
            sha256 = write_backup(settings.direct_url, path, verify=verify)
            copy = settings.backup_copy
        done = LastBackup(clock.now(), str(path.absolute()), path.stat().st_size, sha256, verify)
        tried = "read back and restored on trial" if verify else "read back"
        click.echo(f"Saved {done.size:,} bytes in {path} (SHA-256 {sha256[:12]}…), and {tried}.")
        note_backup(folder, done)
        if copy:
            copy_backup(copy, path)
            click.echo("Copied by SOUNDINGS_BACKUP_COPY.")
            note_backup(folder, msgspec.structs.replace(done, copied=True))
        with contextlib.suppress(OSError):
            (folder / FAILURE_FILE).unlink()


@contextlib.contextmanager
def noting_failure(folder: Path) -> Iterator[None]:
    """Note a failure in the data folder, for `doctor`: at night nobody reads what was printed."""
    try:
        yield
    except Exception as failed:
        why = failed.sentence if isinstance(failed, Problem) else type(failed).__name__
        failure = msgspec.json.encode(BackupFailure(clock.now(), why)).decode()
        with contextlib.suppress(OSError):
            keyring.write_private_file(folder / FAILURE_FILE, failure)
        raise


def note_backup(folder: Path, done: LastBackup) -> None:
    """Note the backup in the data folder; where that cannot be written, say so and go on."""
    try:
        keyring.write_private_file(folder / RECORD_FILE, msgspec.json.encode(done).decode())
    except OSError as refused:
        click.echo(
            f"The backup is complete, but {folder} cannot be written ({refused.strerror}), so"
            " `doctor` will not know of it.",
            err=True,
        )


def copy_backup(command: str, path: Path) -> None:
    """Run the operator's command, in which {} stands for the path; raises if it fails."""
    try:
        words = [word.replace("{}", str(path.absolute())) for word in shlex.split(command)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603
    except (OSError, ValueError) as refused:
        raise uncopied_backup(path, str(refused)) from refused
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"it ended with status {done.returncode}"]
        raise uncopied_backup(path, said[-1])


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


def write_backup(dsn: str, path: Path, *, verify: bool = False) -> str:
    """Write a complete backup to this path and return its SHA-256.

    From the first byte on, only its owner can read it. It never replaces a file, and is read back
    (and with `verify` restored on trial) before it gets its name.
    """
    programs = find_dump_programs(bootstrap.run_async(restores.load_server_version(dsn)))
    left_out = [f"--exclude-table-data={table}" for table in EXCLUDED_TABLES]
    try:
        with make_whole_file(path, over=False, mode=OWNER_ONLY) as part:

            def dump(*snapshot: str) -> None:
                run_program(programs, "pg_dump", "-Fc", "-f", str(part), *left_out, *snapshot, dsn)

            if verify:
                check_restored(part, bootstrap.run_async(restores.load_contents_during(dump, dsn)))
            else:
                dump()
            check_readable(programs, part, dsn)
            sha256 = file_sha256(part)
            # Before the backup gets its name: without a checksum, `restore` would refuse it.
            keyring.write_private_file(checksum_path(path), f"{sha256}  {path.name}\n", over=False)
    except FileExistsError as there:
        raise backup_exists(path) from there
    return sha256


def check_restored(path: Path, expected: restores.Contents) -> None:
    """Raise unless the backup, restored into a new server, holds what the database held."""
    # Next to the backup: of all folders this is the one that has to have room for data.
    made = tempfile.TemporaryDirectory(dir=path.parent, prefix=".restored-")
    try:
        with (
            bootstrap.exit_in_order(),
            made as folder,
            embedded.open_server(Path(folder), throwaway=True) as dsn,
        ):
            version = bootstrap.run_async(restores.load_server_version(dsn))
            words = ("--exit-on-error", "--no-owner", "--no-privileges", "-d", dsn, str(path))
            run_program(find_dump_programs(version), "pg_restore", *words)
            restored = bootstrap.run_async(restores.load_contents(dsn))
    except embedded.ServerUnavailable as missing:
        raise untried_backup(str(missing).rstrip(".")) from missing
    for table in EXCLUDED_TABLES:
        expected[table] = restores.NOTHING
    names = expected.keys() | restored.keys()
    if different := sorted(name for name in names if expected.get(name) != restored.get(name)):
        raise differing_backup(", ".join(different))


def checksum_path(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def file_sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
