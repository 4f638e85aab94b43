"""Use of Taser from 2004 to 2010 by police force (Home Office, figures of March 2010).

Table 1 counts all use, table 3 only that of specially trained units. The period is not in the
file: it follows from the table, and the headings show which table it is.
"""

import datetime

import msgspec

from survey.deployments import DeploymentCount, Import, ImportOrigin
from survey.files import cells, delimited
from survey.files.delimited import DelimitedRow
from survey.files.refusals import unreadable_file
from survey.places import City
from survey.sources import imports

KIND = "deployments"
ORIGIN: ImportOrigin = "publisher"


class TrialTable(msgspec.Struct, frozen=True):
    """One of the two tables: what it counts, from when, and the heading of each column."""

    source: str
    start: datetime.date
    force: str
    total: str
    tactics: dict[str, str]
    joined: str

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.force, *self.tactics, self.total)


END = datetime.date(2010, 3, 31)
TACTICS = ("fired", "drive_stunned", "arced", "red_dotted", "aimed", "drawn", "not_stated")
UNITS_TABLE = TrialTable(
    source="Home Office: Taser use by specially trained units, 2007 to 2010",
    start=datetime.date(2007, 9, 1),
    force="force",
    total="total_used",
    tactics=dict(
        zip(
            ("discharges", "drive_stuns", "arced", "red_dot", "aimed", "drawn", "not_stated"),
            TACTICS,
            strict=True,
        )
    ),
    joined="The Metropolitan Police joined the trial on 10 December 2007.",
)
ALL_TABLE = TrialTable(
    source="Home Office: all Taser use, 2004 to 2010",
    start=datetime.date(2004, 4, 22),
    force="force",
    total="total used",
    tactics=dict(
        zip(
            ("discharges", "drive-stuns", "arced", "red dot", "aimed", "drawn", "not stated"),
            TACTICS,
            strict=True,
        )
    ),
    joined="Use by firearms officers and by specially trained units together.",
)
LABEL = "Taser use by specially trained units"
EXPECTED = f"Taser use by specially trained units, or all use ({', '.join(UNITS_TABLE.columns)})"
NOTE = "Only the most severe use in a deployment was counted."


def recognises(content: bytes) -> bool:
    return find_table(content) is not None


def find_table(content: bytes) -> TrialTable | None:
    header = set(delimited.read_header(content))
    return next((table for table in (UNITS_TABLE, ALL_TABLE) if set(table.columns) <= header), None)


def read(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    # Where neither fits, reading it as the first names the columns that are missing.
    table = find_table(content) or UNITS_TABLE
    text = delimited.read_table(name, content, columns=table.columns)
    rows = delimited.parse_rows(text, lambda row: read_row(row, table, city, known_on))
    counts = tuple(count for row in rows for count in row)
    if not counts:
        raise unreadable_file(name, f"a police force of {city.name}", "none of them")
    imports.check_no_overlap(name, counts)
    notes = (NOTE, table.joined)
    return imports.import_from_file(
        table.source, name, content, known_on, counts=counts, notes=notes
    )


def read_row(
    row: DelimitedRow, table: TrialTable, city: City, known_on: datetime.date
) -> list[DeploymentCount]:
    """The counts of a force of this city; empty for forces elsewhere."""
    # Only the table of all use leaves zeros blank; in the other a blank is a cell that got lost.
    number = cells.parse_whole if table is UNITS_TABLE else cells.parse_whole_or_zero
    found = {tactic: row.take(column, number) for column, tactic in table.tactics.items()}
    total = row.take(table.total, number)
    row.take(table.force, lambda text: cells.check_past(END, known_on))
    if not (area := cells.find_force(city, row.cells[table.force])):
        return []
    # A cell that slipped into another column shows in the sum.
    if sum(found.values()) != total:
        raise row.wrong(f"the uses add up to {sum(found.values())}, not to {total}")
    return [
        DeploymentCount(
            area=area,
            start=table.start,
            end=END,
            measure="officer_reports",
            tactic=tactic,
            count=number,
        )
        for tactic, number in {**found, "ced": total}.items()
    ]
