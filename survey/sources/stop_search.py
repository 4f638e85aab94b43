"""Stop and search by police force and month (data.police.uk, CSV)."""

import datetime

from survey.deployments import Import, ImportOrigin
from survey.files import cells, delimited
from survey.files.delimited import DelimitedRow
from survey.places import City
from survey.sources import searches
from survey.sources.searches import StopAndSearch

KIND = "deployments"
ORIGIN: ImportOrigin = "reports"
COLUMNS = (
    *("Type", "Date", "Latitude", "Longitude", "Gender", "Age range"),
    *("Self-defined ethnicity", "Officer-defined ethnicity", "Object of search", "Outcome"),
)
LABEL = "stop and search from data.police.uk"
EXPECTED = "data.police.uk stop and search (Type, Date, Latitude, Longitude, ..., Outcome)"
RECOGNISED_BY = ("officer-defined ethnicity", "object of search")


def recognises(content: bytes) -> bool:
    return set(RECOGNISED_BY) <= set(delimited.read_header(content))


def read(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    table = delimited.read_table(name, content, columns=COLUMNS)
    # Backwards, so that the first of several equal rows is kept.
    once = {tuple(row): (number, row) for number, row in reversed(table.lines)}
    distinct = delimited.DelimitedTable(name, table.header, sorted(once.values()))
    found = delimited.parse_rows(distinct, lambda row: read_row(row, known_on))
    copies = len(table.lines) - len(distinct.lines)
    return searches.import_from_searches(name, content, found, copies, city=city, known_on=known_on)


def read_row(row: DelimitedRow, known_on: datetime.date) -> StopAndSearch:
    when = row.take("date", searches.parse_moment)
    # Through `take`, so that a day in the future is a fault of this row and column.
    row.take("date", lambda _: cells.check_past(when.date(), known_on))
    latitude = row.cells["latitude"]
    return StopAndSearch(
        when=when,
        place=row.take("longitude", lambda text: searches.parse_place(text, latitude)),
        kind=row.cells["type"],
        sex=row.cells["gender"],
        age=row.cells["age range"],
        self_defined=row.cells["self-defined ethnicity"],
        officer_defined=row.cells["officer-defined ethnicity"],
        object=row.cells["object of search"],
        outcome=row.cells["outcome"],
    )
