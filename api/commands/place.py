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

from survey.files import delimited
from survey.places import USUAL_ZONE, Area
from survey.problems import Conflict
from survey.sources import pack_files, packs, places

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


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
    write_pack(files, asked.out)
    click.echo(
        f"{asked.out} is the pack of {pack.name}: {len(pack.areas)} areas, "
        f"{len(pack.counts):,} counts."
    )
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


def write_pack(files: dict[str, bytes], out: Path) -> None:
    """Write a pack whole or not at all: it is read as `import places` would before it is named."""
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        folder.chmod(0o755)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        places.read_city(folder)
        folder.rename(out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


pack_exists = Conflict.of(
    "place.exists",
    "{folder} exists.",
    "Give another folder with --out; a pack is never written over.",
)
