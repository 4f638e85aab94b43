"""Reads a city from a folder: its areas, postcode districts, residents and boundaries."""

import json
from pathlib import Path
from typing import get_args

import msgspec

from survey.margins import Count, Dimension
from survey.places import Area, City, District, Kind
from survey.problems import Fault, bad_cells, unreadable_file
from survey.sources import cells, delimited
from survey.sources.delimited import Row

LONDON = Path(__file__).parent / "cities" / "london"
AREA_COLUMNS = (
    *("code", "name", "short", "kind", "variants"),
    *("police_area", "column", "row", "per_resident"),
)
COUNT_COLUMNS = ("area", "year", "dimension", "category", "persons", "source", "published")


class Folder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """city.toml: what the city is called, whom to name, and which file holds what."""

    name: str
    attribution: list[str]
    areas: str
    populations: str
    postcodes: str = ""
    boundaries: str = ""


def read(folder: Path) -> tuple[City, list[Count], object]:
    """The city, its residents by census, and its boundaries as JSON (None if there are none)."""
    parts = read_folder(folder)
    areas = read_areas(parts.areas, content(folder, parts.areas))
    known = frozenset(area.code for area in areas)
    districts: tuple[District, ...] = ()
    if parts.postcodes:
        districts = read_districts(parts.postcodes, content(folder, parts.postcodes), known)
    counts = read_counts(parts.populations, content(folder, parts.populations), known)
    city = City(
        name=parts.name, areas=areas, districts=districts, attribution=tuple(parts.attribution)
    )
    return city, counts, read_boundaries(folder, parts.boundaries)


def read_folder(folder: Path) -> Folder:
    raw = content(folder, "city.toml")
    try:
        return msgspec.toml.decode(raw, type=Folder)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        expected = "name, attribution, areas and populations (see cities/london/city.toml)"
        raise unreadable_file("city.toml", expected, str(error)) from error


def content(folder: Path, name: str) -> bytes:
    path = folder / name
    if path.name != name or not path.is_file():
        raise unreadable_file(name, f"a file of this name in {folder}", "no such file")
    return delimited.load(path)


def read_areas(name: str, raw: bytes) -> tuple[Area, ...]:
    areas = delimited.parsed(delimited.read(name, raw, columns=AREA_COLUMNS), read_area)
    check_unique(name, "code", [area.code for area in areas])
    return tuple(areas)


def read_area(row: Row) -> Area:
    return Area(
        code=row.take("code", cells.filled),
        name=row.take("name", cells.filled),
        short=row.take("short", cells.filled),
        kind=msgspec.convert(row.take("kind", cells.one_of(get_args(Kind))), Kind),
        variants=tuple(part for part in row.cells["variants"].split("|") if part),
        police_area=row.cells["police_area"],
        column=row.take("column", whole_or_nothing),
        row=row.take("row", whole_or_nothing),
        per_resident=row.take("per_resident", cells.one_of(("yes", "no"))) == "yes",
    )


def whole_or_nothing(text: str) -> int | None:
    return cells.whole(text) if text else None


def read_districts(name: str, raw: bytes, known: frozenset[str]) -> tuple[District, ...]:
    def read_district(row: Row) -> District:
        codes = row.take("areas", cells.filled).split("|")
        for code in codes:
            check_known(row, code, known)
        return District(row.take("district", cells.filled).upper(), tuple(codes))

    table = delimited.read(name, raw, columns=("district", "areas"))
    districts = delimited.parsed(table, read_district)
    check_unique(name, "district", [district.name for district in districts])
    return tuple(districts)


def read_counts(name: str, raw: bytes, known: frozenset[str]) -> list[Count]:
    dimension = cells.one_of(get_args(Dimension))

    def read_count(row: Row) -> Count:
        check_known(row, row.cells["area"], known)
        return Count(
            area=row.cells["area"],
            year=row.take("year", cells.whole),
            dimension=msgspec.convert(row.take("dimension", dimension), Dimension),
            category=row.take("category", cells.filled),
            persons=row.take("persons", cells.whole),
            source=row.take("source", cells.filled),
            published=row.take("published", cells.filled),
        )

    counts = delimited.parsed(delimited.read(name, raw, columns=COUNT_COLUMNS), read_count)
    keys = [f"{c.area} {c.year} {c.dimension} {c.category}" for c in counts]
    check_unique(name, "area, year, dimension, category", keys)
    return counts


def check_known(row: Row, code: str, known: frozenset[str]) -> None:
    if code not in known:
        raise row.wrong(f"{code[:40]!r} is not the code of an area in the table of areas")


def check_unique(name: str, what: str, keys: list[str]) -> None:
    faults = delimited.Faults(name)
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            faults.add(Fault(what, f"{key!r} appears twice"))
        seen.add(key)
    faults.refuse()


def read_boundaries(folder: Path, name: str) -> object:
    if not name:
        return None
    try:
        found: object = json.loads(content(folder, name))
    except ValueError as error:
        raise bad_cells(name, (Fault("the file", f"is not JSON ({error})"),)) from error
    return found
