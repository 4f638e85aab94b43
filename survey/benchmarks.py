"""What uses of force are compared with: residents, people there by day, searches, arrests.

A benchmark is a line here and the name of its measure in `CountMeasure`; its figures come in files.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from survey.deployments import CountMeasure, DeploymentCount
from survey.sentences import N_


class Benchmark(NamedTuple):
    """A benchmark: its name in editions, the measure of its figures, and its words.

    `by_day` for events, which are counted over the days of the uses; people are there at a time.
    `per` names a ratio, `unit` one person or event, `cannot_show` what no ratio says.
    """

    name: str
    measure: CountMeasure
    by_day: bool
    per: str
    unit: str
    cannot_show: str


RESIDENTS = "residents"
BENCHMARKS = {
    one.name: one
    for one in (
        Benchmark(
            RESIDENTS,
            "residents",
            False,
            N_("per resident"),
            N_("resident"),
            N_("Residents are not the population police met."),
        ),
        Benchmark(
            "daytime",
            "daytime",
            False,
            N_("per person there by day"),
            N_("person there by day"),
            N_("People there by day are not those there at night."),
        ),
        Benchmark(
            "stops",
            "searches",
            True,
            N_("per stop and search"),
            N_("stop"),
            N_("Stops are themselves decisions of the police."),
        ),
        Benchmark(
            "arrests",
            "arrests",
            True,
            N_("per arrest"),
            N_("arrest"),
            N_("Arrests are themselves decisions of the police."),
        ),
    )
}


class BenchmarkCounts(msgspec.Struct, frozen=True):
    """The figures of a benchmark by kind of person, from one source."""

    name: str
    source: str
    counts: Sequence[DeploymentCount]


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
