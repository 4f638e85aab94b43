"""`erase`: take back what one reference stands for."""

from pathlib import Path

import click

from api import opening
from api.commands.serve import data_option
from api.settings import Settings


@click.command()
@click.argument("reference")
@data_option
def erase(reference: str, data: Path | None) -> None:
    """Erase the answers or the complaint with this REFERENCE: answers, words, codes and events.

    Where people took words of it as an example for a theme, they leave the codebook too.
    Editions that stand are not changed, later ones no longer count it. The audit keeps that it was
    done, and not what it was. Backups made before still hold it until they are replaced.
    """
    with opening.configured(data) as settings:
        what = opening.run(erased(settings, reference.strip().upper()))
    if what is None:
        raise click.ClickException(f"Nothing has the reference {reference}.")
    click.echo(f"The {what} has been erased.")


async def erased(settings: Settings, reference: str) -> str | None:
    from api import casework
    from survey.store import people

    async with (
        opening.opened(settings) as database,
        database.connection() as connection,
        connection.transaction(),
    ):
        what = await casework.erase(connection, reference)
        if what is not None:
            await people.note(connection, f"{what} erased", "by its reference", by=None)
    return what
