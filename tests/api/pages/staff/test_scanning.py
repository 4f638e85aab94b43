"""Uploaded files wait for the scanner; nobody gets them before; infected ones are destroyed."""

import asyncio
import logging
import re
import shutil
import socket
from pathlib import Path

import httpx
import msgspec
import pytest

from api.app import build
from api.jobs import attachments, worker
from api.jobs.attachments import Clamd, parse_verdict, scanner_from_settings
from api.settings import Settings
from survey.problems import Unavailable
from tests.api.pages.resident.test_attachments import (
    ANSWERS,
    WORK,
    owned,
    response_body,
    send_file,
    sending,
    upload,
)
from tests.conftest import UNLIMITED, OneConnection
from tests.fakes.clamd import EICAR, start_fake_clamd, start_real_clamd
from tests.files import uploads
from tests.people import AMINA
from tests.stored.answers import end_their_hour

__all__ = ["owned", "sending"]
INFECTED = uploads.pdf(content=EICAR)
TOO_LONG = uploads.pdf(content=b"0" * 1_100_000)


@pytest.fixture
async def fake():
    async with start_fake_clamd() as (fake, address):
        fake.address = address
        yield fake


@pytest.fixture(scope="module")
def scanning_app():
    """The pages only ask whether there is a scanner; the worker talks to it."""
    return build(msgspec.structs.replace(UNLIMITED, clamd="127.0.0.1:9"), OneConnection(None))


@pytest.fixture
def app(scanning_app, db):
    scanning_app.state.database = db
    return scanning_app


@pytest.fixture
def scanner(fake):
    return scanner_from_settings(Settings(clamd=fake.address))


async def count_by_scan(connection):
    rows = await connection.fetch("SELECT scan, count(*) AS n FROM attachments GROUP BY 1")
    return {row["scan"]: row["n"] for row in rows}


async def scan_all(db, scanner):
    done = 0
    while await attachments.scan_next_file(db, scanner):
        done += 1
    return done


async def test_a_file_waits_until_it_was_scanned(client, db, sending, scanner, fake):
    await send_file(client)
    await client.post("/surveys/sending")
    await upload(client, "photo")
    assert await count_by_scan(sending) == {"waiting": 2}
    assert await scan_all(db, scanner) == 2
    assert await count_by_scan(sending) == {"clean": 2}
    rows = await sending.fetch("SELECT body FROM attachments")
    assert sorted(fake.bodies) == sorted(row["body"] for row in rows)
    assert await attachments.scan_next_file(db, scanner) is False


async def test_what_is_infected_is_destroyed_for_good(client, db, sending, scanner):
    mark = (await send_file(client, "paper", INFECTED)).json()["mark"]
    await scan_all(db, scanner)
    row = await sending.fetchrow("SELECT scan, body, size FROM attachments")
    assert tuple(row) == ("infected", b"\0", 1)
    assert (await client.post(ANSWERS, json=response_body(paper=mark))).status_code == 201


@pytest.mark.slow
async def test_the_list_says_what_the_scanner_said(client, signed_in, owned, db, scanner):
    marks = [
        (await send_file(client, "paper", body)).json()["mark"] for body in (INFECTED, uploads.PDF)
    ]
    for mark in marks:
        await client.post(ANSWERS, json=response_body(paper=mark))
    await end_their_hour(owned, "sending")
    amina = await signed_in(AMINA)
    page = (await amina.get(WORK)).text
    assert page.count(">Being scanned<") == 2
    assert f'href="{WORK}/attachments/' not in page
    ids = {row["mark"]: row["id"] for row in await owned.fetch("SELECT mark, id FROM attachments")}
    noted = await owned.fetchval("SELECT count(*) FROM audit")
    waits = await amina.get(f"{WORK}/attachments/{ids[marks[1]]}")
    assert (waits.status_code, "still being scanned" in waits.text) == (409, True)
    await scan_all(db, scanner)
    refused = await amina.get(f"{WORK}/attachments/{ids[marks[0]]}")
    assert (refused.status_code, "It was deleted" in refused.text) == (410, True)
    assert await owned.fetchval("SELECT count(*) FROM audit") == noted
    page = (await amina.get(WORK)).text
    assert ">Refused by the scanner<" in page
    assert ">Scanned, nothing found<" in page
    assert re.findall(rf'href="{WORK}/attachments/([^"]+)"', page) == [str(ids[marks[1]])]
    letter = (await amina.get(f"{WORK}/attachments/{ids[marks[1]]}")).content
    assert b"(A letter) Tj" in letter


@pytest.mark.slow
async def test_a_scanner_that_is_away_is_waited_for_and_told_of_once(
    client, db, sending, scanner, fake, caplog
):
    await send_file(client)
    away = Clamd("127.0.0.1", 9, "")
    for _ in range(3):
        assert await attachments.scan_next_file(db, away) is False
    assert [one.message for one in caplog.records if one.name == "soundings.scanner"] == [
        "the scanner cannot be used, files wait for it: ConnectionRefusedError"
    ]
    assert await count_by_scan(sending) == {"waiting": 1}
    assert await scan_all(db, scanner) == 1
    away.port = scanner.port
    assert await away.scan(b"x") == "clean"
    assert "the scanner is back" in caplog.text


async def test_a_scanner_that_fails_or_is_too_slow_gives_no_verdict(fake):
    host, _, port = fake.address.rpartition(":")
    scanner = Clamd(host, int(port), "", seconds=60)
    for says in (b"stream: something ERROR", b"", b"UNKNOWN COMMAND", b"x" * 10_000):
        fake.says = says
        assert await scanner.scan(b"x") == "away"
    fake.says = None
    fake.may_answer.clear()
    assert await Clamd(host, int(port), "", seconds=0.2).scan(b"x" * 3_000_000) == "away"
    fake.may_answer.set()
    assert await scanner.scan(b"x") == "clean"


@pytest.mark.slow
async def test_what_is_larger_than_the_scanner_takes_is_offered_as_not_scanned(
    client, db, sending, scanner, fake, caplog
):
    fake.most = 1_000_000
    await send_file(client, "paper", TOO_LONG)
    with caplog.at_level(logging.WARNING):
        assert await scan_all(db, scanner) == 1
    assert await count_by_scan(sending) == {"not_scanned": 1}
    assert "larger than the scanner takes" in caplog.text


async def test_an_answer_is_read_though_the_scanner_no_longer_listens(tmp_path):
    """Over its limit clamd answers and hangs up while we send."""
    path = str(tmp_path / "clamd")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()

        class Hasty(Clamd):
            async def connect(self):
                found = await super().connect()
                theirs, _ = listener.accept()
                with theirs:
                    theirs.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                return found

        assert await Hasty("", 0, path).scan(b"0" * 3_000_000) == "too_large"


@pytest.mark.slow
async def test_one_file_that_fails_does_not_hold_up_the_rest(client, db, sending, fake, scanner):
    for number in range(6):
        await send_file(client, "paper", uploads.pdf(b"Letter %d" % number))
    # Next to the one that fails is one as close behind it as marks can be.
    marks = ["a" * 26, "a" * 25 + "b"]
    for old, new in zip(await sending.fetch("SELECT mark FROM attachments"), marks, strict=False):
        await sending.execute("UPDATE attachments SET mark = $2 WHERE mark = $1", old["mark"], new)
    failing = await sending.fetchval("SELECT body FROM attachments WHERE mark = $1", marks[0])

    class Stumbling:
        async def scan(self, body):
            return "away" if body == failing else "clean"

    for _ in range(400):
        await attachments.scan_next_file(db, Stumbling())
    assert await count_by_scan(sending) == {"waiting": 1, "clean": 5}


@pytest.mark.slow
async def test_the_worker_scans_beside_its_jobs(client, db, sending, monkeypatch):
    async def nothing(_):
        pass

    class Last:
        async def scan(self, _):
            stop.set()
            return "clean"

    stop = asyncio.Event()
    monkeypatch.setattr(worker, "queue_due_jobs", nothing)
    await send_file(client)
    await asyncio.wait_for(worker.run_until_stopped(db, stop, None, Last()), 60)
    assert await count_by_scan(sending) == {"clean": 1}


async def test_a_chunk_is_never_larger_than_a_scanner_reads_and_all_arrives(fake, scanner):
    body = bytes(range(256)) * 10_000
    assert await scanner.scan(body) == "clean"
    assert await scanner.scan(b"") == "clean"
    assert fake.bodies == [body, b""]


@pytest.fixture
async def real(tmp_path):
    if shutil.which("clamd") is None and not Path("/usr/sbin/clamd").exists():
        pytest.skip("clamd is not on this machine: apt-get install clamav-daemon")
    async with start_real_clamd(tmp_path) as path:
        yield scanner_from_settings(Settings(clamd=path))


@pytest.mark.slow
async def test_the_real_clamd_says_the_same(real, client, db, sending):
    assert await real.scan(uploads.PDF) == "clean"
    assert await real.scan(INFECTED) == "infected"
    assert await real.scan(b"0" * 3_000_000) == "too_large"
    assert await real.scan(b"x" * 900_000) == "clean"
    await send_file(client, "paper", INFECTED)
    await send_file(client)
    assert await scan_all(db, real) == 2
    assert await count_by_scan(sending) == {"infected": 1, "clean": 1}


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [(b"stream: OK\0", "clean"), (b"stream: Eicar FOUND\0", "infected"),
     (b"INSTREAM size limit exceeded. ERROR\0", "too_large"), (b"stream: OK FOUND", "infected"),
     (b"FOUND", "away"), (b"OK", "away"), (b"\0", "away")],
)  # fmt: skip
def test_only_what_clamd_says_is_a_verdict(answer, verdict):
    assert parse_verdict(answer) == verdict


def test_a_scanner_is_named_by_address_or_path():
    assert scanner_from_settings(Settings()) is None
    assert scanner_from_settings(Settings(clamd="/run/clamd.ctl")).path == "/run/clamd.ctl"
    six = scanner_from_settings(Settings(clamd="[::1]:3310"))
    assert (six.host, six.port) == ("::1", 3310)
    for wrong in ("clamav", "clamav:", ":3310", "clamav:0", "clamav:x", "clamav:99999"):
        with pytest.raises(Unavailable, match="SOUNDINGS_CLAMD"):
            scanner_from_settings(Settings(clamd=wrong))


@pytest.mark.slow
async def test_without_a_scanner_nothing_waits(db, sending):
    transport = httpx.ASGITransport(build(UNLIMITED, db))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        await send_file(client)
    assert await count_by_scan(sending) == {"not_scanned": 1}
