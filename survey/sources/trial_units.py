"""Use of Taser by specially trained units, September 2007 to March 2010 (Home Office, table 3).

One row a police force. The period is the table's own: it is not written in the file.
"""

import datetime

from survey.deployments import Count, Import
from survey.places import City
from survey.problems import Problem, unreadable_file
from survey.sources import cells, delimited, imports
from survey.sources.delimited import Row

SOURCE = "Home Office: Taser use by specially trained units, 2007 to 2010"
KIND = "deployments"
START, END = datetime.date(2007, 9, 1), datetime.date(2010, 3, 31)
TACTICS = {
    "discharges": "fired",
    "drive_stuns": "drive_stunned",
    "arced": "arced",
    "red_dot": "red_dotted",
    "aimed": "aimed",
    "drawn": "drawn",
    "not_stated": "not_stated",
}
COLUMNS = ("force", *TACTICS, "total_used")
EXPECTED = f"Taser use by specially trained units ({', '.join(COLUMNS)})"
NOTES = (
    "Only the most severe use in a deployment was counted.",
    "The Metropolitan Police joined the trial on 10 December 2007.",
)


def recognises(content: bytes) -> bool:
    return set(COLUMNS) <= set(delimited.header_of(content))


def read(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    table = delimited.read(name, content, columns=COLUMNS)
    rows = delimited.parsed(table, lambda row: read_row(row, city, known_on))
    counts = tuple(count for row in rows for count in row)
    if not counts:
        raise unreadable_file(name, f"a police force of {city.name}", "none of them")
    imports.check_once(name, counts)
    return imports.of_file(SOURCE, name, content, known_on, counts=counts, notes=NOTES)


def read_row(row: Row, city: City, known_on: datetime.date) -> list[Count]:
    """The counts of a force of this city; nothing for the forces of other places."""
    found = {tactic: row.take(column, cells.whole) for column, tactic in TACTICS.items()}
    total = row.take("total_used", cells.whole)
    if sum(found.values()) != total:
        raise row.wrong(f"the uses add up to {sum(found.values())}, not to {total}")
    row.take("force", lambda text: cells.past(END, known_on))
    try:
        area = city.force(row.cells["force"]).code
    except Problem:
        return []
    return [
        Count(
            area=area,
            start=START,
            end=END,
            measure="officer_reports",
            tactic=tactic,
            count=number,
        )
        for tactic, number in {**found, "ced": total}.items()
    ]
