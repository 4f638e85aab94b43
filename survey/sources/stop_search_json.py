"""Stop and search as the API of data.police.uk answers: a JSON list, null for what is not told.

`outcome` is false where nothing was found, and `location` null where the place is not known.
"""

import datetime
from typing import Any

import msgspec

from survey.deployments import Import, Origin
from survey.places import City
from survey.problems import Fault, unreadable_file
from survey.sources import cells, delimited, searches
from survey.sources.searches import Search

KIND = "deployments"
ORIGIN: Origin = "reports"
LABEL = "stop and search from data.police.uk as JSON"
EXPECTED = "data.police.uk stop and search as JSON (a list of searches)"
TELLING = b'"officer_defined_ethnicity"'


class Location(msgspec.Struct, frozen=True):
    """Where a search was, as words."""

    latitude: str
    longitude: str


class Found(msgspec.Struct, frozen=True):
    """One search as the API writes it; other fields are allowed."""

    type: str
    datetime: str
    location: Location | None = None
    gender: str | None = None
    age_range: str | None = None
    self_defined_ethnicity: str | None = None
    officer_defined_ethnicity: str | None = None
    object_of_search: str | None = None
    outcome: str | bool | None = None


def recognises(content: bytes) -> bool:
    return content.lstrip()[:1] == b"[" and TELLING in content[:20_000]


def read(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    delimited.check_size(name, content)
    written = decoded(name, content)
    once = list({msgspec.json.encode(one, order="sorted"): one for one in written}.values())
    faults, found = delimited.Faults(name), []
    for number, one in enumerate(once, 1):
        try:
            found.append(search(one, known_on))
        except ValueError as wrong:
            faults.add(Fault(f"search {number}", str(wrong)))
    faults.refuse()
    copies = len(written) - len(once)
    return searches.of_file(name, content, found, copies, city=city, known_on=known_on)


def decoded(name: str, content: bytes) -> list[dict[str, Any]]:
    try:
        return msgspec.json.decode(content, type=list[dict[str, Any]])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable_file(name, "a list of searches as JSON", str(error)[:200]) from error


def search(written: dict[str, Any], known_on: datetime.date) -> Search:
    one = msgspec.convert(written, Found)
    when = searches.moment(one.datetime)
    cells.past(when.date(), known_on)
    at = one.location
    return Search(
        when=when,
        place=searches.place(at.longitude, at.latitude) if at else None,
        kind=one.type,
        sex=one.gender or "",
        age=one.age_range or "",
        self_defined=one.self_defined_ethnicity or "",
        officer_defined=one.officer_defined_ethnicity or "",
        object=one.object_of_search or "",
        outcome="" if one.outcome is None else str(one.outcome),
    )
