"""The Home Office's tactics by police force and perceived age, sex, ethnicity or health.

Only the row on devices is read. Tables 14 to 17 since 2018/19; those of 2017/18 give these
groups for England and Wales only.
"""

import datetime
import re
from collections import Counter

from survey.deployments.counts import DeploymentCount
from survey.places import City
from survey.problems import Problem
from survey.sources.reading import sheets
from survey.sources.reading.cells import PERCEIVED
from survey.sources.reading.delimited import BadCell
from survey.sources.reading.sheets import WorkbookSheet, comparable_cell

TITLE = re.compile(
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


def read(
    book: list[WorkbookSheet], city: City, last: datetime.date | None
) -> list[DeploymentCount]:
    """The counts of uses of a device by category; a table without a year is taken to be of the year
    to `last`.
    """
    return [
        count
        for sheet in book
        if (title := TITLE.search(sheet.title))
        for count in read_sheet(sheet, city, financial_year_end(sheet, last), *DIMENSIONS[title[1]])
    ]


def financial_year_end(sheet: WorkbookSheet, last: datetime.date | None) -> datetime.date:
    match = YEAR_ENDING.search(sheet.title)
    end = datetime.date(int(match[1]), 3, 31) if match else last
    if end is None:
        raise BadCell(f"sheet {sheet.name!r}", "does not give the year, and no other table does")
    return end


def read_sheet(
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
        try:
            area = city.force(comparable_cell(row[headings.index("police force")])).code
        except Problem:
            continue
        found = read_row(sheet, number, headings, groups)
        counts += group_counts(found, area, end)
    return counts


def read_row(
    sheet: WorkbookSheet, number: int, headings: list[str], groups: dict[int, str]
) -> Counter[str]:
    found: Counter[str] = Counter()
    for place, group in groups.items():
        # Added, as Asian and Chinese are columns of one group.
        found[group] += parse_cell(sheet, number, place, headings[place])
    total = parse_cell(sheet, number, len(headings) - 1, headings[-1])
    # A new category would otherwise be missing without a word.
    if found.total() != total:
        raise BadCell(
            sheet.where(number, headings[-1]), f"is {total}, the groups give {found.total()}"
        )
    return found


def group_counts(found: Counter[str], area: str, end: datetime.date) -> list[DeploymentCount]:
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
        for group, count in found.items()
    ]


def parse_cell(sheet: WorkbookSheet, number: int, place: int, label: str) -> int:
    try:
        return sheets.parse_count(sheet.rows[number][place])
    except ValueError as wrong:
        raise BadCell(sheet.where(number, label), str(wrong)) from wrong


def comparable_headings(row: list[sheets.CellValue]) -> list[str]:
    found = [comparable_cell(cell) for cell in row]
    while found and not found[-1]:
        found.pop()
    return found
