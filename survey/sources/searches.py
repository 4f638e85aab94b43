"""Stop and search from data.police.uk, counted by area, month and category.

A search is none of the three measures of force: it has a measure and a tactic of its own.
"""

import datetime
import re
import zoneinfo
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

import msgspec

from survey.deployments import DeploymentCount, Import, month_end
from survey.files import cells
from survey.files.cells import SEX, Vocabulary
from survey.files.refusals import unreadable_file
from survey.places import City, outdated_city
from survey.problems import Problem
from survey.sources import imports

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
    """All areas of a city; it remembers answers, because searches share coordinates."""

    def __init__(self, outlines: list[AreaOutline]) -> None:
        self.outlines = outlines
        self.known: dict[Point, str | None] = {}

    def at(self, longitude: float, latitude: float) -> str | None:
        """The area of a coordinate, or None if it is outside all of them."""
        point = (longitude, latitude)
        if point not in self.known:
            found = (outline.area for outline in self.outlines if outline.holds(point))
            self.known[point] = next(found, None)
        return self.known[point]


def crossing_count(ring: Ring, point: Point) -> int:
    """How often a line from the point to the east crosses the ring."""
    x, y = point
    found = 0
    for (ax, ay), (bx, by) in zip(ring, ring[1:] + ring[:1], strict=True):
        # Half open, so that a corner at the height of the point is crossed once, not twice.
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            found += 1
    return found


def city_outlines(city: City) -> CityOutlines:
    """The outlines of the city's boroughs; empty if the city has no boundaries."""
    topology: Any = city.boundaries
    if not topology:
        return CityOutlines([])
    arcs = [list(arc_points(arc, topology.get("transform"))) for arc in topology["arcs"]]
    shapes = [
        shape for one in topology["objects"].values() for shape in one.get("geometries", [one])
    ]
    found = []
    for shape in shapes:
        try:
            area = city.find(str(shape.get("id", ""))).code
        except Problem:
            continue
        polygons = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
        rings = [join_arcs(ring, arcs) for polygon in polygons for ring in polygon]
        found.append(AreaOutline(area, rings))
    return CityOutlines(found)


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


def join_arcs(ring: Sequence[int], arcs: list[list[Point]]) -> Ring:
    """A ring joined from its arcs; a negative number is an arc walked backwards."""
    return [
        point
        for number in ring
        # Each arc begins with the point at which the one before it ended.
        for point in (arcs[number] if number >= 0 else arcs[~number][::-1])[1:]
    ]


SOURCE = "data.police.uk: stop and search"
TACTIC = "stop_search"
FIRST = datetime.date(2000, 1, 1)
LONDON = zoneinfo.ZoneInfo("Europe/London")
FORCE = re.compile(r"^[0-9]{4}-[0-9]{2}-([a-z-]+)-stop-and-search")
AGE = {
    **{band: band for band in ("10-17", "18-24", "25-34")},
    "under 10": "under_10",
    "over 34": "over_34",
    "": "unknown",
}
KIND_OF_SEARCH = {
    "person search": "person",
    "person and vehicle search": "person_and_vehicle",
    "vehicle search": "vehicle",
}
OBJECT = {
    "controlled drugs": "drugs",
    "psychoactive substances": "drugs",
    "offensive weapons": "weapons",
    "firearms": "firearms",
    "stolen goods": "stolen_goods",
    "articles for use in criminal damage": "criminal_damage",
    "evidence of offences under the act": "evidence",
    "anything to threaten or harm anyone": "threat",
    "fireworks": "fireworks",
    "": "unknown",
}
# Two vocabularies of outcomes: until 2016 on the left of each line, and since.
OUTCOME = {
    **dict.fromkeys(
        (
            "nothing found - no further action",
            "suspected psychoactive substances seized - no further action",
            "a no further action disposal",
            "false",
        ),
        "no_further_action",
    ),
    **dict.fromkeys(("suspect arrested", "arrest"), "arrest"),
    **dict.fromkeys(("local resolution", "community resolution"), "community_resolution"),
    **dict.fromkeys(
        ("offender given drugs possession warning", "khat or cannabis warning"), "drugs_warning"
    ),
    **dict.fromkeys(
        ("offender given penalty notice", "penalty notice for disorder"), "penalty_notice"
    ),
    **dict.fromkeys(("suspect summonsed to court", "summons / charged by post"), "summons"),
    **dict.fromkeys(("offender cautioned", "caution (simple or conditional)"), "caution"),
    "article found - detailed outcome unavailable": "article_found",
    "": "unknown",
}


class StopAndSearch(msgspec.Struct, frozen=True, kw_only=True):
    """One search as published; '' where nothing was recorded."""

    when: datetime.datetime
    place: tuple[float, float] | None
    kind: str
    sex: str
    age: str
    self_defined: str
    officer_defined: str
    object: str
    outcome: str

    @property
    def month(self) -> datetime.date:
        """The month of a search in London; the file has UTC times."""
        return self.when.astimezone(LONDON).date().replace(day=1)


def search_vocabularies() -> dict[str, Vocabulary]:
    """The vocabulary that puts each field of a search into categories."""
    return {
        "kind": Vocabulary("search", KIND_OF_SEARCH),
        "sex": Vocabulary("sex", SEX),
        "age": Vocabulary("age", AGE),
        "officer_defined": Vocabulary("ethnicity_officer", cells.OFFICER),
        "self_defined": Vocabulary("ethnicity_self", cells.self_defined_group),
        "object": Vocabulary("object", OBJECT),
        "outcome": Vocabulary("outcome", OUTCOME),
    }


class SearchLocator:
    """Finds the area of a search: a borough, outside the force's area, or not stated."""

    def __init__(self, city: City) -> None:
        self.outlines = city_outlines(city)
        try:
            self.unstated = city.find("not-stated").code
        except Problem:
            raise outdated_city(city.name) from None
        try:
            self.elsewhere = city.find("out-of-force").code
        except Problem:
            # A city may have no area for what lies outside of its force.
            self.elsewhere = self.unstated

    def area(self, search: StopAndSearch) -> str:
        if search.place is None or not self.outlines.outlines:
            return self.unstated
        return self.outlines.at(*search.place) or self.elsewhere


def import_from_searches(
    name: str,
    content: bytes,
    searches: Iterable[StopAndSearch],
    copies: int,
    *,
    city: City,
    known_on: datetime.date,
) -> Import:
    """The import of a file's searches, from which exact copies were already removed."""
    where, words = SearchLocator(city), search_vocabularies()
    tally: Counter[tuple[str, datetime.date, str]] = Counter()
    early = 0
    for search in searches:
        # Part of a month would be read as a month with few searches.
        if month_end(search.month) > known_on:
            early += 1
            continue
        area = where.area(search)
        groups = [one.group(getattr(search, field)) for field, one in words.items()]
        tally.update((area, search.month, group) for group in ("all", *groups))
    if not tally:
        raise unreadable_file(name, f"searches of a month that ended by {known_on}", "none")
    notes = (
        *import_notes(copies, early, tally, where),
        *cells.unknown_word_notes(name, words.values()),
    )
    counts = tuple(search_count(cell, number) for cell, number in sorted(tally.items()))
    return imports.import_from_file(
        source_name(name), name, content, known_on, counts=counts, notes=notes
    )


def import_notes(
    copies: int, early: int, tally: Counter[tuple[str, datetime.date, str]], where: SearchLocator
) -> list[str]:
    unstated = sum(n for (area, _, g), n in tally.items() if (area, g) == (where.unstated, "all"))
    notes = [
        f"Exact copies of another row, not counted: {copies:,}.",
        (
            f"Searches without a place: {unstated:,}. The publisher moves the others to a street "
            "nearby, so a search near a border may be counted in the next borough."
        ),
        "Ethnicity as officers perceived it and as people described it are two separate fields.",
    ]
    if early:
        notes.append(f"Searches of a month that was not over, left out: {early:,}.")
    return notes


def source_name(name: str) -> str:
    """The name of the source; only the file's name says which force published it."""
    force = FORCE.match(name)
    return f"{SOURCE}, {force[1]}" if force else SOURCE


def search_count(cell: tuple[str, datetime.date, str], number: int) -> DeploymentCount:
    area, month, group = cell
    return DeploymentCount(
        area=area,
        start=month,
        end=month_end(month),
        measure="searches",
        tactic=TACTIC,
        group=group,
        count=number,
    )


def parse_moment(text: str) -> datetime.datetime:
    """The time in a cell, with its offset; without one it is UTC."""
    try:
        when = datetime.datetime.fromisoformat(text)
        if when.date() < FIRST:
            raise ValueError
    except ValueError:
        raise ValueError(f"{text[:40]!r} is not a time such as 2023-02-01T00:06:00+00:00") from None
    return when if when.tzinfo else when.replace(tzinfo=datetime.UTC)


def parse_place(longitude: str, latitude: str) -> tuple[float, float] | None:
    """The longitude and latitude of a search; None if either is blank."""
    if not longitude or not latitude:
        return None
    found = cells.parse_decimal(longitude), cells.parse_decimal(latitude)
    if not (-180 <= found[0] <= 180 and -90 <= found[1] <= 90):
        raise ValueError(f"{latitude[:20]!r}, {longitude[:20]!r} is not a place on Earth")
    return found
