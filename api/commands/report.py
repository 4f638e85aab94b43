"""`report`: make an edition now."""

import datetime
from pathlib import Path

import click

from api import clock, opening
from api.commands.rebuild import inputs, rebuild
from api.commands.serve import data_option
from api.jobs import calendar
from api.settings import Settings
from survey.editions import Edition

as_of_option = click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Take published figures as they were known on this day. [default: today]",
)


@click.group()
def report() -> None:
    """Make the weekly or monthly edition of the report, or list those that stand."""


@report.command()
@click.option(
    "--period",
    default="last",
    show_default=True,
    help="'last' week, 'this' week so far, or any day of the week (2007-12-10).",
)
@as_of_option
@data_option
def weekly(period: str, as_of: datetime.datetime | None, data: Path | None) -> None:
    """Make the edition of one week: Monday to Sunday, London time."""
    today = clock.today()
    named = {"last": calendar.last_week(today), "this": calendar.this_week(today)}
    start = named.get(period) or calendar.this_week(day(period))
    make("weekly", start, as_of, data)


@report.command()
@click.option(
    "--period",
    default="last",
    show_default=True,
    help="'last' month, 'this' month so far, or a month (2023-12).",
)
@as_of_option
@data_option
def monthly(period: str, as_of: datetime.datetime | None, data: Path | None) -> None:
    """Make the edition of one month, with published perception beside deployments."""
    today = clock.today()
    named = {"last": calendar.last_month(today), "this": today.replace(day=1)}
    make("monthly", named.get(period) or day(f"{period}-01"[:10]).replace(day=1), as_of, data)


@report.command("list")
@data_option
def list_(data: Path | None) -> None:
    """List the editions that stand, the newest period first."""
    with opening.configured(data) as settings:
        for line in opening.run(listed(settings)):
            click.echo(line)


report.add_command(rebuild)
report.add_command(inputs)


def day(text: str) -> datetime.date:
    try:
        found = datetime.date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is no day; write 2007-12-10, or 2007-12 for a month.", param_hint="--period"
        ) from None
    if found > clock.today():
        raise click.BadParameter(f"{text} has not come yet.", param_hint="--period")
    return found


def make(
    kind: str, start: datetime.date, as_of: datetime.datetime | None, data: Path | None
) -> None:
    known = as_of.date() if as_of else None
    with opening.configured(data) as settings:
        edition, sha256 = opening.run(made(settings, kind, start, known))
    click.secho(
        f"Edition {edition.number} of the {kind} report is kept: {edition.start} to {edition.end}.",
        bold=True,
    )
    for sentence in edition.headline:
        click.echo(f"  {sentence}")
    click.echo(
        f"  {edition.withheld:,} figures are withheld because too few people stand behind them."
    )
    click.echo(f"  Page: /reports/{kind}/{edition.start}   SHA-256: {sha256}")


async def made(
    settings: Settings, kind: str, start: datetime.date, as_of: datetime.date | None
) -> tuple[Edition, str]:
    from api import seeding
    from api.jobs import editions

    async with opening.opened(settings) as database, database.connection() as connection:
        await seeding.foundations(connection)
        async with connection.transaction():
            return await editions.make(connection, kind, start, as_of=as_of)


async def listed(settings: Settings) -> list[str]:
    from survey.store import reports

    async with opening.opened(settings) as database, database.connection() as connection:
        rows = await reports.page(connection, None, 200)
    return [
        f"{row['kind']:8} {row['start_on']} to {row['end_on']}  edition {row['number']}  "
        f"{row['sha256'][:12]}"
        for row in rows
    ] or ["There is no edition yet. Make one with `soundings report weekly`."]
