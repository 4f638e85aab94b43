"""CSV: one table, or a ZIP with one for each repeat besides."""

import contextlib
from collections.abc import AsyncGenerator, Sequence

from api.operations.exporting.answer_tables import ANSWERS, AnswerTables, TableWriter
from api.operations.exporting.batches import count_cells, read_batches
from api.operations.exporting.formats.export_format import ExportFormat
from api.operations.exporting.streaming import ZipEntry, write_zip
from survey.store.database import Connection


async def write_csv_tables(
    connection: Connection, slug: str, tables: AnswerTables, every_table: bool
) -> AsyncGenerator[bytes]:
    if not every_table:
        writing = write_csv_table(connection, slug, tables, ANSWERS)
    else:
        cells = await count_cells(connection, slug, tables)
        writing = write_zip(csv_entries(connection, slug, tables, tables.names), cells)
    async with contextlib.aclosing(writing) as parts:
        async for part in parts:
            yield part


def csv_entries(
    connection: Connection, slug: str, tables: AnswerTables, names: Sequence[str]
) -> list[ZipEntry]:
    """Each table as a file. The responses are read anew for each: a ZIP has one after another."""

    def entry(name: str) -> ZipEntry:
        return ZipEntry(f"{name}.csv", lambda: write_csv_table(connection, slug, tables, name))

    return [entry(name) for name in names]


async def write_csv_table(
    connection: Connection, slug: str, tables: AnswerTables, table: str
) -> AsyncGenerator[bytes]:
    """One table as CSV, its head first."""
    writer = TableWriter(tables, table)
    yield writer.head().encode()
    async with contextlib.aclosing(read_batches(connection, slug)) as batches:
        async for batch in batches:
            # Not in a thread: it and the loop would wait for each other's lock at every read from
            # the socket. So few rows hold up other requests for a millisecond or two.
            yield writer.lines(batch).encode()


FORMAT = ExportFormat(
    name="csv",
    title="CSV",
    purpose="A plain table that nearly every program opens.",
    ending="csv",
    media_type="text/csv",
    write=write_csv_tables,
)
