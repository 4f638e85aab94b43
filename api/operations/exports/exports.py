"""A survey's answers as tables, for the people who ran it: written while they are read.

An export takes the same memory for a hundred answers and for a million. Rows are read a batch at a
time, from one snapshot; the next batch is read while one is written and the one before it is sent.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

import msgspec

from api.operations.exports import binary_formats, text_formats
from api.operations.exports.streams import read_ahead
from api.operations.exports.text_formats import ExportFormat
from survey.store import places
from survey.store.database import Database
from survey.store.surveys import instruments
from survey.surveys.instruments import AsAnswered, HarmonisedVersions
from survey.surveys.refusals import unknown_instrument

FORMATS: dict[str, ExportFormat] = {
    one.name: one
    for one in (
        binary_formats.XLSX,
        text_formats.CSV,
        binary_formats.SPSS,
        binary_formats.STATA,
        text_formats.R,
        binary_formats.PARQUET,
        text_formats.JSON,
    )
}
AT_ONCE = 3  # each holds a connection until its reader has everything
turns = asyncio.Semaphore(AT_ONCE)


class WantedExport(msgspec.Struct, frozen=True, kw_only=True):
    """Which answers to export, in which of `FORMATS`: in words or as codes, under today's options
    or `as_answered`.

    With `every_table`, there is a table for each repeat besides that of the responses.
    """

    slug: str
    format: str = "csv"
    words: bool = False
    as_answered: bool = False
    every_table: bool = False


async def stream_export(database: Database, wanted: WantedExport) -> AsyncGenerator[bytes]:
    """The bytes of an export of every response, all of one moment: no free text, and no order
    within the hour.

    Whoever takes nothing for a minute loses the rest.
    """
    async with turns, contextlib.aclosing(read_ahead(write_export(database, wanted))) as parts:
        async for part in parts:
            yield part


async def write_export(database: Database, wanted: WantedExport) -> AsyncGenerator[bytes]:
    # Of what comes meanwhile, batches would show some and miss some: ids are random in an hour.
    async with (
        database.connection() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        versions = await instruments.load_history(connection, wanted.slug)
        if not versions:
            raise unknown_instrument(wanted.slug[:60])
        chosen = FORMATS[wanted.format]
        areas = {area.code: area.name for area in (await places.get_city(connection)).areas}
        harmony = AsAnswered(versions) if wanted.as_answered else HarmonisedVersions(versions)
        tables = chosen.tables(harmony, areas, words=wanted.words and chosen.has_words)
        write = FORMATS[wanted.format].write
        writing = write(connection, wanted.slug, tables, wanted.every_table)
        async with contextlib.aclosing(writing) as parts:
            async for part in parts:
                yield part
