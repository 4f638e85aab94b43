"""Deployment counts in our own format, for a force that publishes in none of the others."""

import datetime
import re
from typing import get_args

import msgspec

from survey.deployments import USES, CountMeasure, DeploymentCount, Import, ImportOrigin
from survey.files import cells, delimited
from survey.files.delimited import DelimitedRow
from survey.places import City
from survey.sources import imports

KIND = "deployments"
ORIGIN: ImportOrigin = "plain"
# Without 'source', so that the refusal of a file that lacks it can name it.
RECOGNISED_BY = {"start", "end", "area", "measure", "tactic", "count"}
COLUMNS = ("source", "start", "end", "area", "measure", "tactic", "count")
LABEL = "counts in the plain format"
EXPECTED = "counts in the plain format (source, start, end, area, measure, tactic, group, count)"
TACTICS = (*USES, "ced", "force", "stop_search")
GROUP = re.compile(r"^(?:all|[a-z_]{1,40}:[a-z0-9_ +-]{1,60})$")


def recognises(content: bytes) -> bool:
    return set(delimited.read_header(content)) >= RECOGNISED_BY


def read(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    return imports.read_counts(
        name, content, COLUMNS, lambda row: read_row(row, city, known_on), known_on
    )


def read_row(row: DelimitedRow, city: City, known_on: datetime.date) -> DeploymentCount:
    start, end = imports.take_period(row, known_on)
    measure = row.take("measure", cells.choice_parser(get_args(CountMeasure)))
    return DeploymentCount(
        area=row.take("area", cells.area_parser(city)),
        start=start,
        end=end,
        measure=msgspec.convert(measure, CountMeasure),
        tactic=row.take("tactic", cells.choice_parser(TACTICS)),
        group=row.take("group", parse_group) if "group" in row.cells else "all",
        count=row.take("count", cells.parse_whole),
    )


def parse_group(text: str) -> str:
    if not GROUP.match(text or "all"):
        raise ValueError(f"{text[:60]!r} is neither 'all' nor such as 'ethnicity_officer:black'")
    return text or "all"
