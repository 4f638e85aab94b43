"""`place`: makes the pack of a place, its areas and residents, for `import places`."""

import datetime
import shlex
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click
import msgspec

from api.commands.setup import is_terminal
from survey.files import delimited
from survey.places import USUAL_ZONE, Area, City
from survey.problems import Conflict, Fault, Invalid, Problem
from survey.sources import pack_files, packs, places
from survey.words import WordsTable

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
# The words of a place and what a terminal asks for each.
WORDS = {
    "area": "What an area is called (borough)",
    "areas": "Several of them (boroughs)",
    "area_example": "One of them, as an example",
    "force": "The police force, in a sentence",
    "force_short": "Its short name",
    "body": "The body that oversees it",
    "body_short": "Its short name",
    "postcode": "What a postcode is called",
    "postcode_example": "One of them, as an example",
    "complaints": "Page for complaints about the force (https://...)",
}
POSTCODE_WORDS = ("postcode", "postcode_example")


class PackRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed or answered."""

    name: str
    force: str
    force_code: str
    time_zone: str
    areas: Path
    population: tuple[Path, ...]
    source: str
    published: datetime.datetime | None
    year: int | None
    boundaries: Path | None
    postcodes: Path | None
    groupings: Path | None
    former_names: Path | None
    attribution: tuple[str, ...]
    word: tuple[tuple[str, str], ...]
    out: Path


@click.group()
def place() -> None:
    """Make the pack of a place from open files."""


@place.command()
@click.option("--name", prompt="Name of the place", help="The city or county.")
@click.option("--force", prompt="Police force", help="The force that polices it.")
@click.option("--force-code", default="force", show_default=True, help="The force's code.")
@click.option("--time-zone", prompt="Time zone", default=USUAL_ZONE, help="Of its days.")
@click.option(
    "--areas", prompt="File of areas", type=FILE, help="CSV: code, name and what is known besides."
)
@click.option(
    "--population",
    prompt="File of residents",
    type=FILE,
    multiple=True,
    help="CSV; several times for several tables.",
)
@click.option("--source", default="", help="Who counted, for tables that do not say.")
@click.option("--published", type=click.DateTime(["%Y-%m-%d"]), help="When these were published.")
@click.option("--year", type=int, help="The year that these tables count.")
@click.option("--boundaries", type=FILE, help="GeoJSON of the areas, for maps and neighbours.")
@click.option("--postcodes", type=FILE, help="CSV: district, areas (codes with | between).")
@click.option("--groupings", type=FILE, help="CSV: grouping, code, name, areas (the same).")
@click.option("--former-names", type=FILE, help="CSV: area (its code), name, until (a day).")
@click.option("--attribution", multiple=True, help="A line that a source asks to be printed.")
@click.option(
    "--word",
    type=(click.Choice(tuple(WORDS)), str),
    multiple=True,
    metavar="WORD TEXT",
    help=f"What the place calls something: {', '.join(WORDS)}.",
)
@click.option(
    "--out",
    prompt="Folder to write",
    type=click.Path(path_type=Path),
    help="The folder of the pack; it must not exist.",
)
def add(**given: Any) -> None:
    """Make a pack: the folder that `import places` reads. What is not given is asked.

    A file that cannot be right is refused with its row, and nothing is written. No network is
    used.
    """
    asked = PackRequest(**given)
    if asked.out.exists():
        raise pack_exists(folder=asked.out)
    pack = read_pack(asked)
    files = pack_files.pack_files(pack)
    check_tables(asked, places.read_areas("areas.csv", files["areas.csv"]))
    words = write_pack(files, asked)
    click.echo(
        f"{asked.out} is the pack of {pack.name}: {len(pack.areas)} areas, "
        f"{len(pack.counts):,} counts."
    )
    if not words:
        click.echo("Pages will use the words of London: --word, or a terminal, gives others.")
    folder = shlex.quote(str(asked.out))
    click.echo(f"Look through it, then type: ./soundings import places {folder}")


def read_pack(asked: PackRequest) -> packs.Pack:
    """A pack of the files given; raises where one of them cannot be right."""
    places.check_time_zone(asked.time_zone)
    drafts = packs.read_draft_areas(asked.areas.name, delimited.load_file(asked.areas))
    known = frozenset(draft.code for draft in drafts)
    source = table_source(asked)
    counts = [
        count
        for file in asked.population
        for count in packs.read_residents(file.name, delimited.load_file(file), known, source)
    ]
    tables = ", ".join(file.name for file in asked.population)
    packs.check_totals(tables, counts, [draft.code for draft in drafts])
    return packs.Pack(
        name=asked.name,
        force=asked.force,
        force_code=asked.force_code,
        attribution=asked.attribution,
        time_zone=asked.time_zone,
        areas=drafts,
        counts=tuple(counts),
        outlines=read_boundaries(asked, drafts),
        tables={key: delimited.load_file(file) for key, file in further_tables(asked).items()},
    )


def further_tables(asked: PackRequest) -> dict[str, Path]:
    """The files that a pack takes as they are, by their keys in city.toml."""
    tables = {
        "postcodes": asked.postcodes,
        "groupings": asked.groupings,
        "former_names": asked.former_names,
    }
    return {key: file for key, file in tables.items() if file}


def check_tables(asked: PackRequest, areas: tuple[Area, ...]) -> None:
    """Raise where a further table has a bad row, by the name that its file was given by."""
    readers: dict[str, Callable[[str, bytes], object]] = {
        "postcodes": partial(places.read_districts, known=frozenset(area.code for area in areas)),
        "groupings": partial(places.read_groupings, areas=areas),
        "former_names": partial(places.read_former_names, areas=areas),
    }
    for key, file in further_tables(asked).items():
        readers[key](file.name, delimited.load_file(file))


def table_source(asked: PackRequest) -> packs.TableSource | None:
    """Who counted, for tables that do not say; None unless all of it was given."""
    if not (asked.source and asked.published and asked.year):
        return None
    return packs.TableSource(asked.source, asked.published.date().isoformat(), asked.year)


def read_boundaries(
    asked: PackRequest, drafts: tuple[packs.DraftArea, ...]
) -> dict[str, list[places.Ring]]:
    """The outlines of the areas; none without a file of them."""
    if not asked.boundaries:
        return {}
    raw = delimited.load_file(asked.boundaries)
    return pack_files.read_outlines(asked.boundaries.name, raw, drafts)


def write_pack(files: dict[str, bytes], asked: PackRequest) -> WordsTable | None:
    """Write a pack whole or not at all: it is read as `import places` would before it is named.

    Returns its words, for which a terminal is asked only when nothing else can be refused.
    """
    out = asked.out
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        folder.chmod(0o755)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        words = find_words(asked, places.read_city(folder)[0])
        if words:
            content = files["city.toml"] + pack_files.words_table(words)
            (folder / "city.toml").write_bytes(content)
            places.read_city(folder)
        folder.rename(out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return words


def find_words(asked: PackRequest, city: City) -> WordsTable | None:
    """The words of a city as given, or as answered in a terminal; None if there are neither."""
    given = dict(asked.word)
    if is_terminal():
        return ask_words(usual_words(asked, city), given, city)
    return check_words(usual_words(asked, city) | given, city) if given else None


def usual_words(asked: PackRequest, city: City) -> dict[str, str]:
    """The words that need no asking, and an empty one for each other."""
    words = dict.fromkeys(WORDS, "")
    words |= {"area_example": city.local_areas()[0].name, "force": asked.force}
    return words | ({"postcode": "postcode"} if city.districts else {})


def ask_words(usual: dict[str, str], given: dict[str, str], city: City) -> WordsTable:
    """Ask for each word that was not given; for all of them again while one cannot be used."""
    click.echo("Words of the place. Press Enter for those in brackets, or type - for none.")
    words = usual | given
    askable = [
        name for name in WORDS if city.districts or name not in POSTCODE_WORDS or given.get(name)
    ]
    names = [name for name in askable if name not in given]
    while True:
        words |= {name: ask_word(name, words[name]) for name in names}
        try:
            return check_words(words, city)
        except Problem as refused:
            for fault in refused.faults:
                click.secho(f"{fault.where}: {fault.sentence}", fg="red")
        names = askable


def ask_word(name: str, present: str) -> str:
    # click asks again where there is no default; one that is empty may stay so.
    default = present or (None if name in places.NEEDED_WORDS else "")
    typed = str(click.prompt(WORDS[name], default=default, show_default=bool(present))).strip()
    return "" if typed == "-" else typed


def check_words(words: dict[str, str], city: City) -> WordsTable:
    """The words as a table; raises where one of them cannot be used."""
    table = msgspec.convert(words, WordsTable)
    try:
        places.read_words(table, city)
    except Problem as refused:
        raise wrong_words(city.name, refused.faults) from refused
    return table


def wrong_words(name: str, faults: tuple[Fault, ...]) -> Invalid:
    return Invalid(
        "place.words",
        f"These words of {name} cannot be used.",
        "Give each with --word, or in a terminal, which asks for them. Nothing was written.",
        faults,
    )


pack_exists = Conflict.of(
    "place.exists",
    "{folder} exists.",
    "Give another folder with --out; a pack is never written over.",
)
