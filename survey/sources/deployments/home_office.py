"""Home Office tables on police use of force by police force (ODS): devices above all.

Editions differ in which sheet it is, in columns added for revision marks, and in whether the
year is in a column or in the title; so sheets are found by their title and columns by their
heading.
"""

import datetime
import re

import msgspec

from survey.deployments.counts import DeploymentCount, Import, ImportOrigin
from survey.files import unreadable_file
from survey.places import City
from survey.problems import Problem
from survey.sources import imports
from survey.sources.deployments import home_office_groups, home_office_incidents
from survey.sources.reading import cells, sheets
from survey.sources.reading.delimited import BadCell, Faults
from survey.sources.reading.sheets import WorkbookSheet, comparable_cell

SOURCE = "Home Office: use of conducted energy devices by police force"
KIND = "deployments"
ORIGIN: ImportOrigin = "publisher"
LABEL = "an OpenDocument spreadsheet, such as the Home Office's tables on the use of force"
EXPECTED = "Home Office tables on the use of CED by type and police force (.ods)"
TITLE = re.compile(r"use of (?:ced|taser ® x26) by type(?:,| and) police force")
FORCE = ("police force", "police force/region")
YEAR = "financial year"
TACTICS = {
    "total": "ced",
    "drawn": "drawn",
    "aimed": "aimed",
    "red-dot": "red_dotted",
    "arced": "arced",
    "drive stun": "drive_stunned",
    "fired": "fired",
    "angled drive stun": "angled_drive_stunned",
    "not stated": "not_stated",
    "ced not stated": "not_stated",
}
NOTES = (
    "Figures of a whole police force. Only the most severe use in each recorded use was counted.",
    "Age, sex, ethnicity and health as perceived by the officer; 'Chinese' is counted with Asian, "
    "as in the census.",
    "Incidents are of force of any kind; several officers may report on one.",
)


class HomeOfficeLayout(msgspec.Struct, frozen=True):
    """The layout of a sheet: the row of its headings, and the position of each column."""

    heading: int
    force: int
    year: int | None
    tactics: dict[str, int]
    period: cells.Period | None


def recognises(content: bytes) -> bool:
    return sheets.is_spreadsheet(content)


def read(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    faults = Faults(name)
    counts: list[DeploymentCount] = []
    book = sheets.read_workbook(name, content)
    titled = [sheet for sheet in book if TITLE.search(sheet.title)]
    for sheet in titled:
        try:
            counts += read_sheet(sheet, city, known_on)
        except BadCell as bad:
            faults.add(bad.fault)
    last = max((c.end for c in counts), default=None)
    # After the tables on devices, which give the year to those that do not name it.
    for tables in (home_office_groups, home_office_incidents):
        try:
            counts += tables.read(book, city, last)
        except BadCell as bad:
            faults.add(bad.fault)
    faults.refuse()
    if not counts:
        seen = f"{len(titled)} such tables, without a police force of {city.name}"
        raise unreadable_file(name, EXPECTED, seen)
    imports.check_no_overlap(name, tuple(counts))
    return imports.import_from_file(
        SOURCE, name, content, known_on, counts=tuple(counts), notes=NOTES
    )


def read_sheet(sheet: WorkbookSheet, city: City, known_on: datetime.date) -> list[DeploymentCount]:
    layout = find_layout(sheet)
    counts = []
    for number, row in enumerate(sheet.rows[layout.heading + 1 :], layout.heading + 1):
        try:
            area = city.force(comparable_cell(row[layout.force])).code
        # Subtotals, regions and forces elsewhere are rows too.
        except Problem:
            continue
        counts += read_row(sheet, layout, number, area, known_on)
    return counts


def find_layout(sheet: WorkbookSheet) -> HomeOfficeLayout:
    for number, row in enumerate(sheet.rows[:12]):
        headings = {
            comparable_cell(cell): place for place, cell in enumerate(row) if comparable_cell(cell)
        }
        tactics = {TACTICS[text]: headings[text] for text in headings if text in TACTICS}
        force = next((headings[text] for text in FORCE if text in headings), None)
        if force is None:
            continue
        missing = sorted(set(TACTICS.values()) - set(tactics))
        if missing:
            raise BadCell(f"sheet {sheet.name!r}, row {number + 1}", f"no column for {missing[0]}")
        return HomeOfficeLayout(
            number, force, headings.get(YEAR), tactics, cells.period_in_title(sheet.title)
        )
    raise BadCell(f"sheet {sheet.name!r}", "no row of headings with 'Police force' was found")


def read_row(
    sheet: WorkbookSheet, layout: HomeOfficeLayout, number: int, area: str, known_on: datetime.date
) -> list[DeploymentCount]:
    row = sheet.rows[number]
    start, end = row_period(sheet, layout, number, known_on)
    found = {}
    for tactic, place in layout.tactics.items():
        try:
            found[tactic] = sheets.parse_count(row[place])
        except ValueError as wrong:
            raise BadCell(sheet.where(number, tactic), str(wrong)) from wrong
    parts = sum(count for tactic, count in found.items() if tactic != "ced")
    # A count read under the wrong heading shows in the sum.
    if parts != found["ced"]:
        raise BadCell(sheet.where(number, "Total"), f"is {found['ced']}, the types give {parts}")
    return [
        DeploymentCount(
            area=area,
            start=start,
            end=end,
            measure="officer_reports",
            tactic=tactic,
            count=count,
        )
        for tactic, count in found.items()
    ]


def row_period(
    sheet: WorkbookSheet, layout: HomeOfficeLayout, number: int, known_on: datetime.date
) -> cells.Period:
    try:
        if layout.year is not None:
            found = cells.parse_financial_year(comparable_cell(sheet.rows[number][layout.year]))
        elif layout.period is not None:
            found = layout.period
        else:
            raise ValueError(f"no period was found in {sheet.title[:80]!r}")
        cells.check_past(found[1], known_on)
    except ValueError as wrong:
        raise BadCell(sheet.where(number, YEAR), str(wrong)) from wrong
    return found
