"""SPSS and Stata: choices as numbers, with the words of questions and answers in the file.

Their library needs all rows at once. So it runs in a process of its own, and a survey that would
need too much memory there is refused.
"""

import contextlib
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path

import anyio.to_thread

from api.operations.exporting.answer_tables import AnswerTables, CellReader
from api.operations.exporting.batches import count_cells
from api.operations.exporting.formats.export_format import ExportFormat
from api.operations.exporting.formats.parquet import save_parquet
from api.operations.exporting.refusals import too_large_for_program
from api.operations.exporting.streaming import send_files, temporary_folder
from api.operations.exporting.typed_tables import NumberedTables, table_variables
from survey.formats.data_dictionary import write_labelled_file
from survey.isolation import run_limited
from survey.store.database import Connection

MOST_CELLS = 40_000_000
MEMORY, SECONDS, LARGEST = 4_000_000_000, 600, 20_000_000_000


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
