"""The Home Office's tactics by police force and perceived ethnicity: the line on devices."""

import datetime
import re
from collections import Counter

from survey.deployments import Count
from survey.places import City
from survey.problems import Problem
from survey.sources import sheets
from survey.sources.delimited import BadCell
from survey.sources.ethnicity import GROUPS
from survey.sources.sheets import Sheet, words

TITLE = re.compile(r"tactics were used, by police force and officer perceived ethnicity")
YEAR_ENDING = re.compile(r"year ending march (20[0-9]{2})")
DEVICE = ("ced", "ced of which")


def read(book: list[Sheet], city: City, last: datetime.date | None) -> list[Count]:
    """Uses of a device by group. An edition that tells no year means its `last` one."""
    return [
        count
        for sheet in book
        if TITLE.search(sheet.title)
        for count in read_sheet(sheet, city, year_end(sheet, last))
    ]


def year_end(sheet: Sheet, last: datetime.date | None) -> datetime.date:
    match = YEAR_ENDING.search(sheet.title)
    end = datetime.date(int(match[1]), 3, 31) if match else last
    if end is None:
        raise BadCell(f"sheet {sheet.name!r}", "tells no year, and no other table does")
    return end


def read_sheet(sheet: Sheet, city: City, end: datetime.date) -> list[Count]:
    heading = next((n for n, row in enumerate(sheet.rows[:12]) if "tactic" in plain(row)), None)
    if heading is None:
        raise BadCell(f"sheet {sheet.name!r}", "no row of headings with 'Tactic' was found")
    headings = plain(sheet.rows[heading])
    counts = []
    for number, row in enumerate(sheet.rows[heading + 1 :], heading + 1):
        if words(row[headings.index("tactic")]) not in DEVICE:
            continue
        try:
            area = city.force(words(row[headings.index("police force")])).code
        except Problem:
            continue
        counts += read_row(sheet, number, headings, area, end)
    return counts


def read_row(
    sheet: Sheet, number: int, headings: list[str], area: str, end: datetime.date
) -> list[Count]:
    groups: Counter[str] = Counter()
    for place, label in enumerate(headings):
        if label in GROUPS:
            groups[GROUPS[label]] += whole(sheet, number, place, label)
    total = whole(sheet, number, len(headings) - 1, headings[-1])
    if sum(groups.values()) != total:
        raise BadCell(
            sheet.where(number, headings[-1]), f"is {total}, the groups give {groups.total()}"
        )
    return [
        Count(
            area=area,
            start=end.replace(year=end.year - 1) + datetime.timedelta(days=1),
            end=end,
            measure="officer_reports",
            tactic="ced",
            group=group,
            count=count,
        )
        for group, count in groups.items()
    ]


def whole(sheet: Sheet, number: int, place: int, label: str) -> int:
    try:
        return sheets.whole(sheet.rows[number][place])
    except ValueError as wrong:
        raise BadCell(sheet.where(number, label), str(wrong)) from wrong


def plain(row: list[sheets.Value]) -> list[str]:
    found = [words(cell) for cell in row]
    while found and not found[-1]:
        found.pop()
    return found
