"""Prints the manifest: `python -P -m tests.house.manifest`; `--add` keeps what is new."""

import asyncio
import sys
import tempfile
from pathlib import Path

import asyncpg
import click

from api.app import build
from api.settings import Settings
from survey.store import database
from survey.store.connections import embedded
from tests.house.manifest import Manifest, keep_new
from tests.house.manifest.reached import reached


async def load_reached() -> Manifest:
    """The manifest of today, with the tables of a new database."""
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded.open_server(Path(folder), throwaway=True) as dsn,
    ):
        connection = await asyncpg.connect(dsn)
        await database.set_json_codec(connection)
        await database.migrate(connection)
        found = await reached(build(Settings()), connection)
        await connection.close()
        return found


if __name__ == "__main__":
    today = asyncio.run(load_reached())
    for kind, lines in today.items():
        click.echo("\n".join((f"# {kind}", *sorted(lines), "")))
    if "--add" in sys.argv:
        keep_new(today)
