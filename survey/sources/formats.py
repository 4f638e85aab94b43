"""Every file format that can be imported, and which one a file is in."""

import datetime
from typing import Protocol

import msgspec

from survey.deployments import Import, Origin
from survey.places import City
from survey.problems import unreadable_file
from survey.sources import (
    delimited,
    generic,
    home_office,
    met_borough_month,
    met_reports,
    mopac_perception,
    mopac_wide,
    records,
    stop_search,
    stop_search_json,
    taser_quarters,
    trial_units,
)


class Format(Protocol):
    """What a module of this folder offers. KIND is 'deployments' or 'perception', ORIGIN says
    whether its publisher has put out this very table."""

    KIND: str
    ORIGIN: Origin
    EXPECTED: str

    def recognises(self, content: bytes, /) -> bool: ...

    def read(self, name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import: ...


FORMATS: tuple[Format, ...] = (
    met_borough_month,
    met_reports,
    home_office,
    trial_units,
    taser_quarters,
    stop_search,
    stop_search_json,
    mopac_perception,
    mopac_wide,
    generic,
    records,
)


def recognise(name: str, content: bytes, kind: str = "") -> Format:
    """The format of a file, by its header; `kind` narrows what is expected."""
    possible = [form for form in FORMATS if kind in ("", form.KIND)]
    found = next((form for form in possible if form.recognises(content)), None)
    delimited.check_size(name, content, streamed=found is met_reports)
    if found:
        return found
    expected = "one of: " + "; ".join(form.EXPECTED for form in possible)
    seen = delimited.shown(delimited.header_of(content)) if content.strip() else "an empty file"
    raise unreadable_file(name, expected, seen)


def read(
    name: str, content: bytes, *, city: City, known_on: datetime.date, kind: str = ""
) -> Import:
    """A file in whichever format it is, as known on a day."""
    form = recognise(name, content, kind)
    found = form.read(name, content, city=city, known_on=known_on)
    return msgspec.structs.replace(found, origin=form.ORIGIN)
