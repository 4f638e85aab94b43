"""Counts of deployments in our own format, for a force that publishes in none of the others."""

import datetime
import re
from typing import get_args

import msgspec

from survey.deployments import USES, Count, Import, Measure, Origin
from survey.places import City
from survey.sources import cells, delimited, imports
from survey.sources.delimited import Row

KIND = "deployments"
ORIGIN: Origin = "plain"
TELLING = {"start", "end", "area", "measure", "tactic", "count"}
COLUMNS = ("source", "start", "end", "area", "measure", "tactic", "count")
LABEL = "counts in the plain format"
EXPECTED = "counts in the plain format (source, start, end, area, measure, tactic, group, count)"
TACTICS = (*USES, "ced", "force", "stop_search")
GROUP = re.compile(r"^(?:all|[a-z_]{1,40}:[a-z0-9_ +-]{1,60})$")


def recognises(content: bytes) -> bool:
    return set(delimited.header_of(content)) >= TELLING


def read(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    table = delimited.read(name, content, columns=COLUMNS)
    source = imports.source_of(table)
    counts = tuple(delimited.parsed(table, lambda row: read_row(row, city, known_on)))
    imports.check_once(name, counts)
    return imports.of_file(source, name, content, known_on, counts=counts)


def read_row(row: Row, city: City, known_on: datetime.date) -> Count:
    start = row.take("start", cells.day)
    end = row.take("end", lambda text: cells.past(cells.day(text), known_on))
    if end < start:
        raise row.wrong(f"ends on {end}, before it starts on {start}")
    measure = row.take("measure", cells.one_of(get_args(Measure)))
    return Count(
        area=row.take("area", cells.area(city)),
        start=start,
        end=end,
        measure=msgspec.convert(measure, Measure),
        tactic=row.take("tactic", cells.one_of(TACTICS)),
        group=row.take("group", group) if "group" in row.cells else "all",
        count=row.take("count", cells.whole),
    )


def group(text: str) -> str:
    if not GROUP.match(text or "all"):
        raise ValueError(f"{text[:60]!r} is neither 'all' nor such as 'ethnicity_officer:black'")
    return text or "all"
