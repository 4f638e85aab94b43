"""`erase`: deletes the response or complaint with a reference."""

from pathlib import Path

import click

from api import bootstrap
from api.commands.serving.serve import data_option
from api.settings import Settings


@click.command()
@click.argument("reference")
@data_option
def erase(reference: str, data: Path | None) -> None:
    """Erase the response or complaint with this REFERENCE: answers, words, codes and events.

    Where its words were used as an example for a theme, they are removed from the codebook too.
    Existing editions do not change; later ones no longer count it. The audit log records that
    something was erased, but not what. Backups made before hold it until they are replaced.
    """
    with bootstrap.open_settings(data) as settings:
        what = bootstrap.run_async(erase_and_note(settings, reference.strip().upper()))
    if what is None:
        raise click.ClickException(f"Nothing has the reference {reference}.")
    click.echo(f"The {what} has been erased.")


async def erase_and_note(settings: Settings, reference: str) -> str | None:
    from api.operations import case_commands
    from survey.store.accounts import people

    async with (
        bootstrap.connect(settings) as database,
        database.connection() as connection,
        connection.transaction(),
    ):
        what = await case_commands.erase_reference(connection, reference)
        if what is not None:
            await people.append_audit(connection, f"{what} erased", "by its reference", by=None)
    return what
