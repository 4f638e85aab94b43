"""Stop and search by police force and month (data.police.uk, CSV)."""

import datetime

from survey.deployments import Import, Origin
from survey.places import City
from survey.sources import cells, delimited, searches
from survey.sources.delimited import Row
from survey.sources.searches import Search

KIND = "deployments"
ORIGIN: Origin = "reports"
COLUMNS = (
    *("Type", "Date", "Latitude", "Longitude", "Gender", "Age range"),
    *("Self-defined ethnicity", "Officer-defined ethnicity", "Object of search", "Outcome"),
)
LABEL = "stop and search from data.police.uk"
EXPECTED = "data.police.uk stop and search (Type, Date, Latitude, Longitude, ..., Outcome)"
TELLING = ("officer-defined ethnicity", "object of search")


def recognises(content: bytes) -> bool:
    return set(TELLING) <= set(delimited.header_of(content))


def read(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    table = delimited.read(name, content, columns=COLUMNS)
    # Backwards, so that the first of several equal rows is the one that stays.
    once = {tuple(row): (number, row) for number, row in reversed(table.lines)}
    distinct = delimited.Table(name, table.header, sorted(once.values()))
    found = delimited.parsed(distinct, lambda row: read_row(row, known_on))
    copies = len(table.lines) - len(distinct.lines)
    return searches.of_file(name, content, found, copies, city=city, known_on=known_on)


def read_row(row: Row, known_on: datetime.date) -> Search:
    when = row.take("date", searches.moment)
    row.take("date", lambda _: cells.past(when.date(), known_on))
    latitude = row.cells["latitude"]
    return Search(
        when=when,
        place=row.take("longitude", lambda text: searches.place(text, latitude)),
        kind=row.cells["type"],
        sex=row.cells["gender"],
        age=row.cells["age range"],
        self_defined=row.cells["self-defined ethnicity"],
        officer_defined=row.cells["officer-defined ethnicity"],
        object=row.cells["object of search"],
        outcome=row.cells["outcome"],
    )
