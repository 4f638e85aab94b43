"""`import` and `export`: files in and out."""

import csv
import datetime
import sys
from pathlib import Path
from typing import IO, Any

import click

from api import clock, opening
from api.commands.serve import data_option
from api.settings import Settings
from survey.sources import delimited


@click.command("import")
@click.argument("kind", type=click.Choice(["places", "deployments", "perception", "survey"]))
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--known-on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day on which this file was published. [default: today]",
)
@data_option
def import_(kind: str, path: Path, known_on: datetime.datetime | None, data: Path | None) -> None:
    """Import a file: KIND says what it holds, PATH where it is.

    \b
    places       a folder of areas, populations and boundaries (another city)
    deployments  Met use of force by borough and month, Home Office tables, or a plain CSV
    perception   the MOPAC Public Attitude Survey
    survey       an instrument as JSON; publishing is for ever, a change is a new version

    The format is recognised by its header. A file is kept whole or not at all; a restated file is
    kept as a new version beside the old one.
    """
    day = known_on.date() if known_on else clock.today()
    content = b"" if path.is_dir() else delimited.load(path)
    with opening.configured(data) as settings:
        for line in opening.run(imported(settings, kind, path, content, day)):
            click.echo(line)


async def imported(
    settings: Settings, kind: str, path: Path, content: bytes, known_on: datetime.date
) -> list[str]:
    from api import importing, seeding

    async with opening.opened(settings) as database, database.connection() as connection:
        if kind == "places":
            return [f"Loaded {await seeding.load_city(connection, path)}."]
        await seeding.foundations(connection)
        if kind == "survey":
            return [await importing.survey(connection, content)]
        return await importing.figures(connection, kind, path.name, content, known_on)


@click.command()
@click.argument("slug")
@click.option(
    "--out", type=click.File("w", encoding="utf-8"), default="-", help="[default: stdout]"
)
@data_option
def export(slug: str, out: IO[str], data: Path | None) -> None:
    """Export the answers to the survey SLUG as CSV, without anything a person wrote."""
    with opening.configured(data) as settings:
        rows = opening.run(exported(settings, slug))
    writer = csv.writer(out)
    writer.writerows(rows)
    click.echo(f"{len(rows) - 1:,} responses", err=out is not sys.stdout)


async def exported(settings: Settings, slug: str) -> list[list[Any]]:
    from api import exporting
    from survey.store import people

    async with opening.opened(settings) as database, database.connection() as connection:
        rows = await exporting.responses_to(connection, slug)
        await people.note(connection, "answers exported", slug, by=None)
    return rows
