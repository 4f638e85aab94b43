"""An export is read while it is sent, never far ahead of its reader, and says so when it is cut."""

import asyncio
import io
import zipfile

import pytest

from api.operations import exports
from api.operations.answers import submissions
from api.operations.exports import WantedExport, stream_export, streams, text_formats
from api.operations.exports.streams import read_ahead
from survey.problems import Unavailable
from survey.surveys.responses import Submission
from tests.conftest import roll_back_at_end
from tests.stored.answers import end_their_hour

FEEDBACK = WantedExport(slug="feedback")


@pytest.fixture
async def db(connection, monkeypatch):
    """As in conftest, at the isolation level of an export; each batch has two responses."""
    monkeypatch.setattr(text_formats, "BATCH", 2)
    async with roll_back_at_end(connection, "repeatable_read") as one:
        for _ in range(9):
            sent = Submission(area="Hackney", answers={"subject": "taser", "story": "Calm."})
            await submissions.submit_response(one, "feedback", sent)
        await end_their_hour(one.the_connection, "feedback")
        yield one


class Parts:
    """Parts that count how many of them were made, and whether they were closed."""

    def __init__(self):
        self.made, self.closed = 0, False

    async def all(self):
        try:
            for self.made in range(1, 100):
                yield self.made
        finally:
            self.closed = True


async def test_at_most_two_parts_are_made_before_anybody_takes_them():
    parts = Parts()
    taken = read_ahead(parts.all())
    assert await anext(taken) == 1
    for _ in range(20):  # turns of the loop, in which it could run on
        await asyncio.sleep(0)
    assert parts.made == 3  # one was taken, one waits, one would be sent next
    await taken.aclose()
    assert parts.closed


async def test_every_part_comes_once_and_in_order():
    assert [one async for one in read_ahead(Parts().all())] == [*range(1, 100)]


async def test_what_ends_the_parts_ends_their_reader():
    async def broken():
        yield 1
        raise ConnectionResetError

    taken = read_ahead(broken())
    assert await anext(taken) == 1
    with pytest.raises(ConnectionResetError):
        await anext(taken)


async def test_a_reader_that_stalls_loses_the_rest(monkeypatch):
    monkeypatch.setattr(streams, "STALLED_S", 0.0)
    parts = Parts()
    with pytest.raises(Unavailable) as refused:
        await anext(read_ahead(parts.all()))
    assert refused.value.code == "export.stalled"
    assert parts.closed


async def test_rows_are_numbered_through_every_batch(db):
    lines = b"".join([part async for part in stream_export(db, FEEDBACK)]).split(b"\r\n")
    assert [int(line.split(b",")[0]) for line in lines[1:-1]] == [*range(1, 10)]


async def test_a_zip_can_be_opened_only_when_it_is_whole(db):
    wanted = WantedExport(slug="feedback", every_table=True)
    parts = [part async for part in stream_export(db, wanted)]
    with zipfile.ZipFile(io.BytesIO(b"".join(parts))) as whole:
        assert whole.testzip() is None
        assert whole.read("answers.csv").count(b"\r\n") == 10
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(b"".join(parts[:-1])))


async def test_a_fourth_export_waits_for_its_turn(db, monkeypatch):
    monkeypatch.setattr(exports, "turns", asyncio.Semaphore(1))
    first, second = stream_export(db, FEEDBACK), stream_export(db, FEEDBACK)
    await anext(first)
    waiting = asyncio.ensure_future(anext(second))
    await asyncio.sleep(0)
    assert not waiting.done()
    await first.aclose()
    assert (await waiting).startswith(b"row,version,")
    await second.aclose()
