"""JSON: one document with a list of rows for each table."""

import contextlib
from collections.abc import AsyncGenerator, Iterator, Sequence

import msgspec

from api.operations.exporting.answer_tables import (
    NO_ANSWER,
    AnswerTables,
    CellReader,
    Column,
    QuestionLabels,
)
from api.operations.exporting.batches import read_batches
from api.operations.exporting.formats.export_format import ExportFormat
from api.operations.exporting.typed_tables import Labels
from survey.store.database import Connection
from survey.surveys.responses import answer_rounds


class ListColumn(Column, frozen=True):
    """The answers to a question as JSON has them: several answers are a list."""

    def cell(self, answer: object, labels: Labels) -> object:
        if not isinstance(answer, list) or answer_rounds(answer):
            return super().cell(answer, labels)
        known = (labels or {}).get(self.name, QuestionLabels("", NO_ANSWER if labels else {}))
        return [known.answers.get(one, one) for one in answer]


class ListTables(AnswerTables):
    """Tables in which several answers to a question are a list, not a column each."""

    def columns_of_one(self, name: str) -> Iterator[Column]:
        yield ListColumn(name)


async def write_json_tables(
    connection: Connection, slug: str, tables: AnswerTables, every_table: bool
) -> AsyncGenerator[bytes]:
    names = tables.wanted_names(every_table=every_table)
    encode = msgspec.json.Encoder().encode
    for place, table in enumerate(names):
        yield (b",\n" if place else b"{\n") + encode(table) + b": ["
        heads, reader, between = tables.heads(table), CellReader(tables, table), b"\n"
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


FORMAT = ExportFormat(
    name="json",
    title="JSON",
    purpose="For programs: a list of rows for each table, several answers as lists.",
    ending="json",
    media_type="application/json",
    write=write_json_tables,
    tables=ListTables,
    holds_every_table=True,
)
