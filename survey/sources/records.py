"""Deployments one by one in our own format: one officer's report of force on one subject a row.

Each file is tallied for all three measures, so that nobody has to choose the counting rule.
"""

import datetime
from collections import Counter
from typing import get_args

import msgspec

from survey.deployments import COUNTED, Count, Deployment, Import, Origin, Tactic, tally
from survey.places import City
from survey.problems import Fault
from survey.sources import cells, delimited, imports
from survey.sources.delimited import Row

KIND = "deployments"
ORIGIN: Origin = "forms"
TELLING = {"incident", "subject", "officer_report", "date", "area", "tactics"}
COLUMNS = ("source", "incident", "subject", "officer_report", "date", "area", "tactics")
LABEL = "deployments one by one"
EXPECTED = f"deployments one by one ({', '.join(COLUMNS)})"
NOTES = ("Counted by week from Monday; a subject or an incident counts under its most severe use.",)


def recognises(content: bytes) -> bool:
    return set(delimited.header_of(content)) >= TELLING


def read(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    table = delimited.read(name, content, columns=COLUMNS)
    found = delimited.parsed(table, lambda row: read_row(row, city, known_on))
    check_reports(name, [deployment.officer_report for deployment in found])
    counts = tuple(count for measure in COUNTED for count in with_total(tally(found, measure)))
    source = imports.source_of(table)
    return imports.of_file(source, name, content, known_on, counts=counts, notes=NOTES)


def read_row(row: Row, city: City, known_on: datetime.date) -> Deployment:
    return Deployment(
        incident=row.take("incident", cells.filled),
        subject=row.take("subject", cells.filled),
        officer_report=row.take("officer_report", cells.filled),
        day=row.take("date", lambda text: cells.past(cells.day(text), known_on)),
        area=row.take("area", cells.area(city)),
        tactics=row.take("tactics", tactics),
    )


def tactics(text: str) -> tuple[Tactic, ...]:
    named = cells.one_of(get_args(Tactic))
    return msgspec.convert([named(part.strip()) for part in text.split(";")], tuple[Tactic, ...])


def check_reports(name: str, reports: list[str]) -> None:
    faults = delimited.Faults(name)
    for report, times in Counter(reports).items():
        if times > 1:
            faults.add(Fault(f"officer_report {report!r}", f"appears in {times} rows"))
    faults.refuse()


def with_total(counts: list[Count]) -> list[Count]:
    """The counts by tactic, and any use of a device ('ced') for each area and week."""
    total: Counter[tuple[str, datetime.date]] = Counter()
    for count in counts:
        total[count.area, count.start] += count.count
    first = {(count.area, count.start): count for count in counts}
    return counts + [
        msgspec.structs.replace(first[key], tactic="ced", count=number)
        for key, number in total.items()
    ]
