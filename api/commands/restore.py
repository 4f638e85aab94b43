"""`restore`: all of a backup or nothing, and what was erased since stays erased."""

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import click

from api import opening
from api.commands.backup import beside, hash_of, run_program
from api.commands.serve import data_option
from api.settings import Settings
from survey.problems import Conflict, Invalid, NotFound

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
    """Bring back what `backup` wrote to PATH: all of it or nothing.

    A file that does not match the SHA-256 beside it is refused. With --replace, what was erased
    in the database that is replaced is erased in the restored one too; --erased-in does so for a
    restore into a new folder. Stop `serve` and `worker` first.
    """
    check_whole(path)
    known = marks_in(erased_in) if erased_in else []
    with opening.configured(data) as settings:
        dsn = settings.database_url
        opening.run(make_room(dsn, replace=replace))
        try:
            arguments = ("--single-transaction", "--exit-on-error", "--no-owner", "-d", dsn)
            run_program("pg_restore", *arguments, str(path))
            again = opening.run(erase_again(dsn, path.name, known))
        except BaseException:
            opening.run(bring_back(dsn))
            raise
        click.echo(f"Restored {path}.")
        if again:
            click.echo(f"Erased again, because they were erased after this backup: {again:,}.")
        opening.run(say_what_else_is_needed(settings))


def check_whole(path: Path) -> None:
    """Refuse a file that is not as it was written, before anything is touched."""
    sums = beside(path)
    expected = sums.read_text(errors="replace").split()[:1] if sums.is_file() else []
    if expected != [hash_of(path)]:
        raise Invalid(
            "backup.damaged",
            f"{path} does not match the SHA-256 in {sums.name}."
            if expected
            else f"There is no {sums.name} with the SHA-256 of {path.name} next to it.",
            "Copy both files again from where they were written; nothing was changed.",
        )
    run_program("pg_restore", "-f", os.devnull, str(path))


def marks_in(folder: Path) -> list[Any]:
    """The marks of what was erased in an embedded database that stands elsewhere."""
    from survey.store import embedded, restoring

    if not (folder / "postgres").is_dir():
        raise NotFound("restore.no_data", f"There is no database in {folder}.", "Give its folder.")
    with embedded.serving(folder / "postgres") as dsn:
        return opening.run(restoring.marks_of(dsn))


async def make_room(dsn: str, *, replace: bool) -> None:
    from survey.store import restoring

    until = time.monotonic() + PATIENCE
    while await restoring.others(dsn):
        if time.monotonic() > until:
            raise Conflict(
                "database.in_use",
                "Something else is connected to this database.",
                "Stop `serve` and `worker` first; nothing was changed.",
            )
        await asyncio.sleep(0.1)
    await restoring.bring_back(dsn)  # where an earlier restore was interrupted
    if not replace and await restoring.tables(dsn):
        raise Conflict(
            "database.not_empty",
            "This database is not empty.",
            "Give --replace to replace it, or --data with a new folder.",
        )
    await restoring.set_aside(dsn)


async def bring_back(dsn: str) -> None:
    from survey.store import restoring

    await restoring.bring_back(dsn)


async def erase_again(dsn: str, name: str, known: list[Any]) -> int:
    """Bring the schema up to date, erase what was erased since, and drop what was set aside."""
    from api import casework
    from survey.store import erasure_marks, people, restoring
    from survey.store.database import open_database

    marks = [*await restoring.marks_aside(dsn), *known]
    async with (
        open_database(dsn, restoring=True) as database,
        database.connection() as connection,
        connection.transaction(),
    ):
        await erasure_marks.insert_marks(connection, marks)
        references = await erasure_marks.references_erased(connection)
        for reference in references:
            await casework.erase(connection, reference)
        await people.note(connection, "backup restored", name, by=None)
        await restoring.drop_aside(connection)
    return len(references)


async def say_what_else_is_needed(settings: Settings) -> None:
    """The backup holds no keys: say so where addresses cannot be opened without the old ones."""
    from api.commands.doctor import contacts_closed

    async with opening.opened(settings) as database, database.connection() as connection:
        for finding in await contacts_closed(connection, settings):
            click.secho(finding.what, fg="red")
            click.echo(finding.remedy)
    if not settings.secret and not (settings.data / "secret").exists():
        click.echo(
            "The secret used to sign forms is not in the backup either; without it a new one is "
            "created."
        )
