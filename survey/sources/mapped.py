"""Counts in any delimited file, read by a mapping that says which column holds what."""

import calendar
import datetime
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

import msgspec

from survey.deployments import Count, Import, Measure
from survey.places import City
from survey.problems import Fault, bad_cells, unreadable_file
from survey.sources import cells, delimited, generic, imports
from survey.sources.delimited import Row

TEMPLATE = Path(__file__).with_name("mapping.toml")
MOST_BYTES = 1_000_000
Length = Literal["day", "week", "month", "quarter", "year"]
Words = dict[str, str]
MEASURES = get_args(Measure)
LEFT_OUT = "left out"


class Columns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The heading of the column that holds each part; an empty one stands in no column."""

    area: str
    start: str
    end: str = ""
    count: str = ""
    measure: str = ""
    tactic: str = ""
    group: str = ""

    def named(self) -> tuple[str, ...]:
        return tuple(filter(None, msgspec.structs.astuple(self)))


class Always(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What every row has where no column tells it."""

    measure: str = "officer_reports"
    tactic: str = "ced"
    group: str = "all"


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whose figures a file holds and how it is read; `mapping.toml` beside this module explains."""

    source: str
    columns: Columns
    licence: str = ""
    attribution: str = ""
    encoding: Literal["utf-8", "cp1252", "latin-1"] = "utf-8"
    dates: str = "%Y-%m-%d"
    period: Length = "month"
    always: Always = Always()
    areas: Words = {}
    measures: Words = {}
    tactics: Words = {}
    groups: Words = {}


def mapping(name: str, content: bytes) -> Mapping:
    """A mapping file as TOML or JSON; one that could not be used is refused."""
    if len(content) > MOST_BYTES:
        raise unreadable_file(name, "a mapping of columns", f"{len(content):,} bytes")
    decoder = msgspec.json.decode if content.lstrip()[:1] == b"{" else msgspec.toml.decode
    try:
        found = decoder(content, type=Mapping)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        expected = "a mapping of columns (see `soundings import --mapping-template`)"
        raise unreadable_file(name, expected, str(error)[:200]) from error
    check(name, found)
    return found


def check(name: str, found: Mapping) -> None:
    always, one_of = found.always, cells.one_of
    checks: list[tuple[str, str, Callable[[str], str]]] = [
        ("source", found.source, cells.series),
        ("always.measure", always.measure, one_of(MEASURES)),
        ("always.tactic", always.tactic, one_of(generic.TACTICS)),
        ("always.group", always.group, generic.group),
        *((f"measures.{k}", v, one_of((*MEASURES, ""))) for k, v in found.measures.items()),
        *((f"tactics.{k}", v, one_of((*generic.TACTICS, ""))) for k, v in found.tactics.items()),
        *((f"groups.{k}", v, generic.group) for k, v in found.groups.items()),
    ]
    faults = delimited.Faults(name)
    for where, text, parse in checks:
        try:
            parse(text)
        except ValueError as wrong:
            faults.add(Fault(where[:80], str(wrong)))
    faults.refuse()


def read(name: str, content: bytes, *, by: Mapping, city: City, known_on: datetime.date) -> Import:
    """The figures of a file; rows that are alike but for their count are added up."""
    table = delimited.read(name, content, columns=by.columns.named(), encodings=(by.encoding,))
    reader = Reader(by, city, known_on)
    rows = delimited.parsed(table, reader.count)
    tally: Counter[Count] = Counter()
    for row in rows:
        if row is not None:
            tally[msgspec.structs.replace(row, count=0)] += row.count
    if not tally:
        raise unreadable_file(name, "a row that the mapping uses", "none")
    counts = tuple(msgspec.structs.replace(cell, count=n) for cell, n in tally.items())
    imports.check_once(name, counts)
    check_sums(name, counts)
    left = sum(row is None for row in rows)
    notes = (
        *filter(None, (by.attribution, by.licence)),
        *([f"Rows that the mapping leaves out: {left:,}."] if left else []),
    )
    # The mapping belongs to what was read: a file read by a corrected mapping is another version.
    whole = content + b"\n" + msgspec.json.encode(by, order="sorted")
    return imports.of_file(by.source, name, whole, known_on, counts=counts, notes=notes)


def check_sums(name: str, counts: tuple[Count, ...]) -> None:
    for one in counts:
        if one.count > cells.LARGEST:
            where = f"{one.area}, {one.start} to {one.end}"
            raise bad_cells(name, (Fault(where, f"{one.count:,} is too large to be true"),))


class Reader:
    """Reads one row after the other by a mapping."""

    def __init__(self, by: Mapping, city: City, known_on: datetime.date) -> None:
        self.by, self.known_on = by, known_on
        self.area = cells.area(city)

    def count(self, row: Row) -> Count | None:
        """The figure of a row, or None where a word of it is left out."""
        by, columns, one_of = self.by, self.by.columns, cells.one_of
        area = told(row, columns.area, by.areas, self.area)
        measure = told(row, columns.measure, by.measures, one_of(MEASURES)) or by.always.measure
        tactic = told(row, columns.tactic, by.tactics, one_of(generic.TACTICS)) or by.always.tactic
        group = told(row, columns.group, by.groups, generic.group) or by.always.group
        if LEFT_OUT in (area, measure, tactic, group):
            return None
        start, end = self.period(row)
        number = row.take(delimited.heading(columns.count), cells.whole) if columns.count else 1
        return Count(
            area=area,
            start=start,
            end=end,
            measure=msgspec.convert(measure, Measure),
            tactic=tactic,
            group=group,
            count=number,
        )

    def period(self, row: Row) -> tuple[datetime.date, datetime.date]:
        columns = self.by.columns
        start = row.take(delimited.heading(columns.start), self.day)
        if columns.end:
            end = row.take(delimited.heading(columns.end), self.day)
        else:
            start, end = around(start, self.by.period)
        row.take(delimited.heading(columns.start), lambda text: cells.past(end, self.known_on))
        if end < start:
            raise row.wrong(f"ends on {end}, before it starts on {start}")
        return start, end

    def day(self, text: str) -> datetime.date:
        try:
            return datetime.datetime.strptime(text, self.by.dates).date()  # noqa: DTZ007
        except ValueError:
            raise ValueError(f"{text[:40]!r} is not a date as {self.by.dates!r}") from None


def told(row: Row, column: str, words: Words, parse: Callable[[str], str]) -> str:
    """What a column says in our words; nothing where there is no such column."""

    def ours(text: str) -> str:
        word = words.get(text, text)
        return LEFT_OUT if text in words and not word else parse(word)

    return row.take(delimited.heading(column), ours) if column else ""


def around(day: datetime.date, length: Length) -> tuple[datetime.date, datetime.date]:
    """The whole period in which a day lies."""
    if length == "day":
        return day, day
    if length == "week":
        monday = day - datetime.timedelta(days=day.weekday())
        return monday, monday + datetime.timedelta(days=6)
    months = {"month": 1, "quarter": 3, "year": 12}[length]
    first = (day.month - 1) // months * months + 1
    last = first + months - 1
    end = day.replace(month=last, day=calendar.monthrange(day.year, last)[1])
    return day.replace(month=first, day=1), end
