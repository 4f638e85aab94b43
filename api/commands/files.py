"""`import`, `export`, `pack-survey`, `unpack-survey` and `figures`: move files in and out."""

import datetime
from pathlib import Path

import click
import msgspec

from api import bootstrap, clock
from api.commands.serving.serve import data_option
from api.process.files import OWNER_ONLY, open_whole_file, open_whole_text, out_option
from api.settings import Settings
from survey.files import delimited
from survey.files.delimited import append_rows
from survey.sources import mappings
from survey.sources.mappings import ColumnMapping
from survey.store.database import Connection

KINDS = ("places", "residents", "deployments", "perception", "survey")
DAY = click.DateTime(["%Y-%m-%d"])
MOST_UNPACKED = 100_000_000_000  # bytes of a survey package
FIGURE_COLUMNS = ("source", "area", "start", "end", "measure", "tactic", "group")


def print_template(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        click.echo(mappings.TEMPLATE.read_text(), nl=False)
        context.exit()


@click.command("import")
@click.argument("kind")
@click.argument("path", required=False)
@click.option(
    "--known-on", type=DAY, help="The day on which this file was published. [default: today]"
)
@click.option(
    "--mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="How to read a file of deployments in no known format: TOML or JSON.",
)
@click.option(
    "--mapping-template",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=print_template,
    help="Print a mapping to fill in.",
)
@data_option
def import_(
    kind: str,
    path: str | None,
    known_on: datetime.datetime | None,
    mapping: Path | None,
    data: Path | None,
) -> None:
    """Import a file: KIND says what it holds, PATH where it is. With --mapping, PATH is enough.

    \b
    places       a folder of areas, populations and boundaries (another city)
    residents    more figures of a census, such as how many adults are disabled, in the columns of
                 a place's populations
    deployments  Met use of force (report by report, or by borough and month), Home Office tables,
                 stop and search of data.police.uk, or a plain CSV
    perception   the MOPAC Public Attitude Survey
    survey       an instrument as JSON; publishing is for ever, a change is a new version

    The format is recognised by its header. A file is saved whole or not at all; a restated file is
    saved as a new version, the old one stays, and what it changes is printed.
    """
    kind, file = parse_kind_and_path(kind, path, mapping)
    day = known_on.date() if known_on else clock.today()
    # Read before the database is started: a file that cannot be read costs nothing.
    content = b"" if file.is_dir() else delimited.load_file(file, streamed=kind == "deployments")
    by = mappings.read_mapping(mapping.name, mapping.read_bytes()) if mapping else None
    for line in bootstrap.run_with_settings(import_file, data, kind, file, content, day, by):
        click.echo(line)


def parse_kind_and_path(kind: str, path: str | None, mapping: Path | None) -> tuple[str, Path]:
    """The kind and path given; with a mapping, a path alone is enough."""
    if path is None and mapping is not None:
        kind, path = "deployments", kind
    if kind not in KINDS:
        raise click.BadParameter(f"{kind!r} is not one of {', '.join(KINDS)}.", param_hint="KIND")
    if path is None:
        raise click.UsageError("Missing argument 'PATH'.")
    if mapping is not None and kind != "deployments":
        raise click.BadParameter("is for deployments.", param_hint="--mapping")
    if not Path(path).exists():
        raise click.BadParameter(f"{path!r} does not exist.", param_hint="PATH")
    if Path(path).is_dir() != (kind == "places"):
        wanted = "a folder" if kind == "places" else "a file"
        raise click.BadParameter(f"{path!r} is not {wanted}.", param_hint="PATH")
    return kind, Path(path)


async def import_file(
    settings: Settings,
    kind: str,
    path: Path,
    content: bytes,
    known_on: datetime.date,
    mapping: ColumnMapping | None = None,
) -> list[str]:
    from api.operations import foundations, imports

    async with bootstrap.connect(settings) as database, database.connection() as connection:
        if kind == "places":
            city = await foundations.load_city(connection, path)
            if (city.time_zone, city.words) == (database.time_zone, database.words):
                return [f"Loaded {city.name}."]
            return [
                f"Loaded {city.name}. Its days begin by the time of {city.time_zone}. An area is "
                f"called {city.words.area}. If the service is running, start it again, so that "
                "its days and its words change too."
            ]
        await foundations.load_foundations(connection)
        if kind == "residents":
            return [await foundations.load_residents(connection, path.name, content)]
        if kind == "survey":
            return await publish_survey(connection, content)
        return await imports.import_figures(
            connection, kind, path.name, content, known_on, mapping=mapping
        )


async def publish_survey(connection: Connection, content: bytes) -> list[str]:
    from api.operations import imports
    from survey.store.surveys import instruments

    instrument = await imports.import_survey(connection, content)
    _, closed = await instruments.get(connection, instrument.slug)
    lines = [f"Published {instrument.slug}, version {instrument.version} ({instrument.mode})."]
    return [*lines, *(["It is closed, as the version before it is."] if closed else [])]


@click.command()
@click.argument("slug")
@click.option("--words", is_flag=True, help="Questions and answers in words instead of codes.")
@click.option(
    "--as-answered",
    is_flag=True,
    help="Answers to earlier versions as they were given, before answers were merged.",
)
@out_option
@data_option
def export(slug: str, *, words: bool, as_answered: bool, out: Path, data: Path | None) -> None:
    """Export the answers to the survey SLUG, without anything a person wrote: as CSV, or in the
    format that --out ends in (.xlsx, .sav, .dta, .parquet, .json).

    A row for each response. With an --out that ends in .zip, .xlsx or .json, there is a table for
    each part that is asked several times besides.
    """
    answers = bootstrap.run_with_settings(
        export_answers, data, slug, out, words=words, as_answered=as_answered
    )
    # To stderr, because stdout may be the table.
    click.echo(f"{answers:,} responses", err=True)


async def export_answers(
    settings: Settings, slug: str, out: Path, *, words: bool, as_answered: bool
) -> int:
    """Write an export to a file; returns how many responses it has."""
    from api.operations import exports, survey_rights
    from survey.store.accounts import people
    from survey.store.answers import counts

    ending = out.suffix.lower().removeprefix(".")
    known = exports.FORMATS.get(ending)
    wanted = exports.WantedExport(
        slug=slug,
        format=known.name if known else "csv",
        words=words,
        as_answered=as_answered,
        every_table=ending == "zip" or bool(known and known.holds_every_table),
    )
    async with bootstrap.connect_both(settings) as (database, read_database):
        async with database.connection() as connection:
            # For the operator too: what the complaint form collects are cases, and never a table.
            await survey_rights.require_right(connection, None, "export", wanted.slug)
            answers = await counts.count_of_past_hours(connection, wanted.slug)
            await people.append_audit(connection, "answers exported", wanted.slug, by=None)
        with open_whole_file(out) as opened:
            async for part in exports.stream_export(read_database, wanted):
                opened.write(part)
    return answers


@click.command("pack-survey")
@click.argument("slug")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The ZIP to write.",
)
@data_option
def pack_survey(slug: str, out: Path, data: Path | None) -> None:
    """Write the survey SLUG with all versions, settings, answers and files as a ZIP that another
    installation takes in.

    Names in what people wrote are masked. The file has the references by which people erase their
    answers: keep it as safely as a backup, and delete it once it is taken in.
    """
    bootstrap.run_with_settings(write_package, data, slug, out)


async def write_package(settings: Settings, slug: str, out: Path) -> None:
    from api.operations import exports, survey_rights
    from survey.store.accounts import people

    async with bootstrap.connect(settings) as database:
        async with database.connection() as connection:
            await survey_rights.require_right(connection, None, "move", slug)
            await people.append_audit(connection, "survey packed", slug, by=None)
        with open_whole_file(out, OWNER_ONLY) as opened:
            async for part in exports.stream_package(database, slug):
                opened.write(part)


@click.command("unpack-survey")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would be stored.")
@click.option("--owner", help="The account that owns the survey, if it is new here.")
@data_option
def unpack_survey(path: Path, *, dry_run: bool, owner: str | None, data: Path | None) -> None:
    """Take in a survey with its answers that another installation packed: all of it or nothing.

    What is here already stays as it is, so the same file can be taken in again. What was erased
    here or there is erased on both sides.
    """
    for line in bootstrap.run_with_settings(take_in_package, data, path, owner, dry_run=dry_run):
        click.echo(line)


async def take_in_package(
    settings: Settings, path: Path, owner: str | None, *, dry_run: bool
) -> list[str]:
    from api.operations.answers import package_intake

    with path.open("rb") as opened:
        package, manifest = package_intake.check_package(opened, MOST_UNPACKED)
        async with bootstrap.connect(settings) as database:
            async with database.connection() as connection:
                person = await package_intake.find_owner(connection, owner) if owner else None
            wanted = package_intake.WantedUnpacking(
                by=None, owner=person, dry_run=dry_run, quarantine=bool(settings.clamd)
            )
            done = await package_intake.unpack_survey(database, package, manifest, wanted)
    return package_intake.unpacking_lines(done, dry_run=dry_run)


@click.command()
@click.option("--as-of", type=DAY, help="As known on this day. [default: today]")
@click.option(
    "--changed-since",
    type=DAY,
    help="Only figures that had another value on this earlier day, with that value.",
)
@click.option("--source", help="The figures of one source.")
@out_option
@data_option
def figures(
    as_of: datetime.datetime | None,
    changed_since: datetime.datetime | None,
    source: str | None,
    out: Path,
    data: Path | None,
) -> None:
    """Write the imported published figures as CSV, as they were known on a day."""
    day = as_of.date() if as_of else clock.today()
    before = changed_since.date() if changed_since else None
    rows = bootstrap.run_with_settings(known_figure_rows, data, day, before, source)
    with open_whole_text(out) as table:
        append_rows(table, rows)
    click.echo(f"figures written: {len(rows) - 1:,}", err=True)


async def known_figure_rows(
    settings: Settings, as_of: datetime.date, before: datetime.date | None, source: str | None
) -> list[list[object]]:
    from survey.store import deployments as store

    async with bootstrap.connect(settings) as database, database.connection() as connection:
        if before:
            versions = (before, store.LAST_IMPORT), (as_of, store.LAST_IMPORT)
            changes = await store.load_restated_between(connection, *versions, source=source)
            return [
                [*FIGURE_COLUMNS, "was", "is"],
                *(
                    [*(getattr(change, name) for name in FIGURE_COLUMNS), change.was, change.now]
                    for change in changes
                ),
            ]
        counts = await store.load_counts(
            connection, datetime.date.min, datetime.date.max, as_of=as_of
        )
        rows = (
            [figure.source, *msgspec.structs.astuple(figure.count)]
            for figure in counts
            if source in (None, figure.source)
        )
        return [[*FIGURE_COLUMNS, "count"], *rows]
