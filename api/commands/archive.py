"""`archive`: writes closed months of answers as Parquet files."""

from pathlib import Path

import click

from api import bootstrap
from api.commands.serving.serve import data_option
from api.process.installation import check_archive
from api.settings import Settings


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
