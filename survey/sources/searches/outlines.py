"""Finds the borough of a coordinate, from the city's boundaries (TopoJSON)."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import msgspec

from survey.places import City
from survey.problems import Problem

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
        for point in (arcs[number] if number >= 0 else arcs[~number][::-1])[1:]
    ]
