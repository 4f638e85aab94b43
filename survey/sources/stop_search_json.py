"""Stop and search from the API of data.police.uk: a JSON list, null for what is not known.

`outcome` is false where nothing was found, and `location` null where the place is not known.
"""

import datetime
from typing import Any

import msgspec

from survey.deployments import Import, ImportOrigin
from survey.files import cells, delimited
from survey.files.refusals import unreadable_file
from survey.places import City
from survey.problems import Fault
from survey.sources import searches
from survey.sources.searches import StopAndSearch

KIND = "deployments"
ORIGIN: ImportOrigin = "reports"
LABEL = "stop and search from data.police.uk as JSON"
EXPECTED = "data.police.uk stop and search as JSON (a list of searches)"
RECOGNISED_BY = b'"officer_defined_ethnicity"'


class SearchLocation(msgspec.Struct, frozen=True):
    """The coordinates of a search, as strings."""

    latitude: str
    longitude: str


class SearchRecord(msgspec.Struct, frozen=True):
    """One search as the API returns it; other fields are allowed."""

    type: str
    datetime: str
    location: SearchLocation | None = None
    gender: str | None = None
    age_range: str | None = None
    self_defined_ethnicity: str | None = None
    officer_defined_ethnicity: str | None = None
    object_of_search: str | None = None
    outcome: str | bool | None = None


def recognises(content: bytes) -> bool:
    return content.lstrip()[:1] == b"[" and RECOGNISED_BY in content[:20_000]


def read(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    delimited.check_size(name, content)
    written = decode_searches(name, content)
    # Compared with all fields, also those that are not read: searches that only look alike stay.
    once = list({msgspec.json.encode(one, order="sorted"): one for one in written}.values())
    faults, found = delimited.Faults(name), []
    for number, one in enumerate(once, 1):
        try:
            found.append(parse_search(one, known_on))
        except ValueError as wrong:
            faults.add(Fault(f"search {number}", str(wrong)))
    faults.refuse()
    copies = len(written) - len(once)
    return searches.import_from_searches(name, content, found, copies, city=city, known_on=known_on)


def decode_searches(name: str, content: bytes) -> list[dict[str, Any]]:
    try:
        return msgspec.json.decode(content, type=list[dict[str, Any]])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable_file(name, "a list of searches as JSON", str(error)[:200]) from error


def parse_search(written: dict[str, Any], known_on: datetime.date) -> StopAndSearch:
    one = msgspec.convert(written, SearchRecord)
    when = searches.parse_moment(one.datetime)
    cells.check_past(when.date(), known_on)
    at = one.location
    return StopAndSearch(
        when=when,
        place=searches.parse_place(at.longitude, at.latitude) if at else None,
        kind=one.type,
        sex=one.gender or "",
        age=one.age_range or "",
        self_defined=one.self_defined_ethnicity or "",
        officer_defined=one.officer_defined_ethnicity or "",
        object=one.object_of_search or "",
        # False becomes 'False', which the vocabulary has as no further action.
        outcome="" if one.outcome is None else str(one.outcome),
    )
