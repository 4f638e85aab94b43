"""Reads a city from a folder: areas, districts, residents and outlines, and finds the area in which
a point lies.
"""

import datetime
import json
import re
import zoneinfo
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar, get_args

import msgspec

from survey.files import cells, delimited
from survey.files.delimited import DelimitedRow
from survey.files.refusals import bad_cells, unreadable_file
from survey.places import (
    USUAL_ZONE,
    Area,
    AreaGroup,
    AreaKind,
    City,
    District,
    FormerName,
    Grouping,
    PopulationDimension,
    ResidentCount,
    area_names,
    comparable_name,
)
from survey.problems import Fault, Problem
from survey.surveys.instruments import KINDS
from survey.words import Words, WordsTable

Part = TypeVar("Part")
CITIES = Path(__file__).parent / "cities"
LONDON, WEST_MIDLANDS = CITIES / "london", CITIES / "west-midlands"
AREA_COLUMNS = (
    *("code", "name", "short", "kind", "variants"),
    *("police_area", "column", "row", "per_resident"),
)
WINTER, SUMMER = (datetime.datetime(2026, month, 1, tzinfo=datetime.UTC) for month in (1, 7))
LANGUAGE_CODE = re.compile(r"[a-z]{2,3}")
ADDRESS = re.compile(r"https://[!#-;=?-Z_a-z~]{3,500}")
NEEDED_WORDS = {"area", "areas", "area_example", "force", "body"}
NOT_IN_WORDS = set('{}%<>&"()[]*+?|^$\\')
LONGEST_WORD = 100
GROUP_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
COUNT_COLUMNS = ("area", "year", "dimension", "category", "persons", "source", "published")
# Whoever is counted is in one of these; a file that lacks one makes the others' shares too large.
GROUPS: Mapping[PopulationDimension, tuple[str, ...]] = {
    "ethnicity": KINDS["ethnicity"],
    "disability": KINDS["disability"],
}
CATEGORIES: Mapping[PopulationDimension, re.Pattern[str]] = {
    "total": re.compile("all"),
    "age_sex": re.compile(rf"({'|'.join(KINDS['sex'])}) (\d{{1,2}}-\d{{1,3}}|\d{{1,3}}\+)"),
    **{dimension: re.compile("|".join(groups)) for dimension, groups in GROUPS.items()},
}


class CityFolder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of city.toml: the city's name, its attribution, the file for each part, the time
    zone by which its days begin, and what it calls things.
    """

    name: str
    attribution: list[str]
    areas: str
    populations: str
    postcodes: str = ""
    boundaries: str = ""
    groupings: str = ""
    former_names: str = ""
    time_zone: str = USUAL_ZONE
    words: WordsTable | None = None


def read_city(folder: Path) -> tuple[City, list[ResidentCount], object]:
    """The city, its residents by census, and its boundaries as JSON (None if there are none)."""
    try:
        parts = msgspec.toml.decode(load_part(folder, "city.toml"), type=CityFolder)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        expected = "name, attribution, areas and populations (see cities/london/city.toml)"
        raise unreadable_file("city.toml", expected, str(error)) from error
    check_time_zone(parts.time_zone)
    # First, as the other tables may only name codes that are in it.
    areas = read_areas(parts.areas, load_part(folder, parts.areas))
    known = frozenset(area.code for area in areas)
    counts = read_counts(parts.populations, load_part(folder, parts.populations), known)

    def read_named(name: str, read: Callable[[str, bytes], tuple[Part, ...]]) -> tuple[Part, ...]:
        return read(name, load_part(folder, name)) if name else ()

    city = City(
        name=parts.name,
        areas=areas,
        districts=read_named(parts.postcodes, partial(read_districts, known=known)),
        groupings=read_named(parts.groupings, partial(read_groupings, areas=areas)),
        former_names=read_named(parts.former_names, partial(read_former_names, areas=areas)),
        attribution=tuple(parts.attribution),
        time_zone=parts.time_zone,
    )
    if parts.words:
        city = msgspec.structs.replace(city, words=read_words(parts.words, city))
    return city, counts, read_boundaries(folder, parts.boundaries)


def check_time_zone(name: str) -> None:
    # Of a moment its hour is stored, which a restore checks by the server's time: where clocks are
    # half an hour apart from it, no hour would be whole.
    if name not in zoneinfo.available_timezones() or any(
        day.astimezone(zoneinfo.ZoneInfo(name)).minute for day in (WINTER, SUMMER)
    ):
        expected = "a time zone such as Europe/London, whole hours from UTC"
        raise unreadable_file("city.toml", expected, name)


def read_words(given: WordsTable, city: City) -> Words:
    """The words of a city. Each is put into sentences and pages, so it is one line without signs
    that mean something there; the examples are an area and a postcode of the city.
    """
    faults = delimited.Faults("city.toml, words")
    for name, text in given.texts().items():
        if not text.strip() and (name in NEEDED_WORDS or "," in name):
            faults.add(Fault(name, "is empty"))
        elif len(text) > LONGEST_WORD or not text.isprintable() or set(text) & NOT_IN_WORDS:
            signs = " ".join(sorted(NOT_IN_WORDS))
            faults.add(Fault(name, f"is longer than {LONGEST_WORD} signs, or has one of {signs}"))
    for language in given.translated:
        if not LANGUAGE_CODE.fullmatch(language):
            faults.add(Fault(f"translated.{language[:20]}", "is not the code of a language"))
    if given.complaints and not ADDRESS.fullmatch(given.complaints):
        faults.add(Fault("complaints", "is not an address that begins with https://"))
    example = next((area for area in city.local_areas() if area.name == given.area_example), None)
    if example is None:
        faults.add(Fault("area_example", "is not the name of an area in which residents live"))
    if {bool(given.postcode), bool(given.postcode_example)} != {bool(city.districts)}:
        needed = "a city with a file of postcodes needs postcode and postcode_example, others none"
        faults.add(Fault("postcode", needed))
    elif city.districts and not city.find_district(given.postcode_example):
        faults.add(Fault("postcode_example", "is in no district of the file of postcodes"))
    faults.refuse()
    return Words(
        **msgspec.structs.asdict(given)
        | {"city": city.name, "code_example": example.code if example else ""}
        | {"force_short": given.force_short or given.force}
        | {"body_short": given.body_short or given.body, "postcode": given.postcode or "postcode"}
    )


def load_part(folder: Path, name: str) -> bytes:
    path = folder / name
    # A bare name only: a city.toml from elsewhere must not read files outside of its folder.
    if path.name != name or not path.is_file():
        raise unreadable_file(name, f"a file of this name in {folder}", "no such file")
    return delimited.load_file(path)


def read_areas(name: str, raw: bytes) -> tuple[Area, ...]:
    areas = delimited.parse_rows(delimited.read_table(name, raw, columns=AREA_COLUMNS), read_area)
    check_unique(name, "code", [area.code for area in areas])
    return tuple(areas)


def read_area(row: DelimitedRow) -> Area:
    return Area(
        code=row.take("code", cells.parse_filled),
        name=row.take("name", cells.parse_filled),
        short=row.take("short", cells.parse_filled),
        kind=msgspec.convert(row.take("kind", cells.choice_parser(get_args(AreaKind))), AreaKind),
        variants=tuple(part for part in row.cells["variants"].split("|") if part),
        police_area=row.cells["police_area"],
        column=row.take("column", parse_optional_whole),
        row=row.take("row", parse_optional_whole),
        per_resident=row.take("per_resident", cells.choice_parser(("yes", "no"))) == "yes",
    )


def parse_optional_whole(text: str) -> int | None:
    return cells.parse_whole(text) if text else None


def read_districts(name: str, raw: bytes, known: frozenset[str]) -> tuple[District, ...]:
    def read_district(row: DelimitedRow) -> District:
        codes = row.take("areas", cells.parse_filled).split("|")
        for code in codes:
            check_known(row, code, known)
        return District(row.take("district", cells.parse_filled).upper(), tuple(codes))

    table = delimited.read_table(name, raw, columns=("district", "areas"))
    districts = delimited.parse_rows(table, read_district)
    check_unique(name, "district", [district.name for district in districts])
    return tuple(districts)


def read_groupings(name: str, raw: bytes, areas: tuple[Area, ...]) -> tuple[Grouping, ...]:
    """Groups of areas by grouping, in the order of the file."""
    local = frozenset(area.code for area in areas if area.is_local)

    def read_group(row: DelimitedRow) -> tuple[str, AreaGroup]:
        codes = row.take("areas", cells.parse_filled).split("|")
        for code in codes:
            check_known(row, code, local)
        code = row.take("code", cells.parse_filled)
        if not GROUP_CODE.fullmatch(code):
            raise row.wrong(f"{code[:40]!r} must be small letters, digits and dashes")
        group = AreaGroup(code, row.take("name", cells.parse_filled), tuple(codes))
        return row.take("grouping", cells.parse_filled), group

    table = delimited.read_table(name, raw, columns=("grouping", "code", "name", "areas"))
    rows = delimited.parse_rows(table, read_group)
    check_unique(name, "code", [group.code for _, group in rows])
    keys = [f"{of} {code}" for of, group in rows for code in group.areas]
    check_unique(name, "grouping, area", keys)
    return tuple(
        Grouping(of, tuple(group for grouping, group in rows if grouping == of))
        for of in dict.fromkeys(grouping for grouping, _ in rows)
    )


def read_former_names(name: str, raw: bytes, areas: tuple[Area, ...]) -> tuple[FormerName, ...]:
    """What areas were called before they were renamed; no such name may be another area's, or a
    file that has it would be read as the wrong one.
    """
    local = frozenset(area.code for area in areas if area.is_local)
    owners = {given: area.code for area in areas for given in area_names(area)}

    def read_former_name(row: DelimitedRow) -> FormerName:
        code = row.take("area", cells.parse_filled)
        check_known(row, code, local)
        former = row.take("name", cells.parse_filled)
        if owners.setdefault(comparable_name(former), code) != code:
            raise row.wrong(f"{former[:40]!r} is also a name of another area")
        return FormerName(code, former, row.take("until", cells.parse_day))

    table = delimited.read_table(name, raw, columns=("area", "name", "until"))
    names = delimited.parse_rows(table, read_former_name)
    check_unique(name, "area, until", [f"{former.area} {former.until}" for former in names])
    return tuple(names)


def read_counts(name: str, raw: bytes, known: frozenset[str]) -> list[ResidentCount]:
    dimension = cells.choice_parser(get_args(PopulationDimension))

    def read_count(row: DelimitedRow) -> ResidentCount:
        check_known(row, row.cells["area"], known)
        counted = msgspec.convert(row.take("dimension", dimension), PopulationDimension)
        category = row.take("category", cells.parse_filled)
        if not CATEGORIES[counted].fullmatch(category):
            raise row.wrong(f"{category[:40]!r} is not a category of {counted!r}")
        return ResidentCount(
            area=row.cells["area"],
            year=row.take("year", cells.parse_whole),
            dimension=counted,
            category=category,
            persons=row.take("persons", cells.parse_whole),
            source=row.take("source", cells.parse_filled),
            published=row.take("published", cells.parse_filled),
        )

    counts = delimited.parse_rows(
        delimited.read_table(name, raw, columns=COUNT_COLUMNS), read_count
    )
    keys = [f"{c.area} {c.year} {c.dimension} {c.category}" for c in counts]
    check_unique(name, "area, year, dimension, category", keys)
    categories = defaultdict[tuple[str, int, PopulationDimension], set[str]](set)
    for count in counts:
        categories[count.area, count.year, count.dimension].add(count.category)
    faults = delimited.Faults(name)
    for (area, year, counted), given in categories.items():
        for missing in sorted({*GROUPS.get(counted, ())} - given):
            faults.add(Fault(f"{area}, {year}, {counted}", f"has no row for {missing!r}"))
    faults.refuse()
    return counts


def check_known(row: DelimitedRow, code: str, known: frozenset[str]) -> None:
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
        boundaries: object = json.loads(load_part(folder, name))
    except ValueError as error:
        raise bad_cells(name, (Fault("the file", f"is not JSON ({error})"),)) from error
    return boundaries


Point = tuple[float, float]  # longitude, latitude
Ring = list[Point]


class AreaOutline(msgspec.Struct, frozen=True, dict=True):
    """One area with all its rings; a hole is a ring inside another."""

    area: str
    rings: list[Ring]

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        east = [x for ring in self.rings for x, _ in ring]
        north = [y for ring in self.rings for _, y in ring]
        return min(east), min(north), max(east), max(north)

    def holds(self, point: Point) -> bool:
        west, south, east, north = self.box
        # The box rules out nearly all areas without walking along their borders.
        if not (west <= point[0] <= east and south <= point[1] <= north):
            return False
        return sum(crossing_count(ring, point) for ring in self.rings) % 2 == 1


class CityOutlines:
    """All areas of a city; it remembers the area of each coordinate, as searches share them."""

    def __init__(self, outlines: list[AreaOutline]) -> None:
        self.outlines = outlines
        self.known: dict[Point, str | None] = {}

    def at(self, longitude: float, latitude: float) -> str | None:
        """The area of a coordinate, or None if it is outside all of them."""
        point = (longitude, latitude)
        if point not in self.known:
            areas = (outline.area for outline in self.outlines if outline.holds(point))
            self.known[point] = next(areas, None)
        return self.known[point]


def crossing_count(ring: Ring, point: Point) -> int:
    """How often a line from the point to the east crosses the ring."""
    x, y = point
    crossings = 0
    for (ax, ay), (bx, by) in zip(ring, ring[1:] + ring[:1], strict=True):
        # Half open, so that a corner at the height of the point is crossed once, not twice.
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            crossings += 1
    return crossings


def city_outlines(city: City) -> CityOutlines:
    """The outlines of the city's boroughs; empty if the city has no boundaries."""
    topology: Any = city.boundaries
    if not topology:
        return CityOutlines([])
    arcs = [list(arc_points(arc, topology.get("transform"))) for arc in topology["arcs"]]
    shapes = [
        shape
        for collection in topology["objects"].values()
        for shape in collection.get("geometries", [collection])
    ]
    outlines = []
    for shape in shapes:
        try:
            area = city.find(str(shape.get("id", ""))).code
        except Problem:
            continue
        polygons = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
        rings = [
            [
                point
                for number in ring
                # Each arc begins with the point at which the one before it ended.
                for point in (arcs[number] if number >= 0 else arcs[~number][::-1])[1:]
            ]
            for polygon in polygons
            for ring in polygon
        ]
        outlines.append(AreaOutline(area, rings))
    return CityOutlines(outlines)


def arc_points(arc: Sequence[Sequence[float]], transform: Any) -> Iterator[Point]:
    """An arc's points in degrees; with a transform each is a step from the one before."""
    if not transform:
        yield from ((point[0], point[1]) for point in arc)
        return
    (scale_x, scale_y), (move_x, move_y) = transform["scale"], transform["translate"]
    x = y = 0.0
    for point in arc:
        x, y = x + point[0], y + point[1]
        yield x * scale_x + move_x, y * scale_y + move_y
