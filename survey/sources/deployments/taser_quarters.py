"""Use of Taser in 2009-10 by quarter and police force (Home Office, figures of March 2010).

Table 2 counts all use, table 4 only that of specially trained units. They give firings and
drive stuns; the rest is one figure, uses in which nothing was discharged.
"""

import datetime
import re

import msgspec

from survey.deployments import DeploymentCount, Import, ImportOrigin, month_end
from survey.files import cells, delimited
from survey.files.delimited import DelimitedRow
from survey.files.refusals import unreadable_file
from survey.places import City
from survey.sources import imports

UNITS_SOURCE = "Home Office: Taser use by specially trained units, quarters of 2009-10"
ALL_SOURCE = "Home Office: all Taser use, quarters of 2009-10"
KIND = "deployments"
ORIGIN: ImportOrigin = "publisher"
LABEL = "Taser use by quarter of 2009-10"
EXPECTED = "Taser use by quarter of 2009-10 (force, 2009-04_06_firings, ..., 2010-01_03_totals)"
HEADING = re.compile(
    r"^(?:(?P<year>20\d{2})-(?P<first>\d{2})_(?P<last>\d{2})_|(?P<words>\w+-\w+ 20\d{2}) )"
    r"(?P<what>firings|drive.stuns|non.discharges|totals)$"
)
TACTICS = {
    "firings": "fired",
    "drive_stuns": "drive_stunned",
    "non_discharges": "not_discharged",
    "totals": "ced",
}
NOTES = (
    "Only the most severe use in a deployment was counted.",
    "Uses without a discharge are one figure: drawn, aimed, red-dotted and arced.",
)


class QuarterColumn(msgspec.Struct, frozen=True):
    """What a column counts, and its quarter."""

    tactic: str
    period: cells.Period


def recognises(content: bytes) -> bool:
    header = delimited.read_header(content)
    return "force" in header and any(HEADING.match(column) for column in header)


def read(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    table = delimited.read_table(name, content, columns=("force",))
    columns = {column: parsed for column in table.header if (parsed := parse_heading(column))}
    check_quarters(name, columns)
    blanks = "_" not in "".join(columns)  # the copy with headings in words leaves zeros blank
    rows = delimited.parse_rows(table, lambda row: read_row(row, columns, blanks, city, known_on))
    counts = tuple(count for row in rows for count in row)
    if not counts:
        raise unreadable_file(name, f"a police force of {city.name}", "none of them")
    imports.check_no_overlap(name, counts)
    # Two series, as one contains the other: added up, the units would count twice.
    source = ALL_SOURCE if blanks else UNITS_SOURCE
    return imports.import_from_file(source, name, content, known_on, counts=counts, notes=NOTES)


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
    tactic = TACTICS[match["what"].replace("-", "_")]
    return QuarterColumn(tactic, period) if period else None


def check_quarters(name: str, columns: dict[str, QuarterColumn]) -> None:
    present = {(column.period, column.tactic) for column in columns.values()}
    for period in {column.period for column in columns.values()}:
        missing = [tactic for tactic in TACTICS.values() if (period, tactic) not in present]
        if missing:
            expected = f"all of {', '.join(TACTICS)} for each quarter"
            raise unreadable_file(name, expected, f"no {missing[0]} from {period[0]}")


def read_row(
    row: DelimitedRow,
    columns: dict[str, QuarterColumn],
    blanks: bool,
    city: City,
    known_on: datetime.date,
) -> list[DeploymentCount]:
    """The counts of a force of this city; empty for forces elsewhere."""
    number = cells.parse_whole_or_zero if blanks else cells.parse_whole
    found = {quarter: row.take(column, number) for column, quarter in columns.items()}
    last = max(quarter.period[1] for quarter in found)
    row.take("force", lambda text: cells.check_past(last, known_on))
    if not (area := cells.find_force(city, row.cells["force"])):
        return []
    for period in {quarter.period for quarter in found}:
        check_total(
            row, {quarter.tactic: n for quarter, n in found.items() if quarter.period == period}
        )
    return [
        DeploymentCount(
            area=area,
            start=quarter.period[0],
            end=quarter.period[1],
            measure="officer_reports",
            tactic=quarter.tactic,
            count=count,
        )
        for quarter, count in found.items()
    ]


def check_total(row: DelimitedRow, found: dict[str, int]) -> None:
    parts = sum(count for tactic, count in found.items() if tactic != "ced")
    # A cell that slipped into another column shows in the sum.
    if parts != found["ced"]:
        raise row.wrong(f"the uses of a quarter add up to {parts}, not to {found['ced']}")
