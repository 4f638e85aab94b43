"""Areas with their codes, names and variants, and the city that holds them."""

import re
from typing import Literal

import msgspec

from survey.problems import Fault, ambiguous_postcode, unknown_area, unknown_postcode

POSTCODE = re.compile(r"^([A-Z]{1,2}[0-9][A-Z0-9]?)\s*(?:[0-9][A-Z]{2})?$")


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """A borough, or an area without residents such as an airport or 'Out of force'.

    `per_resident` is false where a rate per resident would mislead (City of London).
    """

    code: str
    name: str
    short: str
    kind: Literal["borough", "city", "nowhere"]
    variants: tuple[str, ...] = ()
    police_area: str = ""
    column: int | None = None
    row: int | None = None
    per_resident: bool = True


class District(msgspec.Struct, frozen=True):
    """A postcode district such as SE1 and the areas that share it."""

    name: str
    areas: tuple[str, ...]


class City(msgspec.Struct, frozen=True, kw_only=True):
    """One city: its areas and postcode districts, with the sources to be shown."""

    name: str
    areas: tuple[Area, ...]
    districts: tuple[District, ...] = ()
    attribution: tuple[str, ...] = ()

    def boroughs(self) -> list[Area]:
        """The areas that a resident can choose."""
        return [area for area in self.areas if area.kind != "nowhere"]

    def find(self, name: str) -> Area:
        """The area with this code, name or variant; letter case, '&' and dots do not matter."""
        wanted = plain(name)
        for area in self.areas:
            if wanted in (plain(area.code), plain(area.name), *map(plain, area.variants)):
                return area
        raise unknown_area(name[:60])

    def at(self, postcode: str) -> Area:
        """The one borough of a postcode district; several are told, never guessed."""
        match = POSTCODE.match(postcode.strip().upper())
        found = [d for d in self.districts if match and d.name == match.group(1)]
        if not found:
            raise unknown_postcode(postcode[:12])
        if len(found[0].areas) > 1:
            names = (self.find(code) for code in found[0].areas)
            raise ambiguous_postcode(
                postcode[:12], tuple(Fault(area.code, area.name) for area in names)
            )
        return self.find(found[0].areas[0])


def plain(name: str) -> str:
    """A name as compared: lower case, 'and' for '&', letters and digits only."""
    return re.sub(r"[^a-z0-9]", "", name.lower().replace("&", "and"))
