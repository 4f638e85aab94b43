"""The Home Office's incidents by police force (table 12): how often, not how many officers."""

import datetime
import re

from survey.deployments import Count
from survey.places import City
from survey.problems import Problem
from survey.sources import home_office_groups
from survey.sources.delimited import BadCell
from survey.sources.sheets import Sheet, words

TITLE = re.compile(r"^table 12\W+incidents by police force")
HEADINGS = ("police force", "total")


def read(book: list[Sheet], city: City, last: datetime.date | None) -> list[Count]:
    """Incidents with force of any kind. An edition that tells no year means its `last` one."""
    return [
        count
        for sheet in book
        if TITLE.search(sheet.title)
        for count in read_sheet(sheet, city, home_office_groups.year_end(sheet, last))
    ]


def read_sheet(sheet: Sheet, city: City, end: datetime.date) -> list[Count]:
    plain = [[words(cell) for cell in row] for row in sheet.rows]
    heading = next((n for n, row in enumerate(plain[:12]) if set(HEADINGS) <= set(row)), None)
    if heading is None:
        raise BadCell(f"sheet {sheet.name!r}", "no row of headings with 'Police force', 'Total'")
    force, total = (plain[heading].index(column) for column in HEADINGS)
    counts = []
    for number, row in enumerate(plain[heading + 1 :], heading + 1):
        try:
            area = city.force(row[force]).code
        except Problem:
            continue
        counts.append(
            Count(
                area=area,
                start=end.replace(year=end.year - 1) + datetime.timedelta(days=1),
                end=end,
                measure="incidents",
                tactic="force",
                count=home_office_groups.whole(sheet, number, total, "total"),
            )
        )
    return counts
