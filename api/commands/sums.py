"""`sums`: what editions are made from, compared or rebuilt; `archive`: closed months as files."""

import sys
from pathlib import Path

import click

from api import bootstrap
from api.commands.serving.serve import data_option
from api.process.installation import check_archive
from api.settings import Settings
from survey.store.database import Connection


@click.command()
@click.option("--rebuild", is_flag=True, help="Save the sums that were calculated from scratch.")
@click.option("--archive", is_flag=True, help="Calculate closed months from their Parquet files.")
@data_option
def sums(rebuild: bool, archive: bool, data: Path | None) -> None:
    """Rebuild the sums from all answers and compare them with the saved ones.

    Editions read the sums and never the answers. The two agree unless the database was changed by
    hand. With --archive, months that are in the archive are calculated from their files, on the
    cluster of SOUNDINGS_SCHEDULER if there are many answers; the sums are the same.
    """
    with bootstrap.open_settings(data) as settings:
        if archive and not settings.archive:
            raise click.ClickException("Set SOUNDINGS_ARCHIVE to a folder or an address first.")
        if archive:
            check_archive(settings.archive)
        place = settings.archive if archive else ""
        responses, apart = bootstrap.run_async(compare_sums(settings, place, keep=rebuild))
    summary = f"{responses:,} responses. Cells that differ from those stored: {apart:,}."
    click.echo(summary if not rebuild else f"{summary} The sums are calculated again.")
    if apart and not rebuild:
        click.echo("Run it with --rebuild to save the sums calculated from scratch.")
        sys.exit(1)


async def compare_sums(settings: Settings, place: str, *, keep: bool) -> tuple[int, int]:
    """How many responses there are, and how many cells differ; `keep` saves the new sums.

    Months that are written at `place` are calculated from their files.
    """
    from survey.store.answers import sums as store

    async with bootstrap.connect(settings) as database, database.connection() as connection:
        # By hand: a comparison ends without an error, and is rolled back all the same.
        transaction = connection.transaction()
        await transaction.start()
        await store.lock_sums(connection)
        # What still waits is added first, or it would count as a difference.
        while await store.sum_batch(connection, 500):
            pass
        before = {cell.alike: cell for cell in await store.load_all(connection)}
        responses = await rebuild_sums(connection, place)
        after = {cell.alike: cell for cell in await store.load_all(connection)}
        await (transaction.commit() if keep else transaction.rollback())
    return responses, sum(before.get(one) != after.get(one) for one in before.keys() | after.keys())


async def rebuild_sums(connection: Connection, place: str) -> int:
    """Rebuild all sums; returns how many responses."""
    from api.operations import closed_months
    from survey.store.answers import sums as store

    if not place:
        return await store.rebuild(connection)
    found = await closed_months.rebuild_sums(connection, place)
    click.echo(f"Months calculated from the archive: {found.months:,}.")
    return found.responses


@click.command()
@data_option
def archive(data: Path | None) -> None:
    """Write each month that is over as Parquet, where SOUNDINGS_ARCHIVE says, and list all months.

    Only what an edition needs: groups of people, borough, days of a week, how they were drawn and
    their agreement, never words, references or hours. The worker does the same every working day,
    and within minutes for a month of which an answer was erased or corrected. The files hold single
    answers: store them as safely as the database.
    """
    with bootstrap.open_settings(data) as settings:
        if not settings.archive:
            raise click.ClickException("Set SOUNDINGS_ARCHIVE to a folder or an address first.")
        check_archive(settings.archive)
        bootstrap.run_async(write_closed_months(settings))


async def write_closed_months(settings: Settings) -> None:
    from api import clock
    from api.operations import closed_months
    from survey.store.answers import archive_months

    more = True
    async with bootstrap.connect(settings) as database:
        while more:
            async with database.connection() as connection, connection.transaction():
                more = await closed_months.update_archive(
                    connection, settings.archive, clock.today()
                )
        async with database.connection() as connection:
            written = await archive_months.load_months(connection)
    for one in written:
        where = "" if one.place == settings.archive else f", in {one.place}"
        click.echo(
            f"{one.month:%B %Y}: {one.persons:,} people, files: {len(one.files):,}, written on"
            f" {one.written_on:%-d %b %Y}{where}."
        )
    click.echo(f"Closed months that are written: {len(written):,}.")
