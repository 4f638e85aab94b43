"""`restore`: what `backup` saved, all of it or nothing, by the programs of the server's version."""

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api import bootstrap
from api.commands.backups import (
    check_readable,
    checksum_path,
    damaged_backup,
    file_sha256,
    fitting_folders,
    run_program,
)
from api.commands.serving.serve import data_option
from api.settings import Settings
from survey.problems import Invalid, Unavailable
from survey.store.connections import embedded, refusals, restores

if TYPE_CHECKING:
    from survey.store.answers.erasure import ErasureMark

PATIENCE = 10.0  # seconds in which the connections of a program that just ended are gone


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
            bootstrap.run_async(restores.restore_aside(dsn))
            raise
        click.echo(f"Restored {path}.")
        if again:
            click.echo(f"Erased again, because they were erased after this backup: {again:,}.")
        bootstrap.run_async(print_missing_keys(settings))


def find_restore_programs(path: Path, dsn: str) -> Path:
    """The folder whose pg_restore can read a backup and restore it into this server.

    A backup of a newer PostgreSQL is read by newer programs only. Raises with the message of the
    last program tried if no program can.
    """
    *others, last = fitting_folders(bootstrap.run_async(restores.load_server_version(dsn)))
    for programs in others:
        try:
            check_readable(programs, path, dsn)
        except (Invalid, Unavailable):
            continue
        return programs
    check_readable(last, path, dsn)
    return last


def check_backup(path: Path) -> None:
    """Raise if the file is not as `backup` wrote it, before anything is changed."""
    sums = checksum_path(path)
    expected = sums.read_text(errors="replace").split()[:1] if sums.is_file() else []
    if expected != [file_sha256(path)]:
        raise damaged_backup(path, sums, has_checksum=bool(expected))


def load_erasure_marks(folder: Path) -> list["ErasureMark"]:
    """The erasure marks in the embedded database of another data folder."""
    if not (folder / "postgres").is_dir():
        raise refusals.no_database_in_folder(folder)
    with embedded.open_server(folder / "postgres") as dsn:
        return bootstrap.run_async(restores.load_marks_in(dsn))


async def set_old_data_aside(dsn: str, *, replace: bool) -> None:
    until = time.monotonic() + PATIENCE
    while await restores.count_other_connections(dsn):
        if time.monotonic() > until:
            raise refusals.database_in_use()
        await asyncio.sleep(0.1)
    await restores.restore_aside(dsn)  # where an earlier restore was interrupted
    if not replace and await restores.count_tables(dsn):
        raise refusals.database_not_empty()
    await restores.set_aside(dsn)


async def erase_again(dsn: str, name: str, known: list["ErasureMark"]) -> int:
    """Migrate the restored data, erase again what was erased since, and drop the old data.

    Returns how many were erased again.
    """
    from api.operations import cases
    from survey.store.accounts import people
    from survey.store.answers import erasure
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
