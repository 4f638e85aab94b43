"""Formats of an export that are text: CSV, JSON, and CSV with a script for R."""

import contextlib
import json
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence

import msgspec

from api.operations.exports import answer_tables
from api.operations.exports.streams import ZipEntry, read_ahead, whole, write_zip
from api.operations.exports.typed_tables import CHOSEN, Labels, TypedTables, table_variables
from survey.formats.dictionary import Variable, plain_names
from survey.store.answers import counts
from survey.store.answers.counts import ExportedResponse
from survey.store.database import Connection
from survey.surveys.responses import answer_rounds

WriteTables = Callable[
    [Connection, str, answer_tables.AnswerTables, bool], AsyncGenerator[bytes]
]  # the survey, its tables, and whether all of them are wanted
BATCH = 1_000
SCRIPT = "answers.R"
LONGEST_FRAME = 80  # letters of the name of a data frame
BEGINNING = """\
# Reads the tables of this folder. In R: setwd(folder); source("answers.R", encoding = "UTF-8")
read_table <- function(file) {
  read.csv(file, fileEncoding = "UTF-8", colClasses = "character", na.strings = "",
           check.names = FALSE)
}
choice <- function(x, words, ordered = FALSE) {
  factor(x, levels = names(words), labels = unname(words), ordered = ordered)
}
labelled <- function(x, label) {
  attr(x, "label") <- label
  x
}
"""


class ExportFormat(msgspec.Struct, frozen=True, kw_only=True):
    """An export format: its names, its purpose, what its files are, and how they are written."""

    name: str
    title: str
    purpose: str
    ending: str
    media_type: str
    write: WriteTables
    tables: type[answer_tables.AnswerTables] = answer_tables.AnswerTables
    is_zip: bool = False  # even with one table
    holds_every_table: bool = False
    has_words: bool = True  # whether one chooses between words and codes

    def ending_of(self, *, every_table: bool) -> str:
        zipped = self.is_zip or (every_table and not self.holds_every_table)
        return "zip" if zipped else self.ending

    def media_type_of(self, *, every_table: bool) -> str:
        zipped = self.ending_of(every_table=every_table) == "zip"
        return "application/zip" if zipped else self.media_type


def read_batches(connection: Connection, slug: str) -> AsyncGenerator[list[ExportedResponse]]:
    """Every response to a survey, in batches; the next batch is read while one is in use."""
    return read_ahead(counts.read_in_batches(connection, slug, BATCH))


async def count_cells(connection: Connection, slug: str, tables: answer_tables.AnswerTables) -> int:
    """About how many cells the table of responses has."""
    return len(tables.heads(tables.names[0])) * await counts.count_of_past_hours(connection, slug)


async def write_csv_tables(
    connection: Connection, slug: str, tables: answer_tables.AnswerTables, every_table: bool
) -> AsyncGenerator[bytes]:
    if not every_table:
        writing = write_csv_table(connection, slug, tables, answer_tables.ANSWERS)
    else:
        cells = await count_cells(connection, slug, tables)
        writing = write_zip(csv_entries(connection, slug, tables, tables.names), cells)
    async with contextlib.aclosing(writing) as parts:
        async for part in parts:
            yield part


def csv_entries(
    connection: Connection, slug: str, tables: answer_tables.AnswerTables, names: Sequence[str]
) -> list[ZipEntry]:
    """Each table as a file. The responses are read anew for each: a ZIP has one after another."""

    def entry(name: str) -> ZipEntry:
        return ZipEntry(f"{name}.csv", lambda: write_csv_table(connection, slug, tables, name))

    return [entry(name) for name in names]


async def write_csv_table(
    connection: Connection, slug: str, tables: answer_tables.AnswerTables, table: str
) -> AsyncGenerator[bytes]:
    """One table as CSV, its head first."""
    writer = answer_tables.TableWriter(tables, table)
    yield writer.head().encode()
    async with contextlib.aclosing(read_batches(connection, slug)) as batches:
        async for batch in batches:
            # Not in a thread: it and the loop would wait for each other's lock at every read from
            # the socket. So few rows hold up other requests for a millisecond or two.
            yield writer.lines(batch).encode()


CSV = ExportFormat(
    name="csv",
    title="CSV",
    purpose="A plain table that nearly every program opens.",
    ending="csv",
    media_type="text/csv",
    write=write_csv_tables,
)


class ListColumn(answer_tables.Column, frozen=True):
    """The answers to a question as JSON has them: several answers are a list."""

    def cell(self, answer: object, labels: Labels) -> object:
        if not isinstance(answer, list) or answer_rounds(answer):
            return super().cell(answer, labels)
        known = (labels or {}).get(
            self.name, answer_tables.QuestionLabels("", answer_tables.NO_ANSWER if labels else {})
        )
        return [known.answers.get(choice, choice) for choice in answer]


class ListTables(answer_tables.AnswerTables):
    """Tables in which several answers to a question are a list, not a column each."""

    def columns_of_one(self, name: str) -> Iterator[answer_tables.Column]:
        yield ListColumn(name)


async def write_json_tables(
    connection: Connection, slug: str, tables: answer_tables.AnswerTables, every_table: bool
) -> AsyncGenerator[bytes]:
    names = tables.wanted_names(every_table=every_table)
    encode = msgspec.json.Encoder().encode
    for place, table in enumerate(names):
        yield (b",\n" if place else b"{\n") + encode(table) + b": ["
        heads, reader, between = tables.heads(table), answer_tables.CellReader(tables, table), b"\n"
        async with contextlib.aclosing(read_batches(connection, slug)) as batches:
            async for batch in batches:
                rows = [encode(row_by_head(heads, row)) for row in reader.cell_rows(batch)]
                if rows:
                    yield between + b",\n".join(rows)
                    between = b",\n"
        yield b"\n]"
    yield b"\n}\n"


def row_by_head(heads: Sequence[str], row: Sequence[object]) -> dict[str, object]:
    """A row by the heads of its cells, without those that are empty."""
    return {head: cell for head, cell in zip(heads, row, strict=True) if cell is not None}


JSON = ExportFormat(
    name="json",
    title="JSON",
    purpose="For programs: a list of rows for each table, several answers as lists.",
    ending="json",
    media_type="application/json",
    write=write_json_tables,
    tables=ListTables,
    holds_every_table=True,
)


async def write_r_files(
    connection: Connection, slug: str, tables: answer_tables.AnswerTables, every_table: bool
) -> AsyncGenerator[bytes]:
    names = tables.wanted_names(every_table=every_table)
    named = zip(names, plain_names(names, LONGEST_FRAME), strict=True)
    script = "\n".join(
        [BEGINNING, *(line for pair in named for line in frame_lines(tables, *pair))]
    )
    entries = [
        ZipEntry(SCRIPT, lambda: whole(f"{script}\n".encode())),
        *csv_entries(connection, slug, tables, names),
    ]
    cells = await count_cells(connection, slug, tables)
    async with contextlib.aclosing(write_zip(entries, cells)) as parts:
        async for part in parts:
            yield part


def frame_lines(tables: answer_tables.AnswerTables, table: str, frame: str) -> Iterator[str]:
    """The lines of an R script that read a table into a data frame with the name `frame`."""
    yield f"{frame} <- read_table({r_text(f'{table}.csv')})"
    for variable in table_variables(tables, table):
        column = f"{frame}[[{r_text(variable.name)}]]"
        yield f"{column} <- labelled({typed_column(variable, column)}, {r_text(variable.label)})"
    yield ""


def typed_column(variable: Variable, column: str) -> str:
    """An expression for a column with its type."""
    if variable.values and variable.values != CHOSEN:
        words = ", ".join(f"{r_text(a)} = {r_text(text)}" for a, text in variable.values.items())
        ordered = ", ordered = TRUE" if variable.measure == "ordinal" else ""
        return f"choice({column}, c({words}){ordered})"
    if variable.type in ("whole", "number"):
        return f"as.numeric({column})"
    return f"as.Date({column})" if variable.type == "day" else column


def r_text(text: str) -> str:
    """A text as R reads it: JSON's escapes within quotation marks are R's too."""
    return json.dumps(text.replace("\x00", ""), ensure_ascii=False)


R = ExportFormat(
    name="r",
    title="R",
    purpose="CSV files, and a script that reads them into R with factors and labels.",
    ending="zip",
    media_type="application/zip",
    write=write_r_files,
    tables=TypedTables,
    is_zip=True,
    has_words=False,
)
