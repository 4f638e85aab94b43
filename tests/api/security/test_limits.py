"""Requests that are too large or too many are refused before their body is read."""

import json

import httpx
import msgspec
import pytest
from litestar import _parsers

from api import app
from api.app import FILE_BYTES, build
from api.security.limits import source_network
from api.security.requests import MOST_FIELDS, MOST_FORM_BYTES
from api.settings import Settings
from survey.media import MOST_WAITING
from survey.store.database import open_database
from tests import alone
from tests.api.pages.forms import send, token_on
from tests.files import uploads
from tests.people import JOAN

FORM = {"content-type": "application/x-www-form-urlencoded"}


def client_with(db, **settings):
    transport = httpx.ASGITransport(build(Settings(**settings), db), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


class WatchedBody:
    """A request body that records whether anybody began to read it."""

    def __init__(self):
        self.begun = False

    async def __aiter__(self):
        self.begun = True
        yield b"a=1&" * 1_000


async def test_no_form_stays_in_a_cache(client, signed_in):
    _parsers.parse_url_encoded_form_data.cache_clear()
    await client.post("/complaints")
    await client.post("/complaints/borough", data={"answer": "", "postcode": "E8 1EA"})
    await send(client, "/sign-in", {"email": JOAN[0], "password": "secret"}, page="/sign-in")
    await send(await signed_in(JOAN), "/work/password", {"new": "secret"})
    assert _parsers.parse_url_encoded_form_data.cache_info().currsize == 0


@pytest.mark.parametrize("address", ["/sign-in", "/case", "/sign-out"])
async def test_a_form_without_long_texts_is_small(client, address):
    token = await token_on(client, "/sign-in")
    long = {"_csrf_token": token, "email": "x" * MOST_FORM_BYTES}
    assert (await client.post(address, data=long)).status_code == 413
    many = {"_csrf_token": token} | {f"f{n}": "" for n in range(MOST_FIELDS)}
    assert (await client.post(address, data=many)).status_code == 413


async def test_a_page_of_questions_takes_no_form_of_many_fields(client):
    at = (await client.post("/complaints")).headers["location"]
    many = {f"f{n}": "" for n in range(MOST_FIELDS + 1)}
    assert (await client.post(at, data=many)).status_code == 413


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
@pytest.mark.parametrize("address", ["/work/jobs/release", "/work/files", "/work/builder/import"])
async def test_nothing_is_read_for_staff_before_they_have_signed_in(client, address, kind):
    await token_on(client, "/sign-in")
    body = WatchedBody()
    answer = await client.post(address, content=body, headers={"content-type": kind})
    assert answer.headers["location"] == "/sign-in?ended=yes"
    assert not body.begun


async def test_nothing_is_read_once_the_limit_is_reached(db):
    async with client_with(db, sends_per_minute=1, sign_ins_per_minute=1) as client:
        await token_on(client, "/sign-in")
        addresses = {"/sign-in": 1, "/subscribe": 1, "/case": 1, "/complaints/borough": 20}
        for address, most in addresses.items():
            for _ in range(most):
                assert (await client.post(address)).status_code != 429
            body = WatchedBody()
            answer = await client.post(address, content=body, headers=FORM)
            assert answer.status_code == 429
            assert not body.begun


async def test_staff_pages_have_a_limit_too(db):
    async with client_with(db, sends_per_minute=1) as client:
        found = [(await client.post("/work/jobs/release")).status_code for _ in range(21)]
    assert found == [403] * 20 + [429]


async def test_long_forms_are_limited_like_files(db):
    async with client_with(db, sends_per_minute=2) as client:
        at = (await client.post("/complaints")).headers["location"]
        long = {"answer": "x" * 20_000}
        found = [(await client.post(at, data=long)).status_code for _ in range(3)]
        assert found == [303, 303, 429]
        assert (await client.post(at, data={"answer": ""})).status_code == 303


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("", "unix", False),
    ],
)
def test_a_household_is_one_source(one, other, same):
    assert (source_network(one) == source_network(other)) is same


async def test_thirty_addresses_of_one_network_share_one_limit(db):
    app = build(Settings(sign_ins_per_minute=10), db)
    found = []
    for number in range(30):
        transport = httpx.ASGITransport(app, client=(f"2001:db8::{number:x}", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            found.append((await client.post("/sign-in")).status_code)
    assert found == [403] * 10 + [429] * 20


async def test_an_answer_says_how_much_more_is_taken(db):
    async with client_with(db, sends_per_minute=5) as client:
        address = "/api/v1/surveys/feedback/responses"
        answers = [await client.post(address, json={}) for _ in range(2)]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["4", "3"]
    assert answers[0].headers["ratelimit-limit"] == "5"
    assert 0 < int(answers[0].headers["ratelimit-reset"]) <= 60


ANSWERS = {"subject": "taser", "story": "They explained it."}
NO_ROOM = """
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END$$;
    CREATE TRIGGER fails BEFORE INSERT ON responses EXECUTE FUNCTION fail();
"""


@pytest.fixture(scope="module")
async def full_database(server):
    """A database that takes no answer until the trigger is dropped, as on a full disk."""
    async with (
        alone.create_database(server, "limits_and_outages") as dsn,
        open_database(dsn) as database,
    ):
        yield database


@pytest.mark.parametrize("more", [{}, {"Content-Type": "application/json; charset=utf-8"}])
async def test_what_the_database_could_not_take_counts_in_no_limit(full_database, more):
    """After a full disk or an outage the same sources send again what was refused; the answers
    that we read ourselves, and those that the framework reads.
    """
    address, body = "/api/v1/surveys/feedback/responses", {"borough": "Hackney", "answers": ANSWERS}
    async with client_with(full_database, sends_per_minute=5) as client:

        async def statuses(times):
            content, headers = json.dumps(body), {"Content-Type": "application/json"} | more
            sent = [
                await client.post(address, content=content, headers=headers) for _ in range(times)
            ]
            return [answer.status_code for answer in sent]

        async with full_database.connection() as connection:
            await connection.execute(NO_ROOM)
        assert await statuses(8) == [503] * 8
        async with full_database.connection() as connection:
            await connection.execute("DROP FUNCTION fail CASCADE")
        assert await statuses(7) == [201] * 5 + [429] * 2


async def test_files_of_one_source_leave_room_for_others(db, monkeypatch):
    """Storage for all is four gigabytes; one source may fill a tenth of it in three hours."""
    assert 10 * FILE_BYTES.most == MOST_WAITING
    monkeypatch.setattr(app, "FILE_BYTES", msgspec.structs.replace(FILE_BYTES, most=250_000))
    built, found = build(Settings(sends_per_minute=10_000), db), []
    body = uploads.pdf(content=bytes(100_000))
    for host in ["192.0.2.1"] * 3 + ["192.0.2.2"]:
        transport = httpx.ASGITransport(built, client=(host, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as sender:
            headers = {"content-type": "application/octet-stream"}
            address = "/api/v1/surveys/complaint/attachments?item=evidence_file"
            found.append(await sender.post(address, content=body, headers=headers))
    assert [answer.status_code for answer in found] == [201, 201, 429, 201]


@pytest.mark.slow
async def test_the_processes_of_a_service_count_together(server, tmp_path):
    sends = {"SENDS_PER_MINUTE": "20", "PROCESSES": "3"}
    async with alone.create_database(server, "limits_together") as dsn:
        with alone.run_server(dsn, tmp_path, **sends) as (_, address):
            at = f"{address}/api/v1/surveys/feedback/responses"
            # A connection for each, so that every process gets some.
            found = [httpx.post(at, json={}).status_code for _ in range(40)]
    assert found == [400] * 20 + [429] * 20
