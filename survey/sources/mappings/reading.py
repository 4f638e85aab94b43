"""Figures of any CSV file, read by a mapping that says what its columns are.

What it does not use is kept apart and told: rows of totals, and rows of words that it leaves out.
"""

import calendar
import datetime
import re
from collections.abc import Callable, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from survey import sources
from survey.deployments import CountMeasure, DeploymentCount, Import
from survey.files import cells, delimited, grids
from survey.files.delimited import (
    BadCell,
    DelimitedRow,
    DelimitedTable,
    comparable_heading,
    header_as_words,
)
from survey.files.grids import Grid, Headings
from survey.files.refusals import bad_cells, unreadable_file
from survey.places import City
from survey.problems import Fault
from survey.sources import plain
from survey.sources.mappings import (
    FINANCIAL_YEAR,
    MEASURES,
    ColumnMapping,
    CountColumn,
    PeriodLength,
    WordMap,
    is_total,
)
from survey.sources.mappings.totals import (
    TOTAL,
    LeftWord,
    MappedRow,
    TableReading,
    tally,
    tally_apart,
    uses_in_row,
)

TIME = re.compile(r"[T ][0-9]{1,2}:[0-9]{2}.*$")


def read_mapped(
    name: str, content: bytes, *, by: ColumnMapping, city: City, known_on: datetime.date
) -> Import:
    """The figures of a file; rows that differ only in their count are added up.

    Where the file has groups and no totals, the totals are sums of its rows, and a note says so.
    """
    read = read_grid(name, open_grid(name, content, by), by=by, city=city, known_on=known_on)
    # The mapping belongs to what was read: a file read by a corrected mapping is another version.
    whole = content + b"\n" + msgspec.json.encode(by, order="sorted")
    return sources.import_from_file(
        by.source, name, whole, known_on, counts=read.counts, notes=read.notes
    )


def open_grid(name: str, content: bytes, by: ColumnMapping) -> Grid:
    """The sheet of a file that a mapping is about."""
    # The encoding is never guessed, as any bytes at all are valid Latin-1.
    return grids.find_grid(name, grids.read_grids(name, content, by.encoding), by.sheet)


def read_grid(
    name: str, grid: Grid, *, by: ColumnMapping, city: City, known_on: datetime.date
) -> TableReading:
    """What a mapping reads in a sheet; raises with the faults of all rows together."""
    table, remarks = table_of(name, grid, by)
    reader = MappedReader(by, city, known_on, table.header)
    used = [row for rows in delimited.parse_rows(table, reader.read_row) for row in rows]
    if not used:
        raise unreadable_file(name, "a row that the mapping uses", "none")
    counts, summed = tally(name, used, by)
    sources.check_no_overlap(name, counts)
    # Each row was checked by itself; the sum of many can still be absurd.
    for count in counts:
        if count.count > cells.LARGEST:
            where = f"{count.area}, {count.start} to {count.end}"
            raise bad_cells(name, (Fault(where, f"{count.count:,} is too large to be true"),))
    rows_left = sum(rows for rows, _ in reader.left.values())
    notes = (
        *summed,
        *filter(None, (by.attribution, by.licence)),
        *([f"Rows that the mapping leaves out: {rows_left:,}."] if rows_left else []),
        *([f"Rows with one cell alone, taken for remarks: {remarks:,}."] if remarks else []),
    )
    return TableReading(
        counts=counts,
        totals=tally_apart(name, reader.totals, by),
        left_counts=tally_apart(name, reader.left_rows, by),
        left=reader.left,
        first_rows=tuple(used[:FIRST_ROWS]),
        rows=len({row.row for row in used}),
        notes=notes,
    )


FIRST_ROWS = 12


def table_of(name: str, grid: Grid, by: ColumnMapping) -> tuple[DelimitedTable, int]:
    """The rows below the headings of a sheet, and the number of those that are remarks alone."""
    headings = Headings(by.heading_row, by.heading_rows)
    header = tuple(map(comparable_heading, grids.heading_names(grid.rows, headings)))
    missing = [column for column in by.headings if comparable_heading(column) not in header]
    if missing:
        wanted = ", ".join(by.headings)
        raise unreadable_file(name, f"the columns {wanted}", header_as_words(header))
    below = list(enumerate(grid.rows[by.heading_row :], by.heading_row + 1))
    if not below:
        raise unreadable_file(name, "at least one row below the header", "a header alone")
    width = len(grid.rows[by.heading_row - 1])
    faults = delimited.Faults(name)
    rows, remarks = [], 0
    for number, row in below:
        filled = sum(map(bool, row))
        if filled == 1 < len(by.headings):
            remarks += 1
        elif filled and not len(header) <= len(row) <= width:
            faults.add(Fault(f"row {number}", f"has {len(row)} cells where the header has {width}"))
        elif filled:
            rows.append((number, row[: len(header)]))
    faults.refuse()
    return DelimitedTable(name, header, rows), remarks


class LeftOutError(Exception):
    """Raised by a cell whose word the mapping leaves out."""

    def __init__(self, column: str, word: str) -> None:
        super().__init__(word)
        self.left = LeftWord(column, word)


class MappedReader:
    """Reads one row after the other with a mapping, and keeps what it does not use."""

    def __init__(
        self, by: ColumnMapping, city: City, known_on: datetime.date, header: Sequence[str]
    ) -> None:
        self.by, self.known_on = by, known_on
        self.parse_area = cells.area_parser(city)
        self.always_area = self.parse_area(by.always.area) if by.always.area else ""
        self.columns = by.counts
        if by.columns.count and by.counts:
            self.columns = (CountColumn(by.columns.count), *by.counts)
        if by.days_in_headings:
            self.columns = tuple(CountColumn(text) for text in header if is_day(text, by.dates))
        # A column of groups among the numbers is a group of every number.
        self.has_groups = any(column.group for column in self.columns)
        self.totals: list[MappedRow] = []
        self.left_rows: list[MappedRow] = []
        self.left: dict[LeftWord, tuple[int, int]] = {}

    def read_row(self, row: DelimitedRow) -> list[MappedRow]:
        """The figures of a row with their groups; none if it is a total or is left out."""
        column = self.by.columns.area
        word = row.cells[comparable_heading(column)] if column else ""
        if column and word in self.by.totals:
            self.totals += self.leave_out_none(row)
            return []
        try:
            area = row.take(comparable_heading(column), self.area) if column else self.always_area
            return self.figures(row, area)
        except LeftOutError as out:
            self.leave(row, LeftWord(out.left.column or column, out.left.word))
            return []

    def leave_out_none(self, row: DelimitedRow) -> list[MappedRow]:
        try:
            return self.figures(row, "")
        except LeftOutError:
            return []

    def leave(self, row: DelimitedRow, left: LeftWord) -> None:
        """Note a row that is left out, and its figures where they can be read."""
        try:
            figures = self.leave_out_none(row) if left.column == self.by.columns.area else []
        except BadCell:
            figures = []
        # A subtotal that is left out has the uses of other rows once more.
        self.left_rows += [] if is_total(left.word) else figures
        rows, uses = self.left.get(left, (0, 0))
        self.left[left] = rows + 1, uses + uses_in_row(figures)

    def area(self, text: str) -> str:
        words = self.by.areas
        if text in words and not words[text]:
            raise LeftOutError("", text)
        try:
            return self.parse_area(words.get(text, text))
        except ValueError:
            if self.by.other_areas == "left out" and text not in words:
                raise LeftOutError("", text) from None
            raise

    def figures(self, row: DelimitedRow, area: str) -> list[MappedRow]:
        by, columns, one_of = self.by, self.by.columns, cells.choice_parser
        measure = self.word(row, columns.measure, by.measures, one_of(MEASURES))
        tactic = self.word(row, columns.tactic, by.tactics, one_of(plain.TACTICS))
        groups = tuple(self.word(row, group, by.groups, group_or_blank) for group in columns.groups)
        figure = DeploymentCount(
            area=area,
            start=datetime.date.min,
            end=datetime.date.min,
            measure=msgspec.convert(measure or by.always.measure, CountMeasure),
            tactic=tactic or by.always.tactic,
            group=by.always.group,
            count=1,
        )
        if not by.is_wide:
            start, end = self.period(row)
            number = self.number(row, columns.count) if columns.count else 1
            if number is None:
                raise LeftOutError(columns.count, row.cells[comparable_heading(columns.count)])
            return [
                MappedRow(replace(figure, start=start, end=end, count=number), groups, row.number)
            ]
        return list(self.wide_figures(row, figure, groups))

    def wide_figures(
        self, row: DelimitedRow, figure: DeploymentCount, groups: tuple[str, ...]
    ) -> Iterator[MappedRow]:
        if self.by.is_use_a_row:
            start, end = self.period(row)
            yield MappedRow(replace(figure, start=start, end=end), groups, row.number)
        for column in self.columns:
            number = self.number(row, column.heading)
            if number is None:
                continue
            if self.by.days_in_headings:
                start, end = self.past_span(row, column.heading, self.span(column.heading))
            else:
                start, end = self.period(row)
            own = (column.group or TOTAL,) if self.has_groups else ()
            tactic = column.tactic or figure.tactic
            told = replace(figure, start=start, end=end, tactic=tactic, count=number)
            yield MappedRow(told, (*groups, *own), row.number)

    def word(
        self, row: DelimitedRow, column: str, words: WordMap, parse: Callable[[str], str]
    ) -> str:
        """The word in a column, translated by the mapping; '' if there is no such column."""
        if not column:
            return ""
        known = self.by.words_of(column, words)

        def ours(text: str) -> str:
            # Only a word that the mapping lists as '' is left out, never one that it forgot.
            if text in known and not known[text]:
                raise LeftOutError(column, text)
            return parse(known.get(text, text))

        return row.take(comparable_heading(column), ours)

    def number(self, row: DelimitedRow, column: str) -> int | None:
        """The number in a column; None where the mapping says that its word is no number."""
        words = self.by.numbers

        def ours(text: str) -> int | None:
            if text in words:
                return cells.parse_whole(words[text]) if words[text] else None
            # What a spreadsheet saved as CSV may have.
            return cells.parse_whole(text.removesuffix(".0"))

        return row.take(comparable_heading(column), ours)

    def period(self, row: DelimitedRow) -> tuple[datetime.date, datetime.date]:
        columns, always = self.by.columns, self.by.always
        if columns.start:
            start, end = row.take(comparable_heading(columns.start), self.span)
            if columns.end:
                start = row.take(comparable_heading(columns.start), self.day)
                end = row.take(comparable_heading(columns.end), self.day)
        elif always.start and always.end:
            start, end = always.start, always.end
        else:
            raise row.wrong("has no day, and the mapping gives none for all rows")
        return self.past_span(row, columns.start, (start, end))

    def past_span(
        self, row: DelimitedRow, column: str, span: tuple[datetime.date, datetime.date]
    ) -> tuple[datetime.date, datetime.date]:
        """The period, if it is over and does not end before it starts."""
        start, end = span
        try:
            cells.check_past(end, self.known_on)
        except ValueError as wrong:
            where = f", column {comparable_heading(column)!r}" if column else ""
            raise BadCell(f"row {row.number}{where}", str(wrong)) from wrong
        if end < start:
            raise row.wrong(f"ends on {end}, before it starts on {start}")
        return span

    def span(self, text: str) -> tuple[datetime.date, datetime.date]:
        return parse_span(text, self.by.dates, self.by.period)

    def day(self, text: str) -> datetime.date:
        return parse_span(text, self.by.dates, "day")[0]


def parse_span(text: str, dates: str, length: PeriodLength) -> tuple[datetime.date, datetime.date]:
    """The first and last day of the period that a text names in a format of dates."""
    if dates == FINANCIAL_YEAR:
        return cells.parse_financial_year(text.replace("-", "/"))
    try:
        # The time of day, which a table with a row for each use may have, does not matter.
        text = TIME.sub("", text)
        return period_around(datetime.datetime.strptime(text, dates).date(), length)  # noqa: DTZ007
    except ValueError:
        raise ValueError(f"{text[:40]!r} is not a date as {dates!r}") from None


def is_day(text: str, dates: str) -> bool:
    try:
        parse_span(text, dates, "day")
    except ValueError:
        return False
    return True


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
