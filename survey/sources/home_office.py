"""Home Office tables on police use of force by police force (ODS): devices above all.

Editions differ in which sheet it is, in columns added for revision marks, and in whether the
year is in a column or in the title; so sheets are found by their title and columns by their
heading.

Of the tables by perceived age, sex, ethnicity or health only the row on devices is read: tables 14
to 17 since 2018/19; those of 2017/18 give these groups for England and Wales only. Table 12 counts
incidents, not officers' reports.
"""

import datetime
import re
from collections import Counter

import msgspec

from survey import sources
from survey.deployments import DeploymentCount, Import
from survey.files import cells, sheets
from survey.files.cells import PERCEIVED
from survey.files.delimited import BadCell, Faults
from survey.files.refusals import unreadable_file
from survey.files.sheets import WorkbookSheet, comparable_cell
from survey.places import City
from survey.sources import Format

SOURCE = "Home Office: use of conducted energy devices by police force"
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
    for read_tables in (read_groups, read_incidents):
        try:
            counts += read_tables(book, city, last)
        except BadCell as bad:
            faults.add(bad.fault)
    faults.refuse()
    if not counts:
        seen = f"{len(titled)} such tables, without a police force of {city.name}"
        raise unreadable_file(name, EXPECTED, seen)
    sources.check_no_overlap(name, tuple(counts))
    return sources.import_from_file(
        SOURCE, name, content, known_on, counts=tuple(counts), notes=NOTES
    )


HOME_OFFICE = Format(
    origin="publisher",
    label="an OpenDocument spreadsheet, such as the Home Office's tables on the use of force",
    expected=EXPECTED,
    recognises=sheets.is_spreadsheet,
    read=read,
)


def read_sheet(sheet: WorkbookSheet, city: City, known_on: datetime.date) -> list[DeploymentCount]:
    layout = find_layout(sheet)
    counts = []
    for number, row in enumerate(sheet.rows[layout.heading + 1 :], layout.heading + 1):
        if area := cells.find_force(city, comparable_cell(row[layout.force])):
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
    counts = {}
    for tactic, place in layout.tactics.items():
        try:
            counts[tactic] = sheets.parse_count(row[place])
        except ValueError as wrong:
            raise BadCell(sheet.where(number, tactic), str(wrong)) from wrong
    parts = sum(count for tactic, count in counts.items() if tactic != "ced")
    # A count read under the wrong heading shows in the sum.
    if parts != counts["ced"]:
        raise BadCell(sheet.where(number, "Total"), f"is {counts['ced']}, the types give {parts}")
    return [
        DeploymentCount(
            area=area,
            start=start,
            end=end,
            measure="officer_reports",
            tactic=tactic,
            count=count,
        )
        for tactic, count in counts.items()
    ]


def row_period(
    sheet: WorkbookSheet, layout: HomeOfficeLayout, number: int, known_on: datetime.date
) -> cells.Period:
    try:
        if layout.year is not None:
            period = cells.parse_financial_year(comparable_cell(sheet.rows[number][layout.year]))
        elif layout.period is not None:
            period = layout.period
        else:
            raise ValueError(f"no period was found in {sheet.title[:80]!r}")
        cells.check_past(period[1], known_on)
    except ValueError as wrong:
        raise BadCell(sheet.where(number, YEAR), str(wrong)) from wrong
    return period


GROUPS_TITLE = re.compile(
    r"tactics were used, by police force and officer perceived "
    r"(age|gender|ethnicity|disability|health condition)"
)
AGE = {
    "under 11 years": "0-10",
    "11 - 17 years": "11-17",
    "18 - 34 years": "18-34",
    "35 - 49 years": "35-49",
    "50 - 64 years": "50-64",
    "65 and over": "65+",
    "not reported": "unknown",
}
HEALTH = {
    "mental": "mental",
    "physical": "physical",
    "physical and mental": "both",
    "none": "none",
    "not reported": "unknown",
}
SEX = {"male": "male", "female": "female", "other": "other", "not reported": "unknown"}
# By the word in a table's title: the dimension, and the category of each heading.
DIMENSIONS = {
    "age": ("age", AGE),
    "gender": ("sex", SEX),
    "ethnicity": ("ethnicity_officer", PERCEIVED),
    "disability": ("health", HEALTH),
    "health condition": ("health", HEALTH),
}
YEAR_ENDING = re.compile(r"year ending march (20[0-9]{2})")
DEVICE_ROWS = ("ced", "ced of which")


def read_groups(
    book: list[WorkbookSheet], city: City, last: datetime.date | None
) -> list[DeploymentCount]:
    """The counts of uses of a device by category; a table without a year is taken to be of the year
    that ends on `last`.
    """
    return [
        count
        for sheet in book
        if (title := GROUPS_TITLE.search(sheet.title))
        for count in read_group_sheet(
            sheet, city, financial_year_end(sheet, last), *DIMENSIONS[title[1]]
        )
    ]


def financial_year_end(sheet: WorkbookSheet, last: datetime.date | None) -> datetime.date:
    match = YEAR_ENDING.search(sheet.title)
    end = datetime.date(int(match[1]), 3, 31) if match else last
    if end is None:
        raise BadCell(f"sheet {sheet.name!r}", "does not give the year, and no other table does")
    return end


def read_group_sheet(
    sheet: WorkbookSheet, city: City, end: datetime.date, dimension: str, known: dict[str, str]
) -> list[DeploymentCount]:
    heading = next(
        (n for n, row in enumerate(sheet.rows[:12]) if "tactic" in comparable_headings(row)), None
    )
    if heading is None:
        raise BadCell(f"sheet {sheet.name!r}", "no row of headings with 'Tactic' was found")
    headings = comparable_headings(sheet.rows[heading])
    groups = {
        place: f"{dimension}:{known[label]}"
        for place, label in enumerate(headings)
        if label in known
    }
    counts = []
    for number, row in enumerate(sheet.rows[heading + 1 :], heading + 1):
        if comparable_cell(row[headings.index("tactic")]) not in DEVICE_ROWS:
            continue
        if area := cells.find_force(city, comparable_cell(row[headings.index("police force")])):
            group_row = read_group_row(sheet, number, headings, groups)
            counts += group_counts(group_row, area, end)
    return counts


def read_group_row(
    sheet: WorkbookSheet, number: int, headings: list[str], groups: dict[int, str]
) -> Counter[str]:
    counts: Counter[str] = Counter()
    for place, group in groups.items():
        # Added, as Asian and Chinese are columns of one group.
        counts[group] += parse_cell(sheet, number, place, headings[place])
    total = parse_cell(sheet, number, len(headings) - 1, headings[-1])
    # A new category would otherwise be missing without a word.
    if counts.total() != total:
        raise BadCell(
            sheet.where(number, headings[-1]), f"is {total}, the groups give {counts.total()}"
        )
    return counts


def group_counts(counts: Counter[str], area: str, end: datetime.date) -> list[DeploymentCount]:
    return [
        DeploymentCount(
            area=area,
            start=end.replace(year=end.year - 1) + datetime.timedelta(days=1),
            end=end,
            measure="officer_reports",
            tactic="ced",
            group=group,
            count=count,
        )
        for group, count in counts.items()
    ]


def parse_cell(sheet: WorkbookSheet, number: int, place: int, label: str) -> int:
    try:
        return sheets.parse_count(sheet.rows[number][place])
    except ValueError as wrong:
        raise BadCell(sheet.where(number, label), str(wrong)) from wrong


def comparable_headings(row: list[sheets.CellValue]) -> list[str]:
    headings = [comparable_cell(cell) for cell in row]
    while headings and not headings[-1]:
        headings.pop()
    return headings


INCIDENTS_TITLE = re.compile(r"^table 12\W+incidents by police force")
HEADINGS = ("police force", "total")


def read_incidents(
    book: list[WorkbookSheet], city: City, last: datetime.date | None
) -> list[DeploymentCount]:
    """The counts of incidents with any force; a table without a year is taken to be of the year
    that ends on `last`.
    """
    return [
        count
        for sheet in book
        if INCIDENTS_TITLE.search(sheet.title)
        for count in read_incident_sheet(sheet, city, financial_year_end(sheet, last))
    ]


def read_incident_sheet(
    sheet: WorkbookSheet, city: City, end: datetime.date
) -> list[DeploymentCount]:
    plain = [[comparable_cell(cell) for cell in row] for row in sheet.rows]
    heading = next((n for n, row in enumerate(plain[:12]) if set(HEADINGS) <= set(row)), None)
    if heading is None:
        raise BadCell(f"sheet {sheet.name!r}", "no row of headings with 'Police force', 'Total'")
    force, total = (plain[heading].index(column) for column in HEADINGS)
    counts = []
    for number, row in enumerate(plain[heading + 1 :], heading + 1):
        if not (area := cells.find_force(city, row[force])):
            continue
        counts.append(
            DeploymentCount(
                area=area,
                start=end.replace(year=end.year - 1) + datetime.timedelta(days=1),
                end=end,
                measure="incidents",
                tactic="force",
                count=parse_cell(sheet, number, total, "total"),
            )
        )
    return counts
