"""A survey's answers as they lie in the database, a batch at a time."""

from collections.abc import AsyncGenerator

from api.operations.exporting.answer_tables import AnswerTables
from api.operations.exporting.streaming import read_ahead
from survey.store.answers import counts
from survey.store.answers.counts import ExportedResponse
from survey.store.database import Connection

BATCH = 1_000


def read_batches(connection: Connection, slug: str) -> AsyncGenerator[list[ExportedResponse]]:
    """Every response to a survey, the next batch read while one is used."""
    return read_ahead(counts.read_in_batches(connection, slug, BATCH))


async def count_cells(connection: Connection, slug: str, tables: AnswerTables) -> int:
    """About how many cells the table of responses has."""
    return len(tables.heads(tables.names[0])) * await counts.count_of_past_hours(connection, slug)
