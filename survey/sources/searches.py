"""Stop and search from data.police.uk, as CSV and as JSON, counted by area, month and category.

A search is none of the three measures of force: it has a measure and a tactic of its own. In JSON,
null is what is not known, and an `outcome` of false says that nothing was found.
"""

import datetime
import re
import zoneinfo
from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec

from survey import sources
from survey.deployments import DeploymentCount, Import, month_end
from survey.files import cells, delimited
from survey.files.cells import SEX, Vocabulary
from survey.files.delimited import DelimitedRow
from survey.files.refusals import unreadable_file
from survey.places import City, outdated_city
from survey.problems import Fault, Problem
from survey.sources import Format, has_columns
from survey.sources.places import city_outlines

SOURCE = "data.police.uk: stop and search"
TACTIC = "stop_search"
FIRST = datetime.date(2000, 1, 1)
FORCE = re.compile(r"^[0-9]{4}-[0-9]{2}-([a-z-]+)-stop-and-search")
AGE = {
    **{band: band for band in ("10-17", "18-24", "25-34")},
    "under 10": "under_10",
    "over 34": "over_34",
    "": "unknown",
}
KIND_OF_SEARCH = {
    "person search": "person",
    "person and vehicle search": "person_and_vehicle",
    "vehicle search": "vehicle",
}
OBJECT = {
    "controlled drugs": "drugs",
    "psychoactive substances": "drugs",
    "offensive weapons": "weapons",
    "firearms": "firearms",
    "stolen goods": "stolen_goods",
    "articles for use in criminal damage": "criminal_damage",
    "evidence of offences under the act": "evidence",
    "anything to threaten or harm anyone": "threat",
    "fireworks": "fireworks",
    "": "unknown",
}
# Two vocabularies of outcomes: until 2016 on the left of each line, and since.
OUTCOME = {
    **dict.fromkeys(
        (
            "nothing found - no further action",
            "suspected psychoactive substances seized - no further action",
            "a no further action disposal",
            "false",
        ),
        "no_further_action",
    ),
    **dict.fromkeys(("suspect arrested", "arrest"), "arrest"),
    **dict.fromkeys(("local resolution", "community resolution"), "community_resolution"),
    **dict.fromkeys(
        ("offender given drugs possession warning", "khat or cannabis warning"), "drugs_warning"
    ),
    **dict.fromkeys(
        ("offender given penalty notice", "penalty notice for disorder"), "penalty_notice"
    ),
    **dict.fromkeys(("suspect summonsed to court", "summons / charged by post"), "summons"),
    **dict.fromkeys(("offender cautioned", "caution (simple or conditional)"), "caution"),
    "article found - detailed outcome unavailable": "article_found",
    "": "unknown",
}


class StopAndSearch(msgspec.Struct, frozen=True, kw_only=True):
    """One search as published; '' where nothing was recorded."""

    when: datetime.datetime
    place: tuple[float, float] | None
    kind: str
    sex: str
    age: str
    self_defined: str
    officer_defined: str
    object: str
    outcome: str

    def month(self, zone: zoneinfo.ZoneInfo) -> datetime.date:
        """The month of a search by the time of the place; the file has UTC times."""
        return self.when.astimezone(zone).date().replace(day=1)


class SearchLocator:
    """Finds the area of a search: a borough, outside the force's area, or not stated."""

    def __init__(self, city: City) -> None:
        self.outlines = city_outlines(city)
        try:
            self.unstated = city.find("not-stated").code
        except Problem:
            raise outdated_city(city.name) from None
        try:
            self.elsewhere = city.find("out-of-force").code
        except Problem:
            # A city may have no area for what lies outside of its force.
            self.elsewhere = self.unstated

    def area(self, search: StopAndSearch) -> str:
        if search.place is None or not self.outlines.outlines:
            return self.unstated
        return self.outlines.at(*search.place) or self.elsewhere


def import_from_searches(
    name: str,
    content: bytes,
    searches: Iterable[StopAndSearch],
    copies: int,
    *,
    city: City,
    known_on: datetime.date,
) -> Import:
    """The import of a file's searches, from which exact copies were already removed."""
    where, words = (
        SearchLocator(city),
        {
            "kind": Vocabulary("search", KIND_OF_SEARCH),
            "sex": Vocabulary("sex", SEX),
            "age": Vocabulary("age", AGE),
            "officer_defined": Vocabulary("ethnicity_officer", cells.OFFICER),
            "self_defined": Vocabulary("ethnicity_self", cells.self_defined_group),
            "object": Vocabulary("object", OBJECT),
            "outcome": Vocabulary("outcome", OUTCOME),
        },
    )
    tally: Counter[tuple[str, datetime.date, str]] = Counter()
    early, zone = 0, zoneinfo.ZoneInfo(city.time_zone)
    for search in searches:
        month = search.month(zone)
        # Part of a month would be read as a month with few searches.
        if month_end(month) > known_on:
            early += 1
            continue
        area = where.area(search)
        groups = [vocabulary.group(getattr(search, field)) for field, vocabulary in words.items()]
        tally.update((area, month, group) for group in ("all", *groups))
    if not tally:
        raise unreadable_file(name, f"searches of a month that ended by {known_on}", "none")
    notes = (
        *import_notes(copies, early, tally, where),
        *cells.unknown_word_notes(name, words.values()),
    )
    counts = tuple(search_count(cell, number) for cell, number in sorted(tally.items()))
    force = FORCE.match(name)
    return sources.import_from_file(
        f"{SOURCE}, {force[1]}" if force else SOURCE,
        name,
        content,
        known_on,
        counts=counts,
        notes=notes,
    )


def import_notes(
    copies: int, early: int, tally: Counter[tuple[str, datetime.date, str]], where: SearchLocator
) -> list[str]:
    unstated = sum(n for (area, _, g), n in tally.items() if (area, g) == (where.unstated, "all"))
    notes = [
        f"Exact copies of another row, not counted: {copies:,}.",
        (
            f"Searches without a place: {unstated:,}. The publisher moves the others to a street "
            "nearby, so a search near a border may be counted in the next borough."
        ),
        "Ethnicity as officers perceived it and as people described it are two separate fields.",
    ]
    if early:
        notes.append(f"Searches of a month that was not over, left out: {early:,}.")
    return notes


def search_count(cell: tuple[str, datetime.date, str], number: int) -> DeploymentCount:
    area, month, group = cell
    return DeploymentCount(
        area=area,
        start=month,
        end=month_end(month),
        measure="searches",
        tactic=TACTIC,
        group=group,
        count=number,
    )


def parse_moment(text: str) -> datetime.datetime:
    """The time in a cell, with its offset; without one it is UTC."""
    try:
        when = datetime.datetime.fromisoformat(text)
        if when.date() < FIRST:
            raise ValueError
    except ValueError:
        raise ValueError(f"{text[:40]!r} is not a time such as 2023-02-01T00:06:00+00:00") from None
    return when if when.tzinfo else when.replace(tzinfo=datetime.UTC)


def parse_place(longitude: str, latitude: str) -> tuple[float, float] | None:
    """The longitude and latitude of a search; None if either is blank."""
    if not longitude or not latitude:
        return None
    place = cells.parse_decimal(longitude), cells.parse_decimal(latitude)
    if not (-180 <= place[0] <= 180 and -90 <= place[1] <= 90):
        raise ValueError(f"{latitude[:20]!r}, {longitude[:20]!r} is not a place on Earth")
    return place


CSV_COLUMNS = (
    *("Type", "Date", "Latitude", "Longitude", "Gender", "Age range"),
    *("Self-defined ethnicity", "Officer-defined ethnicity", "Object of search", "Outcome"),
)


def read_csv(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    table = delimited.read_table(name, content, columns=CSV_COLUMNS)
    # Backwards, so that the first of several equal rows is kept.
    once = {tuple(row): (number, row) for number, row in reversed(table.lines)}
    distinct = delimited.DelimitedTable(name, table.header, sorted(once.values()))
    rows = delimited.parse_rows(distinct, lambda row: read_search(row, known_on))
    copies = len(table.lines) - len(distinct.lines)
    return import_from_searches(name, content, rows, copies, city=city, known_on=known_on)


SEARCHES_CSV = Format(
    origin="reports",
    label="stop and search from data.police.uk",
    expected="data.police.uk stop and search (Type, Date, Latitude, Longitude, ..., Outcome)",
    recognises=has_columns("officer-defined ethnicity", "object of search"),
    read=read_csv,
)


def read_search(row: DelimitedRow, known_on: datetime.date) -> StopAndSearch:
    when = row.take("date", parse_moment)
    # Through `take`, so that a day in the future is a fault of this row and column.
    row.take("date", lambda _: cells.check_past(when.date(), known_on))
    latitude = row.cells["latitude"]
    return StopAndSearch(
        when=when,
        place=row.take("longitude", lambda text: parse_place(text, latitude)),
        kind=row.cells["type"],
        sex=row.cells["gender"],
        age=row.cells["age range"],
        self_defined=row.cells["self-defined ethnicity"],
        officer_defined=row.cells["officer-defined ethnicity"],
        object=row.cells["object of search"],
        outcome=row.cells["outcome"],
    )


JSON_MARK = b'"officer_defined_ethnicity"'


class SearchLocation(msgspec.Struct, frozen=True):
    """The coordinates of a search, as strings."""

    latitude: str
    longitude: str


class SearchRecord(msgspec.Struct, frozen=True):
    """One search as the API returns it; other fields are allowed."""

    type: str
    datetime: str
    location: SearchLocation | None = None
    gender: str | None = None
    age_range: str | None = None
    self_defined_ethnicity: str | None = None
    officer_defined_ethnicity: str | None = None
    object_of_search: str | None = None
    outcome: str | bool | None = None


def has_json_searches(content: bytes) -> bool:
    return content.lstrip()[:1] == b"[" and JSON_MARK in content[:20_000]


def read_json(name: str, content: bytes, *, city: City, known_on: datetime.date) -> Import:
    delimited.check_size(name, content)
    try:
        written = msgspec.json.decode(content, type=list[dict[str, Any]])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable_file(name, "a list of searches as JSON", str(error)[:200]) from error
    # Compared with all fields, also those that are not read: searches that only look alike stay.
    once = list(
        {msgspec.json.encode(search, order="sorted"): search for search in written}.values()
    )
    faults, searches = delimited.Faults(name), []
    for number, record in enumerate(once, 1):
        try:
            searches.append(parse_search(record, known_on))
        except ValueError as wrong:
            faults.add(Fault(f"search {number}", str(wrong)))
    faults.refuse()
    copies = len(written) - len(once)
    return import_from_searches(name, content, searches, copies, city=city, known_on=known_on)


SEARCHES_JSON = Format(
    origin="reports",
    label="stop and search from data.police.uk as JSON",
    expected="data.police.uk stop and search as JSON (a list of searches)",
    recognises=has_json_searches,
    read=read_json,
)


def parse_search(written: dict[str, Any], known_on: datetime.date) -> StopAndSearch:
    record = msgspec.convert(written, SearchRecord)
    when = parse_moment(record.datetime)
    cells.check_past(when.date(), known_on)
    at = record.location
    return StopAndSearch(
        when=when,
        place=parse_place(at.longitude, at.latitude) if at else None,
        kind=record.type,
        sex=record.gender or "",
        age=record.age_range or "",
        self_defined=record.self_defined_ethnicity or "",
        officer_defined=record.officer_defined_ethnicity or "",
        object=record.object_of_search or "",
        # False becomes 'False', which the vocabulary has as no further action.
        outcome="" if record.outcome is None else str(record.outcome),
    )
