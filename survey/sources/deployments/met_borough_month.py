"""Metropolitan Police use of force by borough and month (London Datastore).

A row is one of many parts of a borough and month, so rows are summed. It counts officers'
reports: one officer's use of force on one subject.
"""

import datetime
from collections import Counter

from survey.deployments import DeploymentCount, Import, ImportOrigin, month_end
from survey.files import cells, delimited
from survey.files.cells import OFFICER_GROUPS
from survey.files.delimited import DelimitedRow, DelimitedTable
from survey.files.refusals import unreadable_file
from survey.places import City
from survey.sources import imports

SOURCE = "Metropolitan Police use of force by borough and month"
KIND = "deployments"
ORIGIN: ImportOrigin = "publisher"
COLUMNS = ("Date", "Borough", "CED Used", "UseOfForceCount")
LABEL = "the Met's use of force by borough and month"
EXPECTED = "Met use of force by borough and month (Date, Borough, CED Used, ..., UseOfForceCount)"
ETHNICITY = "subjectethnicity_"
NOTES = (
    "Officers' reports: several officers who used force on one person count several times.",
    "Ethnicity as perceived by the officer; 'Chinese' is counted with Asian, as in the census.",
    "The file does not give the use of devices by ethnicity.",
)
MonthCell = tuple[str, datetime.date, str, str]


def recognises(content: bytes) -> bool:
    header = delimited.read_header(content)
    return all(delimited.comparable_heading(column) in header for column in COLUMNS)


def read(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    table = delimited.read_table(name, content, columns=COLUMNS, encodings=("utf-8", "cp1252"))
    groups = ethnicity_columns(table)
    total: Counter[MonthCell] = Counter()
    for part in delimited.parse_rows(table, lambda row: read_row(row, groups, city, known_on)):
        for cell, number in part.items():
            total[cell] += number
    counts = tuple(count_from_cell(cell, number) for cell, number in sorted(total.items()))
    return imports.import_from_file(SOURCE, name, content, known_on, counts=counts, notes=NOTES)


def ethnicity_columns(table: DelimitedTable) -> dict[str, str]:
    """The ethnicity columns of this file, each with the group it belongs to."""
    found = {c: c.removeprefix(ETHNICITY) for c in table.header if c.startswith(ETHNICITY)}
    for column, label in found.items():
        # Not counted as unknown: a new column would take people out of the groups they were in.
        if label not in OFFICER_GROUPS:
            known = ", ".join(OFFICER_GROUPS)
            raise unreadable_file(table.name, f"ethnicities out of {known}", f"{column!r}")
    return {column: OFFICER_GROUPS[label] for column, label in found.items()}


def read_row(
    row: DelimitedRow, groups: dict[str, str], city: City, known_on: datetime.date
) -> Counter[MonthCell]:
    area = row.take("borough", cells.area_parser(city))
    month = row.take("date", lambda text: parse_month(text, known_on))
    force = row.take("useofforcecount", cells.parse_whole)
    devices = row.take("ced used", cells.parse_whole)
    by_group = {column: row.take(column, cells.parse_whole) for column in groups}
    if devices > force:
        raise row.wrong(f"'CED Used' is {devices}, more than 'UseOfForceCount', {force}")
    # The ethnicities share out all force; where they do not, a column is missing or moved.
    if groups and sum(by_group.values()) != force:
        raise row.wrong(f"the ethnicities add up to {sum(by_group.values())}, not to {force}")
    part = Counter({(area, month, "force", "all"): force, (area, month, "ced", "all"): devices})
    for column, number in by_group.items():
        # Added, as Asian and Chinese are columns of one group.
        part[(area, month, "force", groups[column])] += number
    return part


def parse_month(text: str, known_on: datetime.date) -> datetime.date:
    month = cells.parse_day(text)
    if month.day != 1:
        raise ValueError(f"{text!r} is not the first day of a month")
    cells.check_past(month_end(month), known_on)
    return month


def count_from_cell(cell: MonthCell, number: int) -> DeploymentCount:
    area, month, tactic, group = cell
    return DeploymentCount(
        area=area,
        start=month,
        end=month_end(month),
        measure="officer_reports",
        tactic=tactic,
        group=group,
        count=number,
    )
