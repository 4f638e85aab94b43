"""An export whose server, database or command dies half way never looks complete.

Size: one survey of 60 questions with 20,000 answers, each way CAMPAIGN_ROUNDS times.
"""

import asyncio
import contextlib
import json
import socket
import urllib.request

import pytest

from api.security import cookies
from api.security import people as people_room
from survey.store.accounts import people
from tests import alone
from tests.campaigns.processes import OurCommand, Service
from tests.campaigns.sizes import DEADLINE_S, ROUNDS, log
from tests.people import JOAN

pytestmark = pytest.mark.slow
ANSWERS, QUESTIONS = 20_000, 60  # more than the buffers of a connection hold
NAMES = [f"q{number}" for number in range(QUESTIONS)]
WIDE = {
    "slug": "wide", "version": 1, "mode": "open", "kind": "survey",
    "title": {"en": "Wide"}, "summary": {"en": "For a test."},
    "items": [{"type": "whole", "name": name, "text": {"en": name}} for name in NAMES],
}  # fmt: skip
FILL = """
    INSERT INTO responses (reference, instrument, version, mode, area, language, answers,
                           received_at, summed)
    SELECT 'fill-' || n, 'wide', 1, 'open', 'E09000012', 'en',
           (SELECT jsonb_object_agg('q' || q, 123456789) FROM generate_series(0, $2::int - 1) q),
           date_trunc('hour', now()) - interval '1 hour', true
      FROM generate_series(1, $1::int) n
"""
END_EXPORTS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE query LIKE '%FROM responses%' AND state <> 'idle' AND pid <> pg_backend_pid()
"""


@pytest.fixture(scope="module")
async def dsn(own_server, folder):
    async with alone.create_database(own_server, "cut_exports") as dsn:
        (folder / "wide.json").write_text(json.dumps(WIDE))
        with OurCommand(folder, "import", "survey", str(folder / "wide.json"), dsn=dsn) as command:
            assert await asyncio.to_thread(command.process.wait, DEADLINE_S) == 0, command.told()
        connection = await alone.connect(dsn)
        await connection.execute(FILL, ANSWERS, QUESTIONS)
        await people.insert(connection, *JOAN, None)
        await connection.close()
        yield dsn


@pytest.fixture
async def key(dsn):
    """A session key of a person who may download every export."""
    connection = await alone.connect(dsn)
    account = await people.by_email(connection, JOAN[0])
    found = await people_room.begin_session(connection, account.id)
    await connection.close()
    return found


def request_export(service, key):
    """A client that has asked for an export and reads nothing yet, so that buffers fill up."""
    asking = socket.socket()
    asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    asking.settimeout(DEADLINE_S)
    asking.connect(("127.0.0.1", service.port))
    head = f"GET /work/surveys/wide/answers.csv HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\n"
    asking.sendall(f"{head}Cookie: {cookies.SESSION}={key}\r\n\r\n".encode())
    return asking


def read_all(asking):
    """All bytes until the connection ends, however it ends."""
    came = b""
    with contextlib.suppress(ConnectionError):
        while chunk := asking.recv(2**16):
            came += chunk
    return came


def claims_to_be_whole(came):
    """Whether a client takes this for the whole response, by its headers."""
    head, _, body = came.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    if length := fields.get(b"content-length"):
        return len(body) == int(length)
    assert fields[b"transfer-encoding"] == b"chunked"
    return body.endswith(b"0\r\n\r\n")


@pytest.mark.parametrize("number", range(ROUNDS))
async def test_a_server_that_dies_half_way_leaves_no_whole_answer(number, dsn, folder, key):
    with (
        Service(folder, "--no-worker", dsn=dsn) as service,
        contextlib.closing(request_export(service, key)) as asking,
    ):
        came = await asyncio.to_thread(asking.recv, 2**10)
        assert came.startswith(b"HTTP/1.1 200")
        service.kill()
        came += await asyncio.to_thread(read_all, asking)
    assert came.count(b"123456789") < ANSWERS * QUESTIONS
    assert not claims_to_be_whole(came)
    log.info("export cut after %d bytes: not whole", len(came))


@pytest.mark.parametrize("number", range(ROUNDS))
async def test_a_database_that_goes_half_way_leaves_no_whole_answer(number, dsn, folder, key):
    database = await alone.connect(dsn)
    with (
        Service(folder, "--no-worker", dsn=dsn) as service,
        contextlib.closing(request_export(service, key)) as asking,
    ):
        came = b""
        while b"123456789" not in came:  # the head of the table comes before the answers are read
            came += await asyncio.to_thread(asking.recv, 2**10)
        ended = await database.fetch(END_EXPORTS)
        came += await asyncio.to_thread(read_all, asking)
        assert ended, "the export had ended before"
        assert not claims_to_be_whole(came)
        assert await asyncio.to_thread(asks_for_health, service)
    await database.close()
    log.info("export cut after %d bytes: not whole", len(came))


def asks_for_health(service):
    """Whether the service still answers."""
    with urllib.request.urlopen(f"{service.address}/health", timeout=DEADLINE_S) as answer:
        return answer.status == 200


@pytest.mark.parametrize("number", range(ROUNDS))
async def test_a_command_that_dies_half_way_leaves_no_file_of_that_name(number, dsn, folder):
    out = folder / f"answers {number}.csv"
    with OurCommand(folder, "export", "wide", "--out", str(out), dsn=dsn) as command:
        async with asyncio.timeout(DEADLINE_S):
            while not list(folder.glob(f".{out.name}*")) and not out.exists():
                await asyncio.sleep(0)
        command.kill()
    whole = out.exists() and out.read_bytes().count(b"123456789") == ANSWERS * QUESTIONS
    assert whole or not out.exists()
