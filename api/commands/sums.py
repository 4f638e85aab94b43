"""`sums`: compares the sums that editions are made from with the answers, or rebuilds them."""

import sys
from pathlib import Path

import click

from api import bootstrap
from api.commands.serving.serve import data_option
from api.settings import Settings


@click.command()
@click.option("--rebuild", is_flag=True, help="Save the sums that were calculated from scratch.")
@data_option
def sums(rebuild: bool, data: Path | None) -> None:
    """Rebuild the sums from all answers and compare them with the saved ones.

    Editions read the sums and never the answers. The two agree unless the database was changed by
    hand.
    """
    with bootstrap.open_settings(data) as settings:
        responses, apart = bootstrap.run_async(compare_sums(settings, keep=rebuild))
    summary = f"{responses:,} responses. Cells that differ from those stored: {apart:,}."
    click.echo(summary if not rebuild else f"{summary} The sums are calculated again.")
    if apart and not rebuild:
        click.echo("Run it with --rebuild to save the sums calculated from scratch.")
        sys.exit(1)


async def compare_sums(settings: Settings, *, keep: bool) -> tuple[int, int]:
    """How many responses there are, and how many cells differ; `keep` saves the new sums."""
    from survey.store.surveys import sums as store

    async with bootstrap.connect(settings) as database, database.connection() as connection:
        # By hand: a comparison ends without an error, and is rolled back all the same.
        transaction = connection.transaction()
        await transaction.start()
        # What still waits is added first, or it would count as a difference.
        while await store.sum_batch(connection, 500):
            pass
        before = {cell.alike: cell for cell in await store.load_all(connection)}
        responses = await store.rebuild(connection)
        after = {cell.alike: cell for cell in await store.load_all(connection)}
        await (transaction.commit() if keep else transaction.rollback())
    return responses, sum(before.get(one) != after.get(one) for one in before.keys() | after.keys())
