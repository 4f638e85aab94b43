"""Use of Taser until 2010 by police force (Home Office, figures of March 2010).

Tables 2 and 4 are by quarter of 2009-10, tables 1 and 3 from the start of 2004 and of 2007. Of each
pair the first counts all use, the other only that of specially trained units. The quarters give
firings and drive stuns, and one figure for uses in which nothing was discharged. The period of
tables 1 and 3 is not in the file: the headings show which table it is.
"""

import datetime
import re

import msgspec

from survey import sources
from survey.deployments import DeploymentCount, Import, month_end
from survey.files import cells, delimited
from survey.files.delimited import DelimitedRow
from survey.files.refusals import unreadable_file
from survey.places import City
from survey.sources import Format

UNITS_SOURCE = "Home Office: Taser use by specially trained units, quarters of 2009-10"
ALL_SOURCE = "Home Office: all Taser use, quarters of 2009-10"
HEADING = re.compile(
    r"^(?:(?P<year>20\d{2})-(?P<first>\d{2})_(?P<last>\d{2})_|(?P<words>\w+-\w+ 20\d{2}) )"
    r"(?P<what>firings|drive.stuns|non.discharges|totals)$"
)
QUARTER_TACTICS = {
    "firings": "fired",
    "drive_stuns": "drive_stunned",
    "non_discharges": "not_discharged",
    "totals": "ced",
}
QUARTER_NOTES = (
    "Only the most severe use in a deployment was counted.",
    "Uses without a discharge are one figure: drawn, aimed, red-dotted and arced.",
)


class QuarterColumn(msgspec.Struct, frozen=True):
    """What a column counts, and its quarter."""

    tactic: str
    period: cells.Period


def has_quarters(content: bytes) -> bool:
    header = delimited.read_header(content)
    return "force" in header and any(HEADING.match(column) for column in header)


def read_quarters(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    table = delimited.read_table(name, content, columns=("force",))
    columns = {column: parsed for column in table.header if (parsed := parse_heading(column))}
    present = {(column.period, column.tactic) for column in columns.values()}
    for period in {column.period for column in columns.values()}:
        missing = [tactic for tactic in QUARTER_TACTICS.values() if (period, tactic) not in present]
        if missing:
            expected = f"all of {', '.join(QUARTER_TACTICS)} for each quarter"
            raise unreadable_file(name, expected, f"no {missing[0]} from {period[0]}")
    blanks = "_" not in "".join(columns)  # the copy with headings in words leaves zeros blank
    rows = delimited.parse_rows(
        table, lambda row: read_quarter_counts(row, columns, blanks, city, known_on)
    )
    counts = tuple(count for row in rows for count in row)
    if not counts:
        raise unreadable_file(name, f"a police force of {city.name}", "none of them")
    sources.check_no_overlap(name, counts)
    # Two series, as one contains the other: added up, the units would count twice.
    source = ALL_SOURCE if blanks else UNITS_SOURCE
    return sources.import_from_file(
        source, name, content, known_on, counts=counts, notes=QUARTER_NOTES
    )


TASER_QUARTERS = Format(
    origin="publisher",
    label="Taser use by quarter of 2009-10",
    expected="Taser use by quarter of 2009-10 (force, 2009-04_06_firings, ..., 2010-01_03_totals)",
    recognises=has_quarters,
    read=read_quarters,
)


def parse_heading(heading: str) -> QuarterColumn | None:
    match = HEADING.match(heading)
    if not match:
        return None
    if match["words"]:
        period = cells.period_in_title(match["words"].replace("-", " to "))
    else:
        year = int(match["year"])
        last = datetime.date(year, int(match["last"]), 1)
        period = datetime.date(year, int(match["first"]), 1), month_end(last)
    tactic = QUARTER_TACTICS[match["what"].replace("-", "_")]
    return QuarterColumn(tactic, period) if period else None


def read_quarter_counts(
    row: DelimitedRow,
    columns: dict[str, QuarterColumn],
    blanks: bool,
    city: City,
    known_on: datetime.date,
) -> list[DeploymentCount]:
    """The counts of a force of this city; empty for forces elsewhere."""
    number = cells.parse_whole_or_zero if blanks else cells.parse_whole
    counts = {quarter: row.take(column, number) for column, quarter in columns.items()}
    last = max(quarter.period[1] for quarter in counts)
    row.take("force", lambda text: cells.check_past(last, known_on))
    if not (area := cells.find_force(city, row.cells["force"])):
        return []
    for period in {quarter.period for quarter in counts}:
        uses = {quarter.tactic: n for quarter, n in counts.items() if quarter.period == period}
        parts = sum(count for tactic, count in uses.items() if tactic != "ced")
        # A cell that slipped into another column shows in the sum.
        if parts != uses["ced"]:
            raise row.wrong(f"the uses of a quarter add up to {parts}, not to {uses['ced']}")
    return [
        DeploymentCount(
            area=area,
            start=quarter.period[0],
            end=quarter.period[1],
            measure="officer_reports",
            tactic=quarter.tactic,
            count=count,
        )
        for quarter, count in counts.items()
    ]


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
TRIAL_TACTICS = ("fired", "drive_stunned", "arced", "red_dotted", "aimed", "drawn", "not_stated")
UNITS_HEADINGS = ("discharges", "drive_stuns", "arced", "red_dot", "aimed", "drawn", "not_stated")
ALL_HEADINGS = ("discharges", "drive-stuns", "arced", "red dot", "aimed", "drawn", "not stated")
UNITS_TABLE = TrialTable(
    source="Home Office: Taser use by specially trained units, 2007 to 2010",
    start=datetime.date(2007, 9, 1),
    force="force",
    total="total_used",
    tactics=dict(zip(UNITS_HEADINGS, TRIAL_TACTICS, strict=True)),
    joined="The Metropolitan Police joined the trial on 10 December 2007.",
)
ALL_TABLE = TrialTable(
    source="Home Office: all Taser use, 2004 to 2010",
    start=datetime.date(2004, 4, 22),
    force="force",
    total="total used",
    tactics=dict(zip(ALL_HEADINGS, TRIAL_TACTICS, strict=True)),
    joined="Use by firearms officers and by specially trained units together.",
)
NOTE = "Only the most severe use in a deployment was counted."


def find_table(content: bytes) -> TrialTable | None:
    header = set(delimited.read_header(content))
    return next((table for table in (UNITS_TABLE, ALL_TABLE) if set(table.columns) <= header), None)


def read_trial(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    # Where neither fits, reading it as the first names the columns that are missing.
    table = find_table(content) or UNITS_TABLE
    text = delimited.read_table(name, content, columns=table.columns)
    rows = delimited.parse_rows(text, lambda row: read_trial_counts(row, table, city, known_on))
    counts = tuple(count for row in rows for count in row)
    if not counts:
        raise unreadable_file(name, f"a police force of {city.name}", "none of them")
    sources.check_no_overlap(name, counts)
    notes = (NOTE, table.joined)
    return sources.import_from_file(
        table.source, name, content, known_on, counts=counts, notes=notes
    )


TASER_TRIAL = Format(
    origin="publisher",
    label="Taser use by specially trained units",
    expected=f"Taser use by specially trained units, or all use ({', '.join(UNITS_TABLE.columns)})",
    recognises=lambda content: find_table(content) is not None,
    read=read_trial,
)


def read_trial_counts(
    row: DelimitedRow, table: TrialTable, city: City, known_on: datetime.date
) -> list[DeploymentCount]:
    """The counts of a force of this city; empty for forces elsewhere."""
    # Only the table of all use leaves zeros blank; in the other a blank is a cell that got lost.
    number = cells.parse_whole if table is UNITS_TABLE else cells.parse_whole_or_zero
    counts = {tactic: row.take(column, number) for column, tactic in table.tactics.items()}
    total = row.take(table.total, number)
    row.take(table.force, lambda text: cells.check_past(END, known_on))
    if not (area := cells.find_force(city, row.cells[table.force])):
        return []
    # A cell that slipped into another column shows in the sum.
    if sum(counts.values()) != total:
        raise row.wrong(f"the uses add up to {sum(counts.values())}, not to {total}")
    return [
        DeploymentCount(
            area=area,
            start=table.start,
            end=END,
            measure="officer_reports",
            tactic=tactic,
            count=number,
        )
        for tactic, number in {**counts, "ced": total}.items()
    ]
