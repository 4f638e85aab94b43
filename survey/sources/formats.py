"""Every file format that can be imported, and which one a file is in."""

import datetime
from typing import Protocol

import msgspec

from survey.deployments import Import, Origin
from survey.places import City
from survey.problems import Fault, Problem
from survey.sources import (
    delimited,
    generic,
    home_office,
    kinds,
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
from survey.sources.refusals import another_kind, unknown_format


class Format(Protocol):
    """What a module of this folder offers. KIND is 'deployments' or 'perception', ORIGIN says
    whether its publisher has put out this very table, LABEL is what people call such a file."""

    KIND: str
    ORIGIN: Origin
    LABEL: str
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


def format_of(content: bytes) -> Format | None:
    """The format that the start of a file is in, whatever it was said to hold."""
    return next((form for form in FORMATS if form.recognises(content)), None)


def recognise(name: str, content: bytes, kind: str = "") -> Format:
    """The format of a file, by its header; `kind` narrows what is expected."""
    found = format_of(content)
    delimited.check_size(name, content, streamed=found is met_reports)
    if found and kind in ("", found.KIND):
        return found
    raise refused_kind(name, content) or unknown(name, content, kind)


def refused_kind(name: str, content: bytes) -> Problem | None:
    """What the file is instead, where that can be told."""
    if found := format_of(content):
        return another_kind(name, found.LABEL, found.KIND)
    other = kinds.other_kind(content)
    return another_kind(name, *other) if other else None


def unknown(name: str, content: bytes, kind: str) -> Problem:
    """How the file begins, and what can be read."""
    possible = [form for form in FORMATS if kind in ("", form.KIND)]
    seen = delimited.shown(delimited.header_of(content)) if content.strip() else "an empty file"
    return unknown_format(name, seen, tuple(Fault(one.LABEL, begins(one)) for one in possible))


def begins(form: Format) -> str:
    """The columns or the ending by which a format is known, in brackets in its EXPECTED."""
    return form.EXPECTED.rpartition("(")[2].rstrip(")")


def read(
    name: str, content: bytes, *, city: City, known_on: datetime.date, kind: str = ""
) -> Import:
    """A file in whichever format it is, as known on a day."""
    form = recognise(name, content, kind)
    found = form.read(name, content, city=city, known_on=known_on)
    return msgspec.structs.replace(found, origin=form.ORIGIN)
