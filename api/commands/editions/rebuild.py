"""`report rebuild` and `report inputs`: make an edition again, here or on another machine."""

import hashlib
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from api import bootstrap
from api.commands.backups.whole_file import open_whole_file
from api.commands.serving.serve import data_option
from api.process.code_version import code_version
from api.settings import Settings
from survey.editions.edition import Edition
from survey.problems import Invalid

EditionAddress = tuple[str, Any, int]


@click.command()
@click.argument("edition", metavar="EDITION")
@click.option("--out", type=click.Path(path_type=Path), help="[default: a name of the edition]")
@data_option
def inputs(edition: str, out: Path | None, data: Path | None) -> None:
    """Write the inputs of EDITION (weekly/2007-12-10/1) to a file.

    They hold sums over small groups of people: protect the file like the database itself.
    """
    kind, start, number = parse_edition_name(edition)
    with bootstrap.open_settings(data) as settings:
        body, _ = bootstrap.run_async(load_inputs(settings, (kind, start, number)))
    file = out or Path(f"soundings-{kind}-{start}-{number}.inputs")
    with open_whole_file(file) as opened:
        opened.write(body)
    click.echo(
        f"Written: {file} ({len(body):,} bytes). It contains small groups: protect it like the "
        "data."
    )


@click.command()
@click.argument("edition", required=False, metavar="[EDITION]")
@click.option(
    "--inputs",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file of `report inputs`: no database is needed.",
)
@data_option
def rebuild(edition: str | None, file: Path | None, data: Path | None) -> None:
    """Make EDITION (weekly/2007-12-10/1) again from its inputs, and compare the hash.

    Nothing is saved. The same code gives the same SHA-256 on any machine; exit code 1 if not.
    """
    if (edition is None) == (file is None):
        raise click.UsageError("Name an edition, or a file with --inputs.")
    if file is not None:
        rebuilt, sha256 = rebuild_from_inputs(file.read_bytes())
        print_edition(rebuilt, sha256)
        return
    with bootstrap.open_settings(data) as settings:
        body, before = bootstrap.run_async(load_inputs(settings, parse_edition_name(str(edition))))
    rebuilt, sha256 = rebuild_from_inputs(body)
    print_edition(rebuilt, sha256)
    if sha256 == before:
        click.secho("The same as the stored edition.", fg="green")
        return
    click.secho(f"The stored edition has {before}: they differ.", fg="red", err=True)
    if rebuilt.code_version != code_version():
        click.echo(
            f"It was made by code {rebuilt.code_version}; this is {code_version()}.", err=True
        )
    sys.exit(1)


def print_edition(rebuilt: Edition, sha256: str) -> None:
    click.echo(
        f"{rebuilt.kind.capitalize()} edition {rebuilt.number}, {rebuilt.start} to {rebuilt.end}"
    )
    click.echo(f"SHA-256 {sha256}")


def parse_edition_name(edition: str) -> EditionAddress:
    """Kind, first day and number of an edition written as weekly/2007-12-10/1."""
    from datetime import date

    kind, _, rest = edition.strip("/").partition("/")
    start, _, number = rest.partition("/")
    try:
        return kind, date.fromisoformat(start), int(number)
    except ValueError:
        raise Invalid(
            "report.name",
            f"{edition[:60]!r} is not an edition.",
            "Write kind, first day and number, such as weekly/2007-12-10/1; `soundings report "
            "list` shows them.",
        ) from None


def rebuild_from_inputs(packed: bytes) -> tuple[Edition, str]:
    """The edition made from compressed inputs, and the hash of its bytes."""
    from analysis.editions import serialisation
    from api.jobs.edition_inputs import editions

    try:
        rebuilt = editions.edition_from_inputs(serialisation.decompress(packed))
    except (msgspec.MsgspecError, ValueError) as fault:
        raise Invalid(
            "report.inputs",
            "This version cannot read the inputs in this file.",
            "Create it with `soundings report inputs` of the version that made the edition.",
        ) from fault
    return rebuilt, hashlib.sha256(msgspec.json.encode(rebuilt)).hexdigest()


async def load_inputs(settings: Settings, which: EditionAddress) -> tuple[bytes, str]:
    """The compressed inputs of an edition, and the hash under which it was saved."""
    from survey.store.editions import inputs as store

    async with bootstrap.connect(settings) as database, database.connection() as connection:
        found = await store.get(connection, *which)
    return found.body, found.sha256
