"""Which bytes of files count for a connection: those that were stored, and no others."""

import random

import httpx
import msgspec
import pytest

from api import app
from api.app import FILE_BYTES, build
from api.settings import Settings
from survey.store.surveys import instruments, sharing
from survey.store.surveys.sharing import Kiosk
from tests.api.pages.forms import page_again
from tests.api.pages.resident.test_attachments import BASE, TYPED, send_file
from tests.api.pages.resident.test_kiosk import ASKED, FILLED, TOKEN, send
from tests.api.pages.survey_of_files import FILE_SURVEY
from tests.files import uploads

PICTURE = 100_000
FILM = {"content-type": "multipart/form-data; boundary=x", "content-length": "210000000"}


def large_pdf():
    return uploads.pdf(content=random.Random(7).randbytes(PICTURE))


@pytest.fixture
async def client(db, monkeypatch):
    """A service where a connection may store 250 KB of files in three hours."""
    monkeypatch.setattr(app, "FILE_BYTES", msgspec.structs.replace(FILE_BYTES, most=250_000))
    await instruments.insert(db.the_connection, FILE_SURVEY)
    await instruments.insert(db.the_connection, ASKED)
    await sharing.insert_kiosk(db.the_connection, Kiosk("stall", TOKEN, "123456"))
    transport = httpx.ASGITransport(build(Settings(sends_per_minute=1_000), db))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as one:
        yield one


async def send_paper(client):
    return await send_file(client, "paper", large_pdf())


async def test_a_film_that_is_refused_counts_nothing(client):
    await client.post(BASE)
    await client.post(f"{BASE}/borough", data=TYPED["borough"])
    for _ in range(30):
        refused = await client.post(f"{BASE}/photo", content=b"--x--", headers=FILM)
        page = await page_again(client, refused, f"{BASE}/photo")
        assert "must be 32 MB or smaller" in page.text
    assert (await send_paper(client)).status_code == 201


async def test_what_is_stored_counts_and_the_refusal_says_until_when(client, monkeypatch):
    found = [(await send_paper(client)).status_code for _ in range(3)]
    assert found == [201, 201, 429]
    # A refused file does not count either: a smaller one still goes.
    assert (await send_file(client, "photo", uploads.jpeg())).status_code == 201
    refused = await send_paper(client)
    assert int(refused.headers["retry-after"]) > 10_000
    assert refused.json()["remedy"] == "Send it again in 180 minutes; nothing was saved."
    await client.post(BASE)
    await client.post(f"{BASE}/borough", data=TYPED["borough"])
    files = {"answer": ("a.pdf", large_pdf(), "application/pdf")}
    page = await client.post(f"{BASE}/paper", files=files)
    assert page.status_code == 429
    assert "Nothing was saved. Try again after " in page.text


async def test_words_from_a_kiosk_are_taken_when_no_more_files_are(client):
    assert [(await send_paper(client)).status_code for _ in range(3)] == [201, 201, 429]
    assert (await send(client, FILLED)).status_code == 201
