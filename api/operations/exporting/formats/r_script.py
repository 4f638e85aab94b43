"""R: the tables as CSV, with a script that reads them and makes factors with labels."""

import contextlib
import json
from collections.abc import AsyncGenerator, Iterator

from api.operations.exporting.answer_tables import AnswerTables
from api.operations.exporting.batches import count_cells
from api.operations.exporting.formats.csv_tables import csv_entries
from api.operations.exporting.formats.export_format import ExportFormat
from api.operations.exporting.streaming import ZipEntry, whole, write_zip
from api.operations.exporting.typed_tables import CHOSEN, TypedTables, table_variables
from survey.formats.data_dictionary import Variable, plain_names
from survey.store.database import Connection

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


async def write_r_files(
    connection: Connection, slug: str, tables: AnswerTables, every_table: bool
) -> AsyncGenerator[bytes]:
    names = tables.wanted_names(every_table=every_table)
    named = zip(names, plain_names(names, LONGEST_FRAME), strict=True)
    script = "\n".join([BEGINNING, *(line for one in named for line in lines(tables, *one))])
    entries = [
        ZipEntry(SCRIPT, lambda: whole(f"{script}\n".encode())),
        *csv_entries(connection, slug, tables, names),
    ]
    cells = await count_cells(connection, slug, tables)
    async with contextlib.aclosing(write_zip(entries, cells)) as parts:
        async for part in parts:
            yield part


def lines(tables: AnswerTables, table: str, frame: str) -> Iterator[str]:
    """The lines that read a table into a data frame."""
    yield f"{frame} <- read_table({r_text(f'{table}.csv')})"
    for one in table_variables(tables, table):
        column = f"{frame}[[{r_text(one.name)}]]"
        yield f"{column} <- labelled({typed_column(one, column)}, {r_text(one.label)})"
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
    """A text as R reads it: JSON's signs for what cannot stand in quotation marks are R's too."""
    return json.dumps(text.replace("\x00", ""), ensure_ascii=False)


FORMAT = ExportFormat(
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
