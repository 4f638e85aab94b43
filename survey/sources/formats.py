"""Every file format that can be imported, and the detection of a file's format."""

import datetime
from typing import Protocol

import msgspec

from survey.deployments.counts import Import, ImportOrigin
from survey.places import City
from survey.problems import Fault, Problem
from survey.sources import generic, kinds
from survey.sources.deployments import (
    home_office,
    met_borough_month,
    met_reports,
    records,
    taser_quarters,
    trial_units,
)
from survey.sources.perception import mopac_perception, mopac_wide
from survey.sources.reading import delimited
from survey.sources.refusals import another_kind, unknown_format
from survey.sources.searches import stop_search, stop_search_json


class Format(Protocol):
    """What a module of this folder offers. KIND is 'deployments' or 'perception', ORIGIN whether
    its publisher has released this very table, LABEL what people call such a file.
    """

    KIND: str
    ORIGIN: ImportOrigin
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


def find_format(content: bytes) -> Format | None:
    """The format that the start of a file matches, None if there is none."""
    return next((form for form in FORMATS if form.recognises(content)), None)


def require_format(name: str, content: bytes, kind: str = "") -> Format:
    """The format of a file by its header; raises if there is none, or not of the wanted `kind`."""
    found = find_format(content)
    delimited.check_size(name, content, streamed=found is met_reports)
    if found and kind in ("", found.KIND):
        return found
    raise other_kind_problem(name, content) or unknown_format_problem(name, content, kind)


def other_kind_problem(name: str, content: bytes) -> Problem | None:
    """The refusal that says what the file is instead, None if that is not known."""
    if found := find_format(content):
        return another_kind(name, found.LABEL, found.KIND)
    other = kinds.find_other_kind(content)
    return another_kind(name, *other) if other else None


def unknown_format_problem(name: str, content: bytes, kind: str) -> Problem:
    """The refusal that shows how the file begins and which formats can be read."""
    possible = [form for form in FORMATS if kind in ("", form.KIND)]
    seen = (
        delimited.header_as_words(delimited.read_header(content))
        if content.strip()
        else "an empty file"
    )
    return unknown_format(
        name, seen, tuple(Fault(one.LABEL, identifying_columns(one)) for one in possible)
    )


def identifying_columns(form: Format) -> str:
    """The columns or the ending that identify a format, from the brackets in its EXPECTED."""
    return form.EXPECTED.rpartition("(")[2].rstrip(")")


def read_import(
    name: str, content: bytes, *, city: City, known_on: datetime.date, kind: str = ""
) -> Import:
    """The import of a file in any of the formats, as known on a day."""
    form = require_format(name, content, kind)
    found = form.read(name, content, city=city, known_on=known_on)
    return msgspec.structs.replace(found, origin=form.ORIGIN)
