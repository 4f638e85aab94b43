"""The Home Office's incidents by police force (table 12): incidents, not officers' reports."""

import datetime
import re

from survey.deployments.counts import DeploymentCount
from survey.places import City
from survey.problems import Problem
from survey.sources.deployments import home_office_groups
from survey.sources.reading.delimited import BadCell
from survey.sources.reading.sheets import WorkbookSheet, comparable_cell

TITLE = re.compile(r"^table 12\W+incidents by police force")
HEADINGS = ("police force", "total")


def read(
    book: list[WorkbookSheet], city: City, last: datetime.date | None
) -> list[DeploymentCount]:
    """The counts of incidents with any force; a table without a year is taken to be of the year to
    `last`.
    """
    return [
        count
        for sheet in book
        if TITLE.search(sheet.title)
        for count in read_sheet(sheet, city, home_office_groups.financial_year_end(sheet, last))
    ]


def read_sheet(sheet: WorkbookSheet, city: City, end: datetime.date) -> list[DeploymentCount]:
    plain = [[comparable_cell(cell) for cell in row] for row in sheet.rows]
    heading = next((n for n, row in enumerate(plain[:12]) if set(HEADINGS) <= set(row)), None)
    if heading is None:
        raise BadCell(f"sheet {sheet.name!r}", "no row of headings with 'Police force', 'Total'")
    force, total = (plain[heading].index(column) for column in HEADINGS)
    counts = []
    for number, row in enumerate(plain[heading + 1 :], heading + 1):
        try:
            area = city.force(row[force]).code
        # Subtotals, regions and forces elsewhere are rows too.
        except Problem:
            continue
        counts.append(
            DeploymentCount(
                area=area,
                start=end.replace(year=end.year - 1) + datetime.timedelta(days=1),
                end=end,
                measure="incidents",
                tactic="force",
                count=home_office_groups.parse_cell(sheet, number, total, "total"),
            )
        )
    return counts
