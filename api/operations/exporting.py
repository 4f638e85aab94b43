"""A survey's answers as tables, for the people who ran it: written while they are read.

An export takes the same memory for a hundred answers and for a million. Rows are read a batch at a
time, from one snapshot; the next batch is read while one is written and the one before it is sent.
"""

import asyncio
import contextlib
import zipfile
from collections.abc import AsyncGenerator
from typing import IO, TypeVar, cast

import anyio
import anyio.to_thread
import msgspec
from anyio.streams.memory import MemoryObjectSendStream

from api.operations.answer_tables import ANSWERS, AnswerTables, TableWriter
from survey.problems import Unavailable
from survey.store import places
from survey.store.database import Connection, Database
from survey.store.surveys import counts, instruments, responses
from survey.surveys.instruments import AsAnswered, HarmonisedVersions
from survey.surveys.refusals import unknown_instrument

BATCH = 1_000
AT_ONCE = 3  # each holds a connection until its reader has everything
STALLED_S = 60.0
ZIP64_FROM = 10_000_000  # cells: far below the 2 GiB that fit without it, and older readers know it
Part = TypeVar("Part")
turns = asyncio.Semaphore(AT_ONCE)


class WantedExport(msgspec.Struct, frozen=True, kw_only=True):
    """Which answers to export: in words or as codes, under today's options or `as_answered`.

    With `every_table`, a ZIP that has a table for each repeat besides that of the responses.
    """

    slug: str
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
        tables = await load_tables(connection, wanted)
        write = write_zip if wanted.every_table else write_table
        async with contextlib.aclosing(write(connection, wanted.slug, tables)) as parts:
            async for part in parts:
                yield part


async def load_tables(connection: Connection, wanted: WantedExport) -> AnswerTables:
    versions = await instruments.load_history(connection, wanted.slug)
    if not versions:
        raise unknown_instrument(wanted.slug[:60])
    areas = (await places.get_city(connection)).areas if wanted.words else ()
    return AnswerTables(
        AsAnswered(versions) if wanted.as_answered else HarmonisedVersions(versions),
        {area.code: area.name for area in areas} if wanted.words else None,
    )


async def write_table(
    connection: Connection, slug: str, tables: AnswerTables, table: str = ANSWERS
) -> AsyncGenerator[bytes]:
    """One table as CSV, its head first."""
    writer = TableWriter(tables, table)
    yield writer.head().encode()
    batches = read_ahead(responses.read_in_batches(connection, slug, BATCH))
    async with contextlib.aclosing(batches):
        async for batch in batches:
            # Not in a thread: it and the loop would wait for each other's lock at every read from
            # the socket. So few rows hold up other requests for a millisecond or two.
            yield writer.lines(batch).encode()


async def write_zip(
    connection: Connection, slug: str, tables: AnswerTables
) -> AsyncGenerator[bytes]:
    """Every table as a CSV file of one ZIP; one that was cut has no list of its files and does not
    open.
    """
    cells = len(tables.columns) * await counts.count_all(connection, slug)
    sink = UnseekableSink()
    with zipfile.ZipFile(cast(IO[bytes], sink), "w", zipfile.ZIP_DEFLATED) as parts:
        for name in tables.names:
            # The responses are read anew for each table: a ZIP has one file after another.
            with parts.open(f"{name}.csv", "w", force_zip64=cells > ZIP64_FROM) as opened:
                async with contextlib.aclosing(write_table(connection, slug, tables, name)) as rows:
                    async for text in rows:
                        await anyio.to_thread.run_sync(opened.write, text)
                        if compressed := sink.take_all():
                            yield compressed
    yield sink.take_all()


class UnseekableSink:
    """Collects what is written to it until that is taken; like a response, it has no way back."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, part: bytes) -> int:
        self.written.append(part)
        return len(part)

    def flush(self) -> None:
        """Nothing to do: what was written can be taken at once."""

    def take_all(self) -> bytes:
        parts, self.written = self.written, []
        return b"".join(parts)


async def read_ahead(parts: AsyncGenerator[Part]) -> AsyncGenerator[Part]:
    """The same parts, with the next one made in a task of its own while one is used."""
    send, receive = anyio.create_memory_object_stream[Part](1)
    task = asyncio.create_task(send_parts(parts, send))
    try:
        async with receive:
            async for part in receive:
                yield part
        await task  # raises what ended it
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def send_parts(parts: AsyncGenerator[Part], send: MemoryObjectSendStream[Part]) -> None:
    """Send each part; the generator's connection is given back at the end, however it comes."""
    async with send, contextlib.aclosing(parts):
        async for part in parts:
            with anyio.move_on_after(STALLED_S) as patience:
                await send.send(part)
            if patience.cancelled_caught:
                raise stalled_reader()


def stalled_reader() -> Unavailable:
    return Unavailable(
        "export.stalled",
        "The export stopped, because nobody read it for a minute.",
        "Start the export again.",
    )
