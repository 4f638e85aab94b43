"""`report`: makes an edition now; `report rebuild` and `report inputs` make it again elsewhere."""

import datetime
import hashlib
import sys
from pathlib import Path
from typing import get_args

import click
import msgspec

from api import bootstrap, clock
from api.commands.serving.serve import data_option
from api.jobs import kinds
from api.process.files import OWNER_ONLY, open_whole_file
from api.process.installation import code_version
from api.settings import Settings
from survey.editions import Edition
from survey.editions.actions import EditionKey, EditionKind
from survey.editions.refusals import bad_edition_name, unreadable_inputs

EditionAddress = tuple[str, datetime.date, int]


@click.command()
@click.argument("edition", metavar="EDITION")
@click.option("--out", type=click.Path(path_type=Path), help="[default: a name of the edition]")
@data_option
def inputs(edition: str, out: Path | None, data: Path | None) -> None:
    """Write the inputs of EDITION (weekly/2007-12-10/1) to a file.

    They hold sums over small groups of people: protect the file like the database itself.
    """
    kind, start, number = parse_edition_name(edition)
    body, _ = bootstrap.run_with_settings(load_inputs, data, (kind, start, number))
    file = out or Path(f"soundings-{kind}-{start}-{number}.inputs")
    with open_whole_file(file, OWNER_ONLY) as opened:
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
    body, before = bootstrap.run_with_settings(load_inputs, data, parse_edition_name(str(edition)))
    rebuilt, sha256 = rebuild_from_inputs(body)
    print_edition(rebuilt, sha256)
    if sha256 == before:
        click.secho("The same as the stored edition.", fg="green")
        return
    click.secho(f"The stored edition has {before}: they differ.", fg="red", err=True)
    # A part of the inputs: it names the program that made the edition, whichever reads them now.
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
        raise bad_edition_name(edition[:60]) from None


def rebuild_from_inputs(packed: bytes) -> tuple[Edition, str]:
    """The edition made from compressed inputs, and the hash of its bytes."""
    from analysis.editions import decompress_inputs
    from api.jobs.edition_inputs import editions

    try:
        rebuilt = editions.edition_from_inputs(decompress_inputs(packed))
    except (msgspec.MsgspecError, ValueError) as fault:
        raise unreadable_inputs() from fault
    return rebuilt, hashlib.sha256(msgspec.json.encode(rebuilt)).hexdigest()


async def load_inputs(settings: Settings, which: EditionAddress) -> tuple[bytes, str]:
    """The compressed inputs of an edition, and the hash under which it was saved."""
    from survey.store.editions import edition_work as store

    async with bootstrap.connect(settings) as database, database.connection() as connection:
        saved_inputs = await store.get_inputs(connection, *which)
    return saved_inputs.body, saved_inputs.sha256


publish_option = click.option(
    "--publish",
    "public",
    is_flag=True,
    help=("Publish it immediately, without a review on its page."),
)
why_option = click.option(
    "--why",
    default="",
    help="Why there is another edition, where one of the period is published. Readers see it.",
)
as_of_option = click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Take published figures as they were known on this day. [default: today]",
)


@click.group()
def report() -> None:
    """Make the weekly, monthly or outcome edition of the report, publish one, or list them."""


@report.command()
@click.option(
    "--period",
    default="last",
    show_default=True,
    help="'last' week, 'this' week so far, or any day of the week (2007-12-10).",
)
@as_of_option
@why_option
@publish_option
@data_option
def weekly(
    period: str, as_of: datetime.datetime | None, why: str, public: bool, data: Path | None
) -> None:
    """Make the edition of one week: Monday to Sunday, local time. It is a draft at first."""
    today = clock.today()
    named = {"last": kinds.last_week(today), "this": kinds.this_week(today)}
    start = named.get(period) or kinds.this_week(parse_day(period))
    make_and_print("weekly", start, as_of, data, why=why, public=public)


@report.command()
@click.option(
    "--period",
    default="last",
    show_default=True,
    help="'last' month, 'this' month so far, or a month (2023-12).",
)
@as_of_option
@why_option
@publish_option
@data_option
def monthly(
    period: str, as_of: datetime.datetime | None, why: str, public: bool, data: Path | None
) -> None:
    """Make the edition of one month, with published perception and deployments; as a draft."""
    today = clock.today()
    named = {"last": kinds.last_month(today), "this": today.replace(day=1)}
    # Cut to ten characters, so that a day such as 2023-12-24 names its month too.
    start = named.get(period) or parse_day(f"{period}-01"[:10]).replace(day=1)
    make_and_print("monthly", start, as_of, data, why=why, public=public)


@report.command()
@as_of_option
@why_option
@publish_option
@data_option
def outcome(as_of: datetime.datetime | None, why: str, public: bool, data: Path | None) -> None:
    """Make the report on a trial over its whole life, from the ledger's conditions, as a draft."""
    make_and_print("outcome", None, as_of, data, why=why, public=public)


@report.command()
@click.argument("kind", type=click.Choice(get_args(EditionKind)))
@click.argument("start", type=click.DateTime(["%Y-%m-%d"]))
@click.argument("number", type=click.IntRange(1, 1_000_000))
@data_option
def publish(kind: str, start: datetime.datetime, number: int, data: Path | None) -> None:
    """Mark an edition as reviewed and publish it: by kind, first day of its period and number."""
    which = EditionKey(kind, start.date(), number)
    bootstrap.run_with_settings(publish_edition, data, which)
    click.echo(f"Published: /reports/{kind}/{which.start}?number={number}")


@report.command("list")
@data_option
def list_editions(data: Path | None) -> None:
    """List the editions, the newest period first."""
    for line in bootstrap.run_with_settings(edition_lines, data):
        click.echo(line)


report.add_command(rebuild)
report.add_command(inputs)


def parse_day(text: str) -> datetime.date:
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is not a day; write 2007-12-10, or 2007-12 for a month.",
            param_hint="--period",
        ) from None
    if day > clock.today():
        raise click.BadParameter(f"{text} is in the future.", param_hint="--period")
    return day


def make_and_print(
    kind: str,
    start: datetime.date | None,
    as_of: datetime.datetime | None,
    data: Path | None,
    *,
    why: str,
    public: bool,
) -> None:
    known = as_of.date() if as_of else None
    with bootstrap.open_settings(data) as settings:
        edition, sha256 = bootstrap.run_async(make_edition(settings, kind, start, known, why))
        # Apart from making it: an edition that cannot be published is still there as a draft.
        if public:
            which = EditionKey(kind, edition.start, edition.number)
            bootstrap.run_async(publish_edition(settings, which))
    click.secho(
        f"Edition {edition.number} of the {kind} report is saved: {edition.start} to "
        f"{edition.end}.",
        bold=True,
    )
    for sentence in edition.headline:
        click.echo(f"  {sentence}")
    click.echo(f"  {edition.withheld:,} figures are withheld so that no one can be identified.")
    address = f"{kind}/{edition.start}/{edition.number}"
    if public:
        click.echo(f"  Published: /reports/{kind}/{edition.start}   SHA-256: {sha256}")
    else:
        click.echo(f"  Draft: /work/editions/{address}   SHA-256: {sha256}")
        click.echo(f"  Publish it there, or: soundings report publish {address.replace('/', ' ')}")


async def make_edition(
    settings: Settings,
    kind: str,
    start: datetime.date | None,
    as_of: datetime.date | None,
    why: str,
) -> tuple[Edition, str]:
    from api.jobs.edition_inputs import editions
    from api.operations import foundations
    from api.process.long_work import shown_progress

    async with bootstrap.connect(settings) as database, database.connection() as connection:
        # This may be the first command that runs on a new database.
        await foundations.load_foundations(connection)
        async with shown_progress(database, connection), connection.transaction():
            if start is None:
                return await editions.make_outcome(connection, as_of=as_of, why=why)
            return await editions.make_edition(connection, kind, start, as_of=as_of, why=why)


async def publish_edition(settings: Settings, which: EditionKey) -> None:
    from api.jobs import edition_marks

    async with (
        bootstrap.connect(settings) as database,
        database.connection() as connection,
        connection.transaction(),
    ):
        await edition_marks.publish_at_once(connection, which)


async def edition_lines(settings: Settings) -> list[str]:
    from survey.store import editions as reports

    async with bootstrap.connect(settings) as database, database.connection() as connection:
        page = await reports.load_page(connection, None, 200, drafts=True)
    return [
        f"{edition.kind:8} {edition.start} to {edition.end}  edition {edition.number}  "
        f"{edition.sha256[:12]}  {'published' if edition.published_at else 'draft'}"
        for edition in page
    ] or ["There are no editions yet. Make one with `soundings report weekly`."]
