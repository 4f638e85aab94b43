"""Parquet: a compressed table with types, for R, Python, DuckDB and Power BI."""

import contextlib
from collections.abc import AsyncGenerator, Sequence
from itertools import count
from pathlib import Path

import anyio.to_thread

from api.operations.exporting.answer_tables import AnswerTables, CellReader
from api.operations.exporting.batches import read_batches
from api.operations.exporting.formats.export_format import ExportFormat
from api.operations.exporting.streaming import send_files, temporary_folder
from api.operations.exporting.typed_tables import TypedTables, table_variables
from api.process.file_tools import join_parquet, write_parquet
from api.process.workshop import make
from survey.formats.data_dictionary import Variable
from survey.store.database import Connection

ROWS_AT_ONCE = 20_000


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
    return await anyio.to_thread.run_sync(join_parts, folder, reader.table)


def save_part(path: Path, rows: list[list[object]], variables: Sequence[Variable]) -> None:
    columns = zip(*rows, strict=True) if rows else ([] for _ in variables)
    named = [(one.name, one.type, column) for one, column in zip(variables, columns, strict=True)]
    path.write_bytes(make(write_parquet, named))


def join_parts(folder: Path, table: str) -> Path:
    """Join the parts of a table to one file, a few rows at a time, and delete them."""
    parts = sorted(folder.glob(f"{table}.*.part"))
    whole = make(join_parquet, list(map(str, parts)), str(folder / f"{table}.parquet"))
    for part in parts:
        part.unlink()
    return Path(whole)


FORMAT = ExportFormat(
    name="parquet",
    title="Parquet",
    purpose="A small file with types, for R, Python, DuckDB or Power BI.",
    ending="parquet",
    media_type="application/vnd.apache.parquet",
    write=write_parquet_tables,
    tables=TypedTables,
)
