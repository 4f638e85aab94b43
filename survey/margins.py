"""Population margins: how many residents of each kind an area has, with source and date."""

from typing import Literal

import msgspec

Dimension = Literal["total", "age_sex", "ethnicity"]


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """Residents of one category of one area at one census.

    `category` is 'all' for the total, 'female 15-19' for age by sex,
    'white', 'mixed', 'asian', 'black' or 'other' for ethnicity.
    """

    area: str
    year: int
    dimension: Dimension
    category: str
    persons: int
    source: str
    published: str


class Population(msgspec.Struct, frozen=True, kw_only=True):
    """A count for the year asked for, and how it was come by."""

    area: str
    year: int
    dimension: Dimension
    category: str
    persons: float
    basis: str


def at_year(counts: list[Count], year: int) -> list[Population]:
    """Counts for any year: straight line between two censuses, the nearest one outside them."""
    series: dict[tuple[str, Dimension, str], list[Count]] = {}
    for count in sorted(counts, key=lambda count: count.year):
        series.setdefault((count.area, count.dimension, count.category), []).append(count)
    return [interpolate(points, year) for points in series.values()]


def interpolate(points: list[Count], year: int) -> Population:
    before = [point for point in points if point.year <= year]
    after = [point for point in points if point.year >= year]
    first = before[-1] if before else points[0]
    last = after[0] if after else points[-1]
    span = last.year - first.year
    share = (year - first.year) / span if span else 0.0
    if span:
        basis = f"straight line between the censuses of {first.year} and {last.year}"
    elif first.year == year:
        basis = f"census of {year}"
    else:
        basis = f"census of {first.year}, the nearest one to {year}"
    return Population(
        area=first.area,
        year=year,
        dimension=first.dimension,
        category=first.category,
        persons=first.persons + share * (last.persons - first.persons),
        basis=basis,
    )
