"""The import that a file becomes: its figures, and the day as known on."""

import datetime
import hashlib
from collections.abc import Callable

from survey.deployments import DeploymentCount, Import, Perception
from survey.files import cells, delimited
from survey.files.delimited import DelimitedRow, DelimitedTable, Faults
from survey.problems import Fault


def import_from_file(
    source: str,
    name: str,
    content: bytes,
    known_on: datetime.date,
    *,
    counts: tuple[DeploymentCount, ...] = (),
    perceptions: tuple[Perception, ...] = (),
    notes: tuple[str, ...] = (),
) -> Import:
    return Import(
        source=source,
        file=name,
        sha256=hashlib.sha256(content).hexdigest(),
        known_on=known_on,
        counts=counts,
        perceptions=perceptions,
        notes=notes,
    )


def read_counts(
    name: str,
    content: bytes,
    columns: tuple[str, ...],
    read_row: Callable[[DelimitedRow], DeploymentCount],
    known_on: datetime.date,
) -> Import:
    """The import that a file of counts in one of our own formats becomes."""
    table = delimited.read_table(name, content, columns=columns)
    source = single_source(table)
    counts = tuple(delimited.parse_rows(table, read_row))
    check_no_overlap(name, counts)
    return import_from_file(source, name, content, known_on, counts=counts)


def take_period(row: DelimitedRow, known_on: datetime.date) -> tuple[datetime.date, datetime.date]:
    """The first and the last day of a row, by its columns 'start' and 'end'."""
    start = row.take("start", cells.parse_day)
    end = row.take("end", lambda text: cells.check_past(cells.parse_day(text), known_on))
    if end < start:
        raise row.wrong(f"ends on {end}, before it starts on {start}")
    return start, end


def single_source(table: DelimitedTable) -> str:
    """The source named in a file of one of our own formats; raises unless all rows agree."""
    names = delimited.parse_rows(
        table, lambda row: (row.number, row.take("source", cells.parse_series_name))
    )
    faults = Faults(table.name)
    # An import is of one source, under which a later file restates its figures.
    for number, name in names:
        if name != names[0][1]:
            faults.add(Fault(f"row {number}, column 'source'", "differs from the rows above"))
    faults.refuse()
    return names[0][1]


def check_no_overlap(name: str, counts: tuple[DeploymentCount, ...]) -> None:
    """Raise if a use may be counted twice: the same figure again, or overlapping periods."""
    faults = Faults(name)
    last: dict[tuple[str, str, str, str], DeploymentCount] = {}
    # In the order of their start, each needs to be compared with the one before only.
    for c in sorted(counts, key=lambda c: (c.start, c.end)):
        before = last.setdefault((c.area, c.measure, c.tactic, c.group), c)
        where = f"{c.area}, {c.start} to {c.end}, {c.measure}, {c.tactic}, {c.group}"
        if before is not c and (before.start, before.end) == (c.start, c.end):
            faults.add(Fault(where, "this figure appears twice"))
        elif before is not c and c.start <= before.end:
            faults.add(Fault(where, f"overlaps with {before.start} to {before.end}"))
        last[c.area, c.measure, c.tactic, c.group] = c
    faults.refuse()
