"""Home Office tables on police use of force by police force (ODS): devices above all.

Editions differ in which sheet it is, in columns added for revision marks, and in whether the
year is in a column or in the title; so sheets are found by their title and columns by their
heading. Of editions after 2019/20 no file could be had: their spellings are a guess.

Of the tables by perceived age, sex, ethnicity or health only the row on devices is read: tables 14
to 17 since 2018/19; those of 2017/18 give these groups for England and Wales only. Table 12 counts
incidents, not officers' reports.
"""

import datetime
import re
from collections import Counter
from collections.abc import Iterator

import msgspec

from survey import sources
from survey.deployments import CountMeasure, DeploymentCount, Import
from survey.files import cells, sheets
from survey.files.cells import PERCEIVED
from survey.files.delimited import BadCell, Faults
from survey.files.refusals import unreadable_file
from survey.files.sheets import WorkbookSheet, comparable_cell
from survey.places import City
from survey.sources import Format

SOURCE = "Home Office: use of conducted energy devices by police force"
EXPECTED = "Home Office tables on the use of CED by type and police force (.ods)"
TITLE = re.compile(
    r"use of (?:ceds?|conducted energy devices?(?: \(ceds?\))?|taser ® x26),? by type"
    r"(?:,| and),? police force"
)
FORCE = ("police force", "police force/region", "police force name", "force name", "force")
YEAR = "financial year"
YEARS = (YEAR, "year", "year ending")
# By the words of a heading, with a space for each hyphen.
TACTICS = {
    **dict.fromkeys(("total", "total ced", "total ced use"), "ced"),
    **{word: word for word in ("drawn", "aimed", "arced", "fired")},
    **dict.fromkeys(("warned", "warning", "warning sound", "audible warning"), "warned"),
    **dict.fromkeys(("red dot", "red dotted"), "red_dotted"),
    **dict.fromkeys(("drive stun", "drive stunned"), "drive_stunned"),
    **dict.fromkeys(("angled drive stun", "angle drive stun"), "angled_drive_stunned"),
    **dict.fromkeys(("not stated", "ced not stated"), "not_stated"),
}
# What a heading or a cell says of itself, such as '[note 4]' or '[r]' for revised.
MARK = re.compile(r" ?\[[a-z0-9 ,]{1,20}\]")
REVISED = re.compile(r"\[r\]|^r$")
OTHER_FORCE = "british transport police"
OTHER_FORCE_NOTE = (
    "British Transport Police, collected since 2023/24, is in the file; it belongs to no area, and "
    "its uses are in none of these figures."
)
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


def heading_words(cell: sheets.CellValue) -> str:
    """A heading without its notes, for comparison."""
    return MARK.sub("", comparable_cell(cell)).strip()


def parse_count(value: sheets.CellValue) -> int:
    """The count in a cell, which is text where it has a mark: '1,234 [r]'."""
    if isinstance(value, str) and (bare := MARK.sub("", value)) != value:
        return cells.parse_whole(bare.strip())
    return sheets.parse_count(value)


def parse_year(text: str) -> cells.Period:
    """The period of a year: '2024/25', '2024-25', 'year ending March 2025', a span in words."""
    if cells.SPAN.search(text) and (span := cells.period_in_title(text)):
        return span
    if ending := YEAR_ENDING.search(text):
        last = datetime.date(int(ending[1]), 3, 31)
        return last.replace(year=last.year - 1) + datetime.timedelta(days=1), last
    return cells.parse_financial_year(text.replace("-", "/", 1))


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
    notes = (*NOTES, *notes_on_sheets(titled))
    return sources.import_from_file(
        SOURCE, name, content, known_on, counts=tuple(counts), notes=notes
    )


def notes_on_sheets(titled: list[WorkbookSheet]) -> Iterator[str]:
    """Whether another force is in the tables, and how many figures their publisher revised."""
    every = [comparable_cell(cell) for sheet in titled for row in sheet.rows for cell in row]
    if OTHER_FORCE in map(heading_words, every):
        yield OTHER_FORCE_NOTE
    if revised := sum(bool(REVISED.search(cell)) for cell in every):
        yield f"Figures of devices that the file marks as revised, of all forces: {revised:,}."


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
        if area := cells.find_force(city, heading_words(row[layout.force])):
            counts += read_row(sheet, layout, number, area, known_on)
    return counts


def find_layout(sheet: WorkbookSheet) -> HomeOfficeLayout:
    for number, row in enumerate(sheet.rows[:12]):
        headings = {
            heading_words(cell): place for place, cell in enumerate(row) if heading_words(cell)
        }
        tactics = {
            TACTICS[words]: place
            for text, place in headings.items()
            if (words := text.replace("-", " ")) in TACTICS
        }
        force = next((headings[text] for text in FORCE if text in headings), None)
        if force is None:
            continue
        missing = sorted({*TACTICS.values()} - {*tactics, "warned"})
        if missing:
            raise BadCell(f"sheet {sheet.name!r}, row {number + 1}", f"no column for {missing[0]}")
        year = next((headings[text] for text in YEARS if text in headings), None)
        return HomeOfficeLayout(number, force, year, tactics, period_in_title(sheet.title))
    raise BadCell(f"sheet {sheet.name!r}", "no row of headings with 'Police force' was found")


def period_in_title(title: str) -> cells.Period | None:
    """The period of a title; none of several years ('year ending March 2018 to March 2025'), where
    each row has its own.
    """
    if not YEAR_ENDING.search(title):
        return cells.period_in_title(title)
    return parse_year(title) if len(set(MARCHES.findall(title))) == 1 else None


def read_row(
    sheet: WorkbookSheet, layout: HomeOfficeLayout, number: int, area: str, known_on: datetime.date
) -> list[DeploymentCount]:
    start, end = row_period(sheet, layout, number, known_on)
    counts = {
        tactic: parse_cell(sheet, number, place, tactic) for tactic, place in layout.tactics.items()
    }
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
            period = parse_year(heading_words(sheet.rows[number][layout.year]))
        elif layout.period is not None:
            period = layout.period
        else:
            raise ValueError(f"no period was found in {sheet.title[:80]!r}")
        cells.check_past(period[1], known_on)
    except ValueError as wrong:
        raise BadCell(sheet.where(number, YEAR), str(wrong)) from wrong
    return period


GROUPS_TITLE = re.compile(
    r"tactics were used, by police force and (?:officer[ -])?perceived "
    r"(age|gender|sex|ethnicity|disability|health condition)"
)
BANDS = ("11 - 17", "18 - 34", "35 - 49", "50 - 64")
AGE = {
    **dict.fromkeys(("under 11 years", "under 11", "0 - 10"), "0-10"),
    **{
        band.replace(" - ", dash) + unit: band.replace(" ", "")
        for band in BANDS
        for dash in (" - ", "-", " to ")
        for unit in ("", " years")
    },
    **dict.fromkeys(("65 and over", "65 years and over"), "65+"),
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
    "sex": ("sex", SEX),
    "ethnicity": ("ethnicity_officer", PERCEIVED),
    "disability": ("health", HEALTH),
    "health condition": ("health", HEALTH),
}
YEAR_ENDING = re.compile(r"year (?:ending|to)(?: 31)? march (20[0-9]{2})")
MARCHES = re.compile(r"march (20[0-9]{2})")
DEVICE_ROWS = ("ced", "ced of which", "conducted energy device", "conducted energy device (ced)")


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
        if heading_words(row[headings.index("tactic")]).replace(",", "") not in DEVICE_ROWS:
            continue
        if area := cells.find_force(city, heading_words(row[headings.index("police force")])):
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
        year_count(area, end, ("officer_reports", "ced", group), count)
        for group, count in counts.items()
    ]


def year_count(
    area: str, end: datetime.date, what: tuple[CountMeasure, str, str], count: int
) -> DeploymentCount:
    """A count of the year to a day, with its measure, tactic and group."""
    measure, tactic, group = what
    start = end.replace(year=end.year - 1) + datetime.timedelta(days=1)
    return DeploymentCount(
        area=area,
        start=start,
        end=end,
        measure=measure,
        tactic=tactic,
        group=group,
        count=count,
    )


def parse_cell(sheet: WorkbookSheet, number: int, place: int, label: str) -> int:
    try:
        return parse_count(sheet.rows[number][place])
    except ValueError as wrong:
        raise BadCell(sheet.where(number, label), str(wrong)) from wrong


def comparable_headings(row: list[sheets.CellValue]) -> list[str]:
    headings = [heading_words(cell) for cell in row]
    while headings and not headings[-1]:
        headings.pop()
    return headings


# Since 2023/24 the publication counts reports where it had counted incidents: another measure.
INCIDENTS_TITLE = re.compile(
    r"^table [0-9]+[a-z]?\W+(?:number of )?"
    r"(?:(incidents)|(?:use of force )?reports)(?:,)? by police force"
)
HEADINGS = ("police force", "total")


def read_incidents(
    book: list[WorkbookSheet], city: City, last: datetime.date | None
) -> list[DeploymentCount]:
    """The counts of incidents with any force, or of reports; the year is found as for groups."""
    return [
        count
        for sheet in book
        if (title := INCIDENTS_TITLE.search(sheet.title))
        for count in read_incident_sheet(
            sheet,
            city,
            financial_year_end(sheet, last),
            "incidents" if title[1] else "officer_reports",
        )
    ]


def read_incident_sheet(
    sheet: WorkbookSheet, city: City, end: datetime.date, measure: CountMeasure
) -> list[DeploymentCount]:
    plain = [[heading_words(cell) for cell in row] for row in sheet.rows]
    heading = next((n for n, row in enumerate(plain[:12]) if set(HEADINGS) <= set(row)), None)
    if heading is None:
        raise BadCell(f"sheet {sheet.name!r}", "no row of headings with 'Police force', 'Total'")
    force, total = (plain[heading].index(column) for column in HEADINGS)
    return [
        year_count(area, end, (measure, "force", "all"), parse_cell(sheet, number, total, "total"))
        for number, row in enumerate(plain[heading + 1 :], heading + 1)
        if (area := cells.find_force(city, row[force]))
    ]
