"""The city: its areas with their codes, names and variants, its postcodes and its residents; and
what other cities publish.
"""

import datetime
import re
from functools import cached_property
from typing import Literal

import msgspec

from survey.problems import Conflict, Fault, Invalid, NotFound, Unavailable
from survey.words import LONDON, Words, has_postcodes, in_local_words, local_words

# The second half may be missing, because only the district is looked up.
POSTCODE = re.compile(r"^([A-Z]{1,2}[0-9][A-Z0-9]?)\s*(?:[0-9][A-Z]{2})?$")
USUAL_ZONE = "Europe/London"  # of a place that names none
AreaKind = Literal["borough", "city", "force", "nowhere"]
PopulationDimension = Literal["total", "age_sex", "ethnicity", "disability"]


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """A borough, a whole police force, or a place without residents such as 'Out of force'.

    `police_area` is the code of the force that polices it; the residents of a force are those of
    its boroughs. `per_resident` is False where a rate per resident would mislead (City of London).
    """

    code: str
    name: str
    short: str
    kind: AreaKind
    variants: tuple[str, ...] = ()
    police_area: str = ""
    column: int | None = None
    row: int | None = None
    per_resident: bool = True

    @property
    def is_local(self) -> bool:
        """Whether a resident can choose this area."""
        return self.kind in ("borough", "city")


class District(msgspec.Struct, frozen=True):
    """A postcode district such as SE1 and the areas that it lies in."""

    name: str
    areas: tuple[str, ...]


class AreaGroup(msgspec.Struct, frozen=True):
    """Areas that are looked at together, by their codes, such as a basic command unit."""

    code: str
    name: str
    areas: tuple[str, ...]


class Grouping(msgspec.Struct, frozen=True):
    """A way to put areas together, such as basic command units: no area is in two of its groups."""

    name: str
    groups: tuple[AreaGroup, ...]


class FormerName(msgspec.Struct, frozen=True):
    """What an area was called up to a day, the last one of that name."""

    area: str
    name: str
    until: datetime.date


class City(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One city: its areas and postcode districts, with the sources to name.

    Its days begin at midnight in the `time_zone`; `words` is what it calls things. `boundaries`
    (TopoJSON) is large and only loaded where a coordinate has to be placed.
    """

    name: str
    areas: tuple[Area, ...]
    time_zone: str = USUAL_ZONE
    words: Words = LONDON
    districts: tuple[District, ...] = ()
    groupings: tuple[Grouping, ...] = ()
    former_names: tuple[FormerName, ...] = ()
    attribution: tuple[str, ...] = ()
    boundaries: object = None

    def local_areas(self) -> list[Area]:
        """The areas that a resident can choose."""
        return [area for area in self.areas if area.is_local]

    def on(self, day: datetime.date) -> "City":
        """The city with its areas called as on a day; their codes stay the same."""
        # The earliest last, which is the one that stays.
        former = sorted(self.former_names, key=lambda former: former.until, reverse=True)
        names = {former.area: former.name for former in former if day <= former.until}
        areas = (
            msgspec.structs.replace(area, name=names.get(area.code, area.name))
            for area in self.areas
        )
        return msgspec.structs.replace(self, areas=tuple(areas))

    def find(self, name: str) -> Area:
        """The area with this code, name, variant or former name; letter case, '&' and dots do not
        matter.

        Where a borough and a force share a name ('City of London'), the borough is returned.
        """
        return find_area(name, self.by_name)

    def force(self, name: str) -> Area:
        """The police force with this code, name or variant."""
        return find_area(name, self.forces_by_name)

    @cached_property
    def by_name(self) -> dict[str, Area]:
        others = {
            name: area for area in self.areas if area.kind != "force" for name in area_names(area)
        }
        by_code = {area.code: area for area in self.areas}
        # Files of before an area was renamed are still read.
        former = {
            comparable_name(former.name): by_code[former.area] for former in self.former_names
        }
        return former | self.forces_by_name | others

    @cached_property
    def forces_by_name(self) -> dict[str, Area]:
        return {
            name: area for area in self.areas if area.kind == "force" for name in area_names(area)
        }

    def at(self, postcode: str) -> Area:
        """The one borough of a postcode district; raises with the choices if there are several."""
        district = self.find_district(postcode.strip().upper())
        if district is None:
            raise unknown_postcode(postcode[:12])
        areas = [self.find(code) for code in district.areas]
        # To take the first would count people in a borough where they may not live.
        if len(areas) > 1:
            faults = tuple(Fault(area.code, area.name) for area in areas)
            raise ambiguous_postcode(postcode[:12], faults)
        return areas[0]

    def find_district(self, postcode: str) -> District | None:
        """The district of a postcode in capitals, if it is one of the city."""
        match = POSTCODE.match(postcode)
        return next((d for d in self.districts if match and d.name == match.group(1)), None)


def find_area(name: str, index: dict[str, Area]) -> Area:
    area = index.get(comparable_name(name))
    if area is None:
        raise unknown_area(name[:60])
    return area


def area_names(area: Area) -> set[str]:
    return {comparable_name(name) for name in (area.code, area.name, *area.variants)}


def comparable_name(name: str) -> str:
    """A name for comparison: lower case, 'and' for '&', letters and digits only."""
    return "".join(sign for sign in name.casefold().replace("&", "and") if sign.isalnum())


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
    """Counts for a year: interpolated between two censuses; outside them, those of the nearest
    census.
    """
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


unknown_area = Invalid.of(
    "area.unknown",
    "{name!r} is not a known area.",
    "Use an ONS code such as E09000012, or the borough's name.",
)


def unknown_postcode(postcode: str) -> Invalid:
    return Invalid(
        "postcode.unknown",
        f"{postcode!r} is not a {local_words().postcode} in this city.",
        in_local_words(
            "Give a postcode such as E8 1EA, or choose the borough."
            if has_postcodes()
            else "Choose the borough."
        ),
    )


def ambiguous_postcode(postcode: str, areas: tuple[Fault, ...]) -> Invalid:
    return Invalid(
        "postcode.ambiguous",
        f"{postcode!r} is in a district that several {local_words().areas} share.",
        f"Choose the {local_words().area}; `faults` lists the possible ones.",
        areas,
    )


class PlaceFigure(msgspec.Struct, frozen=True):
    """A figure of a whole city, with its 95 % interval where it has one."""

    value: float
    low: float | None = None
    high: float | None = None


class PlaceEdition(msgspec.Struct, frozen=True, kw_only=True):
    """What a published edition says of its whole city; a figure is None if it has none to show.

    Rates are per 10,000 residents a year, so that a week's and a month's can be read together.
    """

    city: str
    kind: str
    start: datetime.date
    end: datetime.date
    number: int
    synthetic: bool
    lead: str
    index: PlaceFigure | None = None
    deployments: PlaceFigure | None = None
    complaints: PlaceFigure | None = None


class OtherPlace(msgspec.Struct, frozen=True):
    """Another place: the address of its site, and its newest editions as they were when read.

    `failure` says why the last try brought nothing; what an earlier one brought is still here.
    """

    address: str
    editions: tuple[PlaceEdition, ...] = ()
    read_at: datetime.datetime | None = None
    failure: str = ""


missing_boundaries = NotFound.of(
    "boundaries.missing", "There are no boundaries for this city.", "Use the tile grid."
)

missing_city = Unavailable.of(
    "city.missing", "No city has been loaded yet.", "Run `./soundings import places` once."
)
outdated_city = Conflict.of(
    "city.older",
    "{name} has no area 'Not stated', where searches without a place belong.",
    "Run `./soundings import places FOLDER` once to bring the city up to date.",
)
data_of_another_city = Conflict.of(
    "city.lived_in",
    "This database already holds answers or figures of another city or time zone.",
    "Use another database for another city or time zone.",
)
