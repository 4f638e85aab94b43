"""`report rebuild` and `report inputs`: make an edition again, here or on another machine."""

import hashlib
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from api import opening
from api.code_version import code_version
from api.commands.serve import data_option
from api.commands.whole_file import whole_file
from api.settings import Settings
from survey.editions import Edition
from survey.problems import Invalid

Which = tuple[str, Any, int]


@click.command()
@click.argument("edition", metavar="EDITION")
@click.option("--out", type=click.Path(path_type=Path), help="[default: a name of the edition]")
@data_option
def inputs(edition: str, out: Path | None, data: Path | None) -> None:
    """Write what EDITION (weekly/2007-12-10/1) was made from to a file.

    It holds sums over small groups of people: treat it like the database itself.
    """
    kind, start, number = named(edition)
    with opening.configured(data) as settings:
        body, _ = opening.run(kept(settings, (kind, start, number)))
    file = out or Path(f"soundings-{kind}-{start}-{number}.inputs")
    with whole_file(file) as opened:
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
    """Make EDITION (weekly/2007-12-10/1) again from what it was made from, and compare the hash.

    Nothing is kept. The same code gives the same SHA-256 on any machine; exit code 1 if not.
    """
    if (edition is None) == (file is None):
        raise click.UsageError("Name an edition, or a file with --inputs.")
    if file is not None:
        made, sha256 = remade(file.read_bytes())
        told(made, sha256)
        return
    with opening.configured(data) as settings:
        body, before = opening.run(kept(settings, named(str(edition))))
    made, sha256 = remade(body)
    told(made, sha256)
    if sha256 == before:
        click.secho("The same as the stored edition.", fg="green")
        return
    click.secho(f"The stored edition has {before}: they differ.", fg="red", err=True)
    if made.code_version != code_version():
        click.echo(f"It was made by code {made.code_version}; this is {code_version()}.", err=True)
    sys.exit(1)


def told(made: Edition, sha256: str) -> None:
    click.echo(f"{made.kind.capitalize()} edition {made.number}, {made.start} to {made.end}")
    click.echo(f"SHA-256 {sha256}")


def named(edition: str) -> Which:
    """Kind, first day and number."""
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


def remade(packed: bytes) -> tuple[Edition, str]:
    """The edition of packed inputs, and the hash of its bytes."""
    from analysis import frozen
    from api.jobs import editions

    try:
        made = editions.made_of(frozen.unpacked(packed))
    except (msgspec.MsgspecError, ValueError) as fault:
        raise Invalid(
            "report.inputs",
            "This version cannot read the inputs in this file.",
            "Create it with `soundings report inputs` of the version that made the edition.",
        ) from fault
    return made, hashlib.sha256(msgspec.json.encode(made)).hexdigest()


async def kept(settings: Settings, which: Which) -> tuple[bytes, str]:
    """The packed inputs of an edition, and the hash that it stands under."""
    from survey.store import inputs as store

    async with opening.opened(settings) as database, database.connection() as connection:
        row = await store.get(connection, *which)
    return row["body"], row["sha256"]
