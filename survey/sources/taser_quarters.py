"""Use of Taser in 2009-10 by quarter and police force (Home Office, figures of March 2010).

Table 2 counts all use, table 4 that of specially trained units alone. They tell firings and drive
stuns; the rest is one figure, uses in which nothing was discharged.
"""

import datetime
import re

import msgspec

from survey.deployments import Count, Import, Origin
from survey.places import City
from survey.problems import Problem, unreadable_file
from survey.sources import cells, delimited, imports, periods
from survey.sources.delimited import Row

UNITS = "Home Office: Taser use by specially trained units, quarters of 2009-10"
ALL = "Home Office: all Taser use, quarters of 2009-10"
KIND = "deployments"
ORIGIN: Origin = "publisher"
LABEL = "Taser use by quarter of 2009-10"
EXPECTED = "Taser use by quarter of 2009-10 (force, 2009-04_06_firings, ..., 2010-01_03_totals)"
COLUMN = re.compile(
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


class Column(msgspec.Struct, frozen=True):
    """What a column counts, and over which quarter."""

    tactic: str
    period: periods.Period


def recognises(content: bytes) -> bool:
    header = delimited.header_of(content)
    return "force" in header and any(COLUMN.match(column) for column in header)


def read(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    table = delimited.read(name, content, columns=("force",))
    columns = {column: told for column in table.header if (told := column_of(column))}
    check_quarters(name, columns)
    blanks = "_" not in "".join(columns)  # the copy with headings in words leaves zeros blank
    rows = delimited.parsed(table, lambda row: read_row(row, columns, blanks, city, known_on))
    counts = tuple(count for row in rows for count in row)
    if not counts:
        raise unreadable_file(name, f"a police force of {city.name}", "none of them")
    imports.check_once(name, counts)
    source = ALL if blanks else UNITS
    return imports.of_file(source, name, content, known_on, counts=counts, notes=NOTES)


def column_of(heading: str) -> Column | None:
    match = COLUMN.match(heading)
    if not match:
        return None
    if match["words"]:
        period = periods.of_title(match["words"].replace("-", " to "))
    else:
        year = int(match["year"])
        last = datetime.date(year, int(match["last"]), 1)
        period = datetime.date(year, int(match["first"]), 1), cells.month_end(last)
    tactic = TACTICS[match["what"].replace("-", "_")]
    return Column(tactic, period) if period else None


def check_quarters(name: str, columns: dict[str, Column]) -> None:
    told = {(column.period, column.tactic) for column in columns.values()}
    for period in {column.period for column in columns.values()}:
        missing = [tactic for tactic in TACTICS.values() if (period, tactic) not in told]
        if missing:
            expected = f"all of {', '.join(TACTICS)} for each quarter"
            raise unreadable_file(name, expected, f"no {missing[0]} from {period[0]}")


def read_row(
    row: Row, columns: dict[str, Column], blanks: bool, city: City, known_on: datetime.date
) -> list[Count]:
    """The counts of a force of this city; nothing for the forces of other places."""
    number = cells.whole_or_none if blanks else cells.whole
    found = {told: row.take(column, number) for column, told in columns.items()}
    last = max(told.period[1] for told in found)
    row.take("force", lambda text: cells.past(last, known_on))
    try:
        area = city.force(row.cells["force"]).code
    except Problem:
        return []
    for period in {told.period for told in found}:
        check_total(row, {told.tactic: n for told, n in found.items() if told.period == period})
    return [
        Count(
            area=area,
            start=told.period[0],
            end=told.period[1],
            measure="officer_reports",
            tactic=told.tactic,
            count=count,
        )
        for told, count in found.items()
    ]


def check_total(row: Row, found: dict[str, int]) -> None:
    parts = sum(count for tactic, count in found.items() if tactic != "ced")
    if parts != found["ced"]:
        raise row.wrong(f"the uses of a quarter add up to {parts}, not to {found['ced']}")
