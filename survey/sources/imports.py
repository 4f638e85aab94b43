"""The import that a file becomes: what it said, and as known on which day."""

import datetime
import hashlib

from survey.deployments import Count, Import, Perception
from survey.problems import Fault
from survey.sources import cells, delimited
from survey.sources.delimited import Faults, Table


def of_file(
    source: str,
    name: str,
    content: bytes,
    known_on: datetime.date,
    *,
    counts: tuple[Count, ...] = (),
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


def source_of(table: Table) -> str:
    """Whose figures a file in one of our own formats holds: the same in all rows."""
    names = delimited.parsed(table, lambda row: (row.number, row.take("source", cells.series)))
    faults = Faults(table.name)
    for number, name in names:
        if name != names[0][1]:
            faults.add(Fault(f"row {number}, column 'source'", "differs from the rows above"))
    faults.refuse()
    return names[0][1]


def check_once(name: str, counts: tuple[Count, ...]) -> None:
    """Refuse a file in which a use may stand twice: one figure again, or periods that overlap."""
    faults = Faults(name)
    last: dict[tuple[str, str, str, str], Count] = {}
    for c in sorted(counts, key=lambda c: (c.start, c.end)):
        before = last.setdefault((c.area, c.measure, c.tactic, c.group), c)
        where = f"{c.area}, {c.start} to {c.end}, {c.measure}, {c.tactic}, {c.group}"
        if before is not c and (before.start, before.end) == (c.start, c.end):
            faults.add(Fault(where, "this figure appears twice"))
        elif before is not c and c.start <= before.end:
            faults.add(Fault(where, f"overlaps with {before.start} to {before.end}"))
        last[c.area, c.measure, c.tactic, c.group] = c
    faults.refuse()
