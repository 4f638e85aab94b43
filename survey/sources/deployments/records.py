"""Deployments one by one in our own format: a row is one officer's report on one subject.

Each file is tallied for all three measures, so that nobody has to choose the counting rule.
"""

import datetime
from collections import Counter
from typing import get_args

import msgspec

from survey.deployments import (
    COUNTED,
    Deployment,
    DeploymentCount,
    Import,
    ImportOrigin,
    Tactic,
    tally_deployments,
)
from survey.files import cells, delimited
from survey.files.delimited import DelimitedRow
from survey.places import City
from survey.problems import Fault
from survey.sources import imports

KIND = "deployments"
ORIGIN: ImportOrigin = "forms"
RECOGNISED_BY = {"incident", "subject", "officer_report", "date", "area", "tactics"}
COLUMNS = ("source", "incident", "subject", "officer_report", "date", "area", "tactics")
LABEL = "deployments one by one"
EXPECTED = f"deployments one by one ({', '.join(COLUMNS)})"
NOTES = ("Counted by week from Monday; a subject or an incident counts under its most severe use.",)


def recognises(content: bytes) -> bool:
    return set(delimited.read_header(content)) >= RECOGNISED_BY


def read(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    table = delimited.read_table(name, content, columns=COLUMNS)
    found = delimited.parse_rows(table, lambda row: read_row(row, city, known_on))
    check_reports(name, [deployment.officer_report for deployment in found])
    counts = tuple(
        count for measure in COUNTED for count in with_total(tally_deployments(found, measure))
    )
    source = imports.single_source(table)
    return imports.import_from_file(source, name, content, known_on, counts=counts, notes=NOTES)


def read_row(row: DelimitedRow, city: City, known_on: datetime.date) -> Deployment:
    return Deployment(
        incident=row.take("incident", cells.parse_filled),
        subject=row.take("subject", cells.parse_filled),
        officer_report=row.take("officer_report", cells.parse_filled),
        day=row.take("date", lambda text: cells.check_past(cells.parse_day(text), known_on)),
        area=row.take("area", cells.area_parser(city)),
        tactics=row.take("tactics", parse_tactics),
    )


def parse_tactics(text: str) -> tuple[Tactic, ...]:
    named = cells.choice_parser(get_args(Tactic))
    return msgspec.convert([named(part.strip()) for part in text.split(";")], tuple[Tactic, ...])


def check_reports(name: str, reports: list[str]) -> None:
    faults = delimited.Faults(name)
    for report, times in Counter(reports).items():
        if times > 1:
            # A report has one row; a second one would count the same use again.
            faults.add(Fault(f"officer_report {report!r}", f"appears in {times} rows"))
    faults.refuse()


def with_total(counts: list[DeploymentCount]) -> list[DeploymentCount]:
    """The counts by tactic, plus any use of a device ('ced') for each area and week."""
    total: Counter[tuple[str, datetime.date]] = Counter()
    for count in counts:
        # Each unit has one most severe tactic, so the sum counts nothing twice.
        total[count.area, count.start] += count.count
    first = {(count.area, count.start): count for count in counts}
    return counts + [
        msgspec.structs.replace(first[key], tactic="ced", count=number)
        for key, number in total.items()
    ]
