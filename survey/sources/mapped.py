"""Figures of any CSV file, read by a mapping that says what its columns are.

Totals of a file with groups are its own rows or the sums of others, never a part of these.
"""

import calendar
import datetime
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import msgspec
from msgspec.structs import replace

from survey import sources
from survey.deployments import CountMeasure, DeploymentCount, Import
from survey.files import cells, delimited
from survey.files.delimited import DelimitedRow
from survey.files.refusals import bad_cells, unreadable_file
from survey.places import City
from survey.problems import Fault, Invalid
from survey.sources import plain

TOTAL = "all"


class MappedRow(NamedTuple):
    """A row's figure without a group, and what each group column says: '' where it is blank."""

    figure: DeploymentCount
    groups: tuple[str, ...]


def tally_rows(
    name: str, rows: Sequence[MappedRow], *, one_use_a_row: bool
) -> tuple[tuple[DeploymentCount, ...], tuple[str, ...]]:
    """The figures of a file with group columns, and a note if its total is the sum of its rows.

    Where each row is one use, or no row is a total, each row counts in the total and in its groups.
    Otherwise the file has totals of its own, in rows whose group is 'all'.
    """
    if not one_use_a_row:
        check_totals(name, rows)
    summed = one_use_a_row or not any(TOTAL in row.groups for row in rows)
    tally: Counter[DeploymentCount] = Counter()
    for row in rows:
        given = {TOTAL, *row.groups} - {""} if summed else set(row.groups)
        for group in sorted(given):
            tally[replace(row.figure, group=group, count=0)] += row.figure.count
    counts = tuple(replace(cell, count=n) for cell, n in tally.items())
    return counts, (sum_note(rows),) if summed else ()


def sum_note(rows: Sequence[MappedRow]) -> str:
    without = sum(not set(row.groups) - {"", TOTAL} for row in rows)
    return (
        f"Totals are the sums of the file's rows: {len(rows):,}. Rows without a group: {without:,}."
    )


def check_totals(name: str, rows: Sequence[MappedRow]) -> None:
    """Raise if it cannot be told which rows of counts make up the total."""
    if any("" in row.groups for row in rows):
        raise blank_groups(name)
    columns = list(zip(*(row.groups for row in rows), strict=True))
    if any(TOTAL in column for column in columns):
        if len(columns) > 1:
            raise totals_among_combinations(name)
        return
    for column in columns:
        kinds = sorted({group.partition(":")[0] for group in column})
        if len(kinds) > 1:
            raise missing_totals(name, kinds)


blank_groups = Invalid.of(
    "totals.blank",
    "{name}: some rows of counts have no group, and nothing says whether these are totals.",
    'Write in [groups] of the mapping what a blank is: "" = "all" if such a row is a total, '
    '"" = "ethnicity_officer:unknown" if the group was not recorded. Nothing was saved.',
)


def missing_totals(name: str, kinds: list[str]) -> Invalid:
    return Invalid(
        "totals.missing",
        f"{name}: one column has groups of {' and '.join(kinds)}, and no row is the total.",
        "Their sum would count each use more than once. Add rows with the total, whose group is "
        "'all', or import one kind of group at a time. Nothing was saved.",
    )


totals_among_combinations = Invalid.of(
    "totals.combinations",
    "{name}: with several group columns, a total among the rows would count uses twice.",
    'Leave the rows with totals out ("Total" = "" in [groups]), or name one group column. '
    "Nothing was saved.",
)


TEMPLATE = Path(__file__).with_name("mapping.toml")
MOST_BYTES = 1_000_000
PeriodLength = Literal["day", "week", "month", "quarter", "year"]
WordMap = dict[str, str]
MEASURES = get_args(CountMeasure)
LEFT_OUT = "left out"


class MappedColumns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The heading of the column for each part; '' if the file has no such column. A file may have
    several columns of groups, such as ethnicity and age.
    """

    area: str
    start: str
    end: str = ""
    count: str = ""
    measure: str = ""
    tactic: str = ""
    group: str | tuple[str, ...] = ""

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.group,) if isinstance(self.group, str) else self.group))

    def names(self) -> tuple[str, ...]:
        others = self.area, self.start, self.end, self.count, self.measure, self.tactic
        return (*filter(None, others), *self.groups)


class MappingDefaults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The value of every row where the file has no column for it."""

    measure: str = "officer_reports"
    tactic: str = "ced"
    group: str = "all"


class ColumnMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whose figures a file holds and how to read it; `mapping.toml` in this folder explains it."""

    source: str
    columns: MappedColumns
    licence: str = ""
    attribution: str = ""
    encoding: Literal["utf-8", "cp1252", "latin-1"] = "utf-8"
    dates: str = "%Y-%m-%d"
    period: PeriodLength = "month"
    always: MappingDefaults = MappingDefaults()
    areas: WordMap = {}
    measures: WordMap = {}
    tactics: WordMap = {}
    groups: WordMap = {}


def read_mapping(name: str, content: bytes) -> ColumnMapping:
    """A mapping from TOML or JSON; raises if it could not be used."""
    if len(content) > MOST_BYTES:
        raise unreadable_file(name, "a mapping of columns", f"{len(content):,} bytes")
    decoder = msgspec.json.decode if content.lstrip()[:1] == b"{" else msgspec.toml.decode
    try:
        mapping = decoder(content, type=ColumnMapping)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        expected = "a mapping of columns (see `soundings import --mapping-template`)"
        raise unreadable_file(name, expected, str(error)[:200]) from error
    check_mapping(name, mapping)
    return mapping


def check_mapping(name: str, mapping: ColumnMapping) -> None:
    always, one_of = mapping.always, cells.choice_parser
    checks: list[tuple[str, str, Callable[[str], str]]] = [
        ("source", mapping.source, cells.parse_series_name),
        ("always.measure", always.measure, one_of(MEASURES)),
        ("always.tactic", always.tactic, one_of(plain.TACTICS)),
        ("always.group", always.group, plain.parse_group),
        *((f"measures.{k}", v, one_of((*MEASURES, ""))) for k, v in mapping.measures.items()),
        *((f"tactics.{k}", v, one_of((*plain.TACTICS, ""))) for k, v in mapping.tactics.items()),
        *((f"groups.{k}", v, plain.parse_group) for k, v in mapping.groups.items()),
    ]
    faults = delimited.Faults(name)
    for where, text, parse in checks:
        try:
            parse(text)
        except ValueError as wrong:
            faults.add(Fault(where[:80], str(wrong)))
    faults.refuse()


def read_mapped(
    name: str, content: bytes, *, by: ColumnMapping, city: City, known_on: datetime.date
) -> Import:
    """The figures of a file; rows that differ only in their count are added up.

    Where the file has groups and no totals, the totals are sums of its rows, and a note says so.
    """
    # The encoding is never guessed, as any bytes at all are valid Latin-1.
    table = delimited.read_table(
        name, content, columns=by.columns.names(), encodings=(by.encoding,)
    )
    reader = MappedReader(by, city, known_on)
    rows = delimited.parse_rows(table, reader.mapped_row)
    used = [row for row in rows if row is not None]
    if not used:
        raise unreadable_file(name, "a row that the mapping uses", "none")
    if by.columns.groups:
        counts, summed = tally_rows(name, used, one_use_a_row=not by.columns.count)
    else:
        tally: Counter[DeploymentCount] = Counter()
        for row in used:
            tally[replace(row.figure, count=0)] += row.figure.count
        counts, summed = (
            tuple(replace(cell, count=n) for cell, n in tally.items()),
            (),
        )
    sources.check_no_overlap(name, counts)
    # Each row was checked by itself; the sum of many can still be absurd.
    for count in counts:
        if count.count > cells.LARGEST:
            where = f"{count.area}, {count.start} to {count.end}"
            raise bad_cells(name, (Fault(where, f"{count.count:,} is too large to be true"),))
    left = len(rows) - len(used)
    notes = (
        *summed,
        *filter(None, (by.attribution, by.licence)),
        *([f"Rows that the mapping leaves out: {left:,}."] if left else []),
    )
    # The mapping belongs to what was read: a file read by a corrected mapping is another version.
    whole = content + b"\n" + msgspec.json.encode(by, order="sorted")
    return sources.import_from_file(by.source, name, whole, known_on, counts=counts, notes=notes)


class MappedReader:
    """Reads one row after the other with a mapping."""

    def __init__(self, by: ColumnMapping, city: City, known_on: datetime.date) -> None:
        self.by, self.known_on = by, known_on
        self.area = cells.area_parser(city)

    def mapped_row(self, row: DelimitedRow) -> MappedRow | None:
        """The figure of a row and its groups; None if the mapping leaves out a word of it."""
        by, columns, one_of = self.by, self.by.columns, cells.choice_parser
        area = mapped_word(row, columns.area, by.areas, self.area)
        measure = (
            mapped_word(row, columns.measure, by.measures, one_of(MEASURES)) or by.always.measure
        )
        tactic = (
            mapped_word(row, columns.tactic, by.tactics, one_of(plain.TACTICS)) or by.always.tactic
        )
        groups = tuple(
            mapped_word(row, group, by.groups, group_or_blank) for group in columns.groups
        )
        if LEFT_OUT in (area, measure, tactic, *groups):
            return None
        start, end = self.period(row)
        number = (
            row.take(delimited.comparable_heading(columns.count), cells.parse_whole)
            if columns.count
            else 1
        )
        figure = DeploymentCount(
            area=area,
            start=start,
            end=end,
            measure=msgspec.convert(measure, CountMeasure),
            tactic=tactic,
            group=by.always.group,
            count=number,
        )
        return MappedRow(figure, groups)

    def period(self, row: DelimitedRow) -> tuple[datetime.date, datetime.date]:
        columns = self.by.columns
        start = row.take(delimited.comparable_heading(columns.start), self.day)
        if columns.end:
            end = row.take(delimited.comparable_heading(columns.end), self.day)
        else:
            start, end = period_around(start, self.by.period)
        row.take(
            delimited.comparable_heading(columns.start),
            lambda text: cells.check_past(end, self.known_on),
        )
        if end < start:
            raise row.wrong(f"ends on {end}, before it starts on {start}")
        return start, end

    def day(self, text: str) -> datetime.date:
        try:
            return datetime.datetime.strptime(text, self.by.dates).date()  # noqa: DTZ007
        except ValueError:
            raise ValueError(f"{text[:40]!r} is not a date as {self.by.dates!r}") from None


def mapped_word(row: DelimitedRow, column: str, words: WordMap, parse: Callable[[str], str]) -> str:
    """The word in a column, translated by the mapping; '' if there is no such column."""

    def ours(text: str) -> str:
        word = words.get(text, text)
        # Only a word that the mapping lists as '' is left out, never one that it forgot.
        return LEFT_OUT if text in words and not word else parse(word)

    return row.take(delimited.comparable_heading(column), ours) if column else ""


def group_or_blank(text: str) -> str:
    return plain.parse_group(text) if text else ""


def period_around(day: datetime.date, length: PeriodLength) -> tuple[datetime.date, datetime.date]:
    """The first and last day of the period that a day is in."""
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
