"""Population margins: how many residents of each kind an area has, with source and date."""

from typing import Literal

import msgspec

PopulationDimension = Literal["total", "age_sex", "ethnicity", "disability"]


class ResidentCount(msgspec.Struct, frozen=True, kw_only=True):
    """Residents of one category of one area at one census.

    `category` is 'all' for the total, 'female 15-19' for age by sex,
    'white', 'mixed', 'asian', 'black' or 'other' for ethnicity, and
    'yes' or 'no' for disability, which counts people of 16 and older only.
    """

    area: str
    year: int
    dimension: PopulationDimension
    category: str
    persons: int
    source: str
    published: str


class Population(msgspec.Struct, frozen=True, kw_only=True):
    """A count for the year asked for, and in words how it was obtained."""

    area: str
    year: int
    dimension: PopulationDimension
    category: str
    persons: float
    basis: str


def populations_in_year(counts: list[ResidentCount], year: int) -> list[Population]:
    """Counts for a year: interpolated between two censuses, the nearest one outside them."""
    series: dict[tuple[str, PopulationDimension, str], list[ResidentCount]] = {}
    # In order of year, because interpolate takes the last before and the first after.
    for count in sorted(counts, key=lambda count: count.year):
        series.setdefault((count.area, count.dimension, count.category), []).append(count)
    return [interpolate(points, year) for points in series.values()]


def interpolate(points: list[ResidentCount], year: int) -> Population:
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
