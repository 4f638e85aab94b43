"""What residents type does not stay in the memory of the server."""

import json
import re
import uuid

import httpx
import pytest

from tests import alone, process_memory
from tests.api.pages.forms import TOKEN
from tests.waiting import until_sync

WORDS = "zebrafinch marmalade quixotic"
REST = "pumpernickel on the corner of the road. "
PHONE = "07700900461"
PASSWORD = "harvest-Cobalt-umbrella"
PASSWORD_UNREAD = "harvest-Teal-parasol"
PHRASE = re.compile(r"\b([a-z]{2,9}(?: [a-z]{2,9}){5})\s*<")
FILLED_IN = {
    "what": {"q-narrative": f"{REST * 60}{WORDS} {REST * 60}"},
    "matter": {"q-allegations": "use_of_force_taser"},
    "concerning": {"answer": "self"},
    "borough": {"answer": "", "postcode": "E8 1EA"},
    "contact": {"name": "", "email": "", "phone": PHONE},
}


@pytest.fixture(scope="module")
async def server_alone(server, tmp_path_factory):
    async with alone.create_database(server, "alone_in_memory") as dsn:
        with alone.run_server(dsn, tmp_path_factory.mktemp("data")) as (process, address):
            yield process, address


@pytest.mark.slow
async def test_a_complaint_by_page_leaves_nothing_in_memory(server_alone):
    process, address = server_alone
    with httpx.Client(base_url=address, timeout=60) as client:
        phrase = lodge_by_page(client)
        number = client.cookies.get("number")
        read_own_case(client, number, phrase)
    assert_gone(process, [WORDS, "pumpernickel", PHONE, phrase, phrase.replace(" ", "+")])


@pytest.mark.slow
async def test_a_complaint_by_json_leaves_nothing_in_memory(server_alone):
    process, address = server_alone
    answers = {
        "narrative": FILLED_IN["what"]["q-narrative"],
        "allegations": ["use_of_force_taser"],
        "concerning": "self",
    }
    body = {"postcode": "E8 1EA", "answers": answers, "contact": {"phone": PHONE}}
    with httpx.Client(base_url=address, timeout=60) as client:
        key = {"Idempotency-Key": str(uuid.uuid4())}
        answer = client.post("/api/v1/complaints", json=body, headers=key)
        assert answer.status_code == 201, answer.text
        phrase = answer.json()["passphrase"]
        opened, changed = follow_by_json(client, answer.json())
        refused = dict(body, answers={"narrative": WORDS})
        assert client.post("/api/v1/complaints", json=refused).status_code == 422
        broken = json.dumps(body)[:-1]
        kind = {"content-type": "application/json"}
        assert client.post("/api/v1/complaints", content=broken, headers=kind).status_code == 400
    assert_gone(process, [WORDS, "pumpernickel", PHONE, phrase, opened, changed])


def follow_by_json(client, receipt):
    """Open and read a case by JSON and change its passphrase; the key and the new passphrase."""
    asked = {"number": receipt["reference"], "passphrase": receipt["passphrase"]}
    opened = client.post("/api/v1/case/keys", json=asked).json()["key"]
    headers = {"Authorization": f"Bearer {opened}"}
    for path in ("", "/copy", "/receipt"):
        assert client.get(f"/api/v1/case{path}", headers=headers).status_code == 200
    old = {"passphrase": receipt["passphrase"]}
    changed = client.post("/api/v1/case/passphrase", json=old, headers=headers).json()
    return opened, changed["passphrase"]


@pytest.mark.slow
async def test_a_page_sent_in_parts_leaves_nothing_in_memory(server_alone):
    process, address = server_alone
    with httpx.Client(base_url=address, timeout=60) as client:
        at = client.post("/complaints").headers["location"]
        at = client.post(at, data=FILLED_IN["borough"]).headers["location"]
        parts = {name: (None, value) for name, value in FILLED_IN["what"].items()}
        assert client.post(at, files=parts).status_code == 303
    assert_gone(process, [WORDS, "pumpernickel"])


@pytest.mark.slow
async def test_a_connection_that_stays_open_leaves_nothing_in_memory(server_alone):
    """Nobody sends anything afterwards: an idle server must not keep the last form."""
    process, address = server_alone
    with httpx.Client(base_url=address, timeout=60) as resident:
        at = resident.post("/complaints").headers["location"]
        at = resident.post(at, data=FILLED_IN["borough"]).headers["location"]
        with httpx.Client(base_url=address, timeout=60) as staff:
            form = {"_csrf_token": TOKEN.search(staff.get("/sign-in").text)[1]}
            form |= {"email": "nobody@example.org", "password": PASSWORD}
            assert staff.post("/sign-in", data=form).status_code == 401
            unread = {"_csrf_token": "", "new": PASSWORD_UNREAD}
            assert httpx.post(f"{address}/work/password", data=unread).status_code == 403
            assert resident.post(at, data={"q-narrative": WORDS}).status_code == 303
            assert_gone(process, [WORDS, PASSWORD, PASSWORD_UNREAD])


def lodge_by_page(client):
    """Submit a complaint by page; returns its passphrase, leaves its number in the cookies."""
    at = client.post("/complaints").headers["location"]
    while not at.endswith("/check"):
        form = FILLED_IN.get(at.rpartition("/")[2], {"skip": "1"})
        answer = client.post(at, data=form)
        assert answer.status_code == 303, answer.text
        at = answer.headers["location"]
    done = client.post("/complaints/send").headers["location"]
    client.cookies.set("number", done.rpartition("/")[2])
    phrase = PHRASE.search(client.get(done).text)[1]
    client.post(done)
    return phrase


def read_own_case(client, number, phrase):
    token = TOKEN.search(client.get("/case").text)[1]
    form = {"_csrf_token": token, "number": number, "passphrase": phrase}
    assert client.post("/case", data=form).status_code == 303
    page = client.get("/case").text
    assert WORDS in page
    assert PHONE in page
    client.post("/case/leave", data={"_csrf_token": TOKEN.search(page)[1]})


def assert_gone(process, needles):
    """Check that the words leave memory within seconds, without any further request."""
    assert process_memory.count_in_memory(process.pid, ["soundings_csrf"])[
        "soundings_csrf"
    ]  # it can be read
    found = {}

    def is_gone():
        found.update(process_memory.count_in_memory(process.pid, needles))
        return not any(found.values())

    try:
        until_sync(is_gone)
    except AssertionError as late:
        raise AssertionError(f"still there: {found}") from late
