"""Formats of an export that programs open: Parquet, XLSX, SPSS and Stata.

openpyxl makes the workbook around the rows, and these are put into its sheets one by one: to build
the rows by a library takes minutes for a large survey, and nothing could be sent before the end.
The library of SPSS and Stata needs all rows at once. So it runs in a process of its own, and a
survey that would need too much memory there is refused.
"""

import contextlib
import datetime
import io
import re
import zipfile
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from xml.sax.saxutils import escape

import anyio.to_thread

from api.operations.exports.answer_tables import ANSWERS, AnswerTables, CellReader, RowReader
from api.operations.exports.streams import (
    ZipEntry,
    send_files,
    temporary_folder,
    too_large_for_program,
    too_large_for_sheet,
    whole,
    write_zip,
)
from api.operations.exports.text_formats import ExportFormat, count_cells, read_batches
from api.operations.exports.typed_tables import NumberedTables, TypedTables, table_variables
from api.process.file_tools import join_parquet, write_parquet
from api.process.files import make
from api.process.installation import import_lock
from survey.files.isolation import run_limited
from survey.files.refusals import needs_guard
from survey.formats.dictionary import Variable, write_labelled_file
from survey.store.answers import counts
from survey.store.answers.counts import ExportedResponse
from survey.store.database import Connection

ROWS_AT_ONCE = 20_000
MOST_ROWS, MOST_COLUMNS = 1_048_575, 16_384  # of Excel, below the head
LONGEST_TEXT = 32_767
LONGEST_NAME = 31
FORBIDDEN_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
FIRST_DAY = datetime.date(1899, 12, 30)  # day 0 of a spreadsheet
# The looks of cells, in the order in which `make_frame` uses them first.
PLAIN, HEAD, DAY, TEXT_LIKE_FORMULA = range(4)
NO_ROWS = re.compile(rb"<sheetData>.*</sheetData>|<sheetData ?/>", re.DOTALL)
MOST_CELLS = 40_000_000
MEMORY, SECONDS, LARGEST = 4_000_000_000, 600, 20_000_000_000


async def write_parquet_tables(
    connection: Connection, slug: str, tables: AnswerTables, every_table: bool
) -> AsyncGenerator[bytes]:
    names = tables.wanted_names(every_table=every_table)
    async with temporary_folder() as folder:
        files = []
        for table in names:
            variables = table_variables(tables, table)
            files.append(
                await save_parquet(connection, slug, CellReader(tables, table), variables, folder)
            )
        async with contextlib.aclosing(send_files(files, zipped=every_table)) as parts:
            async for part in parts:
                yield part


async def save_parquet(
    connection: Connection,
    slug: str,
    reader: CellReader,
    variables: Sequence[Variable],
    folder: Path,
) -> Path:
    """Save a table as a Parquet file in a folder: in parts, which are then joined."""
    rows: list[list[object]] = []
    places = count(1)

    async def save_rows() -> None:
        part = folder / f"{reader.table}.{next(places):06}.part"
        await anyio.to_thread.run_sync(save_part, part, [*rows], variables)
        rows.clear()

    async with contextlib.aclosing(read_batches(connection, slug)) as batches:
        async for batch in batches:
            rows.extend(reader.cell_rows(batch))
            if len(rows) >= ROWS_AT_ONCE:
                await save_rows()
    await save_rows()
    return await anyio.to_thread.run_sync(join_saved_parts, folder, reader.table)


def save_part(path: Path, rows: list[list[object]], variables: Sequence[Variable]) -> None:
    columns = zip(*rows, strict=True) if rows else ([] for _ in variables)
    named = [
        (variable.name, variable.type, column)
        for variable, column in zip(variables, columns, strict=True)
    ]
    path.write_bytes(make(write_parquet, named))


def join_saved_parts(folder: Path, table: str) -> Path:
    """Join the parts of a table to one file, a few rows at a time, and delete them."""
    parts = sorted(folder.glob(f"{table}.*.part"))
    whole = make(join_parquet, list(map(str, parts)), str(folder / f"{table}.parquet"))
    for part in parts:
        part.unlink()
    return Path(whole)


PARQUET = ExportFormat(
    name="parquet",
    title="Parquet",
    purpose="A small file with types, for R, Python, DuckDB or Power BI.",
    ending="parquet",
    media_type="application/vnd.apache.parquet",
    write=write_parquet_tables,
    tables=TypedTables,
)


async def write_spreadsheet(
    connection: Connection, slug: str, tables: AnswerTables, every_table: bool
) -> AsyncGenerator[bytes]:
    names = tables.wanted_names(every_table=every_table)
    answers = await counts.count_of_past_hours(connection, slug)
    if answers > MOST_ROWS or any(len(tables.heads(name)) > MOST_COLUMNS for name in names):
        raise too_large_for_sheet(MOST_ROWS)
    frame = await anyio.to_thread.run_sync(make_frame, sheet_names(names))
    cells = await count_cells(connection, slug, tables)
    sheets = {f"xl/worksheets/sheet{place}.xml": name for place, name in enumerate(names, 1)}

    def entry(path: str, content: bytes) -> ZipEntry:
        if path not in sheets:
            return ZipEntry(path, lambda: whole(content))
        table = sheets[path]
        return ZipEntry(path, lambda: write_sheet(connection, slug, tables, table, content))

    entries = [entry(*file) for file in frame.items()]
    async with contextlib.aclosing(write_zip(entries, 20 * cells)) as parts:
        async for part in parts:
            yield part


def make_frame(names: Sequence[str]) -> dict[str, bytes]:
    """The files of a workbook with these sheets; the only rows in them are samples of how cells may
    look.
    """
    with import_lock("openpyxl"):
        from openpyxl import Workbook
        from openpyxl.styles import Font
    book = Workbook()
    book.remove(book.active)
    for name in names:
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        head, day, text = (sheet.cell(1, column, "x") for column in (1, 2, 3))
        head.font = Font(bold=True)
        day.number_format = "yyyy-mm-dd"
        # As if somebody had typed an apostrophe: it stays text if the cell is edited.
        text.quotePrefix = True
    written = io.BytesIO()
    book.save(written)
    with zipfile.ZipFile(written) as parts:
        return {name: parts.read(name) for name in parts.namelist()}


def sheet_names(names: Sequence[str]) -> list[str]:
    """The names as Excel allows them for sheets: short, without forbidden characters, and a name
    that is there already with its position added.
    """
    sheets: list[str] = []
    for place, name in enumerate(names):
        short = FORBIDDEN_IN_NAMES.sub("_", name)[:LONGEST_NAME]
        taken = {sheet.casefold() for sheet in sheets}
        sheets.append(
            f"{short[: LONGEST_NAME - 4]}_{place}" if short.casefold() in taken else short
        )
    return sheets


async def write_sheet(
    connection: Connection, slug: str, tables: AnswerTables, table: str, frame: bytes
) -> AsyncGenerator[bytes]:
    """The XML of a sheet, with the rows of a table where the frame has its own."""
    before, after = NO_ROWS.split(frame)
    heads = "".join(text_cell(head, HEAD) for head in tables.heads(table))
    yield before + f"<sheetData><row>{heads}</row>".encode()
    reader = RowReader(tables, table, sheet_cells)
    rows = response_rows if table == ANSWERS else round_rows
    async with contextlib.aclosing(read_batches(connection, slug)) as batches:
        written = 0
        async for batch in batches:
            lines = [*rows(reader, batch)]
            written += len(lines)
            if written > MOST_ROWS:
                raise too_large_for_sheet(MOST_ROWS)
            yield "".join(lines).encode()
    yield b"</sheetData>" + after


def response_rows(reader: RowReader[str], batch: list[ExportedResponse]) -> Iterator[str]:
    for number, fixed, day, parts in reader.response_rows(batch):
        yield f"<row>{number_cell(number)}{fixed}{day_cell(day)}{''.join(parts)}</row>"


def round_rows(reader: RowReader[str], batch: list[ExportedResponse]) -> Iterator[str]:
    for number, place, cells in reader.round_rows(batch):
        yield f"<row>{number_cell(number)}{number_cell(place)}{cells}</row>"


def sheet_cells(cells: Iterable[object]) -> str:
    """Some cells of a row, as the XML of a sheet."""
    return "".join(map(sheet_cell, cells))


def sheet_cell(cell: object) -> str:
    if cell is None or cell == "":
        return "<c/>"
    if isinstance(cell, bool):
        return f'<c t="b"><v>{cell:d}</v></c>'
    if isinstance(cell, int | float):
        return number_cell(cell)
    if isinstance(cell, datetime.date):
        return day_cell(cell)
    text = str(cell)
    return text_cell(text, TEXT_LIKE_FORMULA if needs_guard(text) else PLAIN)


def number_cell(number: float) -> str:
    return f"<c><v>{number!r}</v></c>"


def day_cell(day: datetime.date) -> str:
    return f'<c s="{DAY}"><v>{(day - FIRST_DAY).days}</v></c>'


def text_cell(text: str, look: int) -> str:
    """A cell that is text, never a formula, whatever it begins with."""
    safe = escape(NOT_IN_XML.sub("\ufffd", text[:LONGEST_TEXT]))
    return f'<c s="{look}" t="inlineStr"><is><t xml:space="preserve">{safe}</t></is></c>'


XLSX = ExportFormat(
    name="xlsx",
    title="Excel",
    purpose="A spreadsheet for Excel, LibreOffice or Google Sheets, with a sheet for each table.",
    ending="xlsx",
    media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    write=write_spreadsheet,
    holds_every_table=True,
)


async def write_statistics_files(
    ending: str, connection: Connection, slug: str, tables: AnswerTables, every_table: bool
) -> AsyncGenerator[bytes]:
    names = tables.wanted_names(every_table=every_table)
    if await count_cells(connection, slug, tables) > MOST_CELLS:
        raise too_large_for_program(MOST_CELLS)
    async with temporary_folder() as folder:
        files = []
        for table in names:
            variables = tuple(table_variables(tables, table))
            rows = await save_parquet(
                connection, slug, CellReader(tables, table), variables, folder
            )
            made = folder / f"{table}.{ending}"
            title = tables.harmony.newest.slug
            await anyio.to_thread.run_sync(write_in_child, rows, made, variables, title)
            rows.unlink()
            files.append(made)
        async with contextlib.aclosing(send_files(files, zipped=every_table)) as parts:
            async for part in parts:
                yield part


def write_in_child(rows: Path, made: Path, variables: tuple[object, ...], title: str) -> None:
    given = (str(rows), str(made), variables, title)
    run_limited(write_labelled_file, given, {}, memory=MEMORY, seconds=SECONDS, file_size=LARGEST)


SPSS = ExportFormat(
    name="sav",
    title="SPSS",
    purpose="For SPSS, PSPP or jamovi: with the words of questions and answers, and measures.",
    ending="sav",
    media_type="application/x-spss-sav",
    write=partial(write_statistics_files, "sav"),
    tables=NumberedTables,
    has_words=False,
)
STATA = ExportFormat(
    name="dta",
    title="Stata",
    purpose="For Stata 13 or newer: with the words of questions and answers.",
    ending="dta",
    media_type="application/x-stata-dta",
    write=partial(write_statistics_files, "dta"),
    tables=NumberedTables,
    has_words=False,
)
