"""The owner of a complaint follows it by JSON: what opens it, what they can see and do."""

import datetime
import hashlib
import re
from pathlib import Path

import pytest

from api import clock
from api.operations.own_cases import CASE_KEY_LIFETIME, EVENTS_SHOWN
from api.pages import shell
from api.security import limits
from survey.cases.contacts import Contact
from survey.store.cases import case_owners, complaints
from tests.api.pages.resident.test_following import act_on_case, close_case, joan  # noqa: F401
from tests.stored.complaint_forms import WORDS, create_case

CASE, WRONG = "/api/v1/case", "acid acorn acre acts afar affix"


async def ask_key(client, receipt, passphrase=None):
    body = {"number": receipt.reference, "passphrase": passphrase or receipt.passphrase}
    return await client.post(f"{CASE}/keys", json=body)


async def key_of(client, receipt):
    answer = await ask_key(client, receipt)
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['key']}"}


@pytest.fixture
async def receipt(db):
    return await create_case(db)


@pytest.fixture
async def key(client, receipt):
    return await key_of(client, receipt)


def code_of(answer):
    return answer.status_code, answer.json()["code"]


async def test_number_and_passphrase_give_a_key_that_ends_in_a_full_hour(client, db, receipt):
    typed = {
        "number": receipt.reference.lower().replace("-", " "),
        "passphrase": receipt.passphrase.upper().replace(" ", "-"),
    }
    found = (await client.post(f"{CASE}/keys", json=typed)).json()
    ends = datetime.datetime.fromisoformat(found["expires_at"])
    assert (ends.minute, ends.second) == (0, 0)
    assert ends <= clock.now() + CASE_KEY_LIFETIME
    stored = await db.the_connection.fetchval("SELECT key_digest FROM case_keys")
    assert stored == hashlib.sha256(found["key"].encode()).digest()
    assert "set-cookie" not in (await ask_key(client, receipt)).headers


async def test_the_owner_reads_the_case_and_nothing_of_the_staff(client, db, joan):  # noqa: F811
    receipt = await create_case(db, contact=Contact(email="robin@example.org"))
    await act_on_case(db, receipt, "noted", joan, note="A note of ours.")
    await act_on_case(db, receipt, "acknowledged", joan)
    await act_on_case(db, receipt, "asked", joan, message="When was it?")
    answer = await client.get(CASE, headers=await key_of(client, receipt))
    found = answer.json()
    assert found["number"] == receipt.reference
    assert found["answers"]["narrative"] == WORDS
    assert (found["status"], found["borough"]) == ("waiting", "E09000012")
    assert found["allegations"] == {"incivility": None, "use_of_force_taser": None}
    asked = found["events"][-1]
    assert (asked["kind"], asked["ours"], asked["words"]) == ("asked", True, "When was it?")
    assert found["openings"] == [{"opened_on": str(clock.today()), "by": "owner"}]
    assert found["contact"]["email"] == "robin@example.org"
    assert {"answered", "withdrawn"} <= set(found["possible"])
    assert "A note of ours" not in answer.text
    assert joan not in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_a_decided_case_says_what_was_decided(client, db, receipt, joan):  # noqa: F811
    await close_case(db, receipt, joan)
    found = (await client.get(CASE, headers=await key_of(client, receipt))).json()
    assert found["allegations"]["incivility"] == "service_acceptable"
    assert found["status"] == "closed"
    assert found["disputable_until"]
    assert "appealed" in found["possible"]


def test_the_page_and_json_show_the_same_events():
    words = Path(shell.__file__).with_name("templates") / "resident/case_words.html"
    listed = re.search(r"set happened = \{(.*?)\n\} %}", words.read_text(), re.DOTALL)[1]
    assert set(re.findall(r'"(\w+)": _\(', listed)) == EVENTS_SHOWN


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer " + "x" * 43}])
@pytest.mark.parametrize("path", ["", "/copy", "/receipt"])
async def test_without_a_key_nothing_is_read(client, receipt, path, headers):
    answer = await client.get(f"{CASE}{path}", headers=headers)
    assert code_of(answer) == (401, "case.key_needed")


async def test_without_a_key_nothing_is_written(client, receipt):
    number = {"number": receipt.reference}
    for path, body in (
        ("/events", {"kind": "answered", "words": "Hello"}),
        ("/passphrase", {"passphrase": receipt.passphrase}),
        ("/closing", number),
        ("/erasure", number),
    ):
        assert code_of(await client.post(f"{CASE}{path}", json=body)) == (401, "case.key_needed")


async def test_wrong_numbers_and_passphrases_look_the_same_and_are_limited(client, receipt):
    unknown = {"number": "2222-2222", "passphrase": receipt.passphrase}
    assert code_of(await client.post(f"{CASE}/keys", json=unknown)) == (
        403,
        "case.passphrase_wrong",
    )
    mistyped = unknown | {"number": receipt.reference[:-1] + "?"}
    assert code_of(await client.post(f"{CASE}/keys", json=mistyped)) == (
        422,
        "case.number_mistyped",
    )
    for _ in range(limits.MOST_FROM_SOURCE):
        assert code_of(await ask_key(client, receipt, WRONG)) == (403, "case.passphrase_wrong")
    # Now the right one too, here and at the page.
    assert code_of(await ask_key(client, receipt)) == (429, "case.passphrase_tries")


async def test_a_message_is_added_once_and_only_what_is_possible(client, key):
    said = {"kind": "answered", "words": "It was at night."}
    for _ in range(2):
        answer = await client.post(f"{CASE}/events", json=said, headers=key)
        assert answer.status_code == 201
    words = [one["words"] for one in answer.json()["events"]]
    assert words.count("It was at night.") == 1
    for kind, words, expected in (
        ("answered", " \n", (422, "case.no_words")),
        ("appealed", "I disagree.", (409, "case.move")),
        ("nudged", "", (409, "case.not_overdue")),
        ("answered", "x" * 5_001, (400, "request.malformed")),
        ("noted", "Not mine", (400, "request.malformed")),
    ):
        body = {"kind": kind, "words": words}
        assert code_of(await client.post(f"{CASE}/events", json=body, headers=key)) == expected


async def test_a_copy_is_what_the_receipt_is_about_and_anybody_checks_it(client, receipt, key):
    copy = await client.get(f"{CASE}/copy", headers=key)
    assert copy.json()["texts"]["narrative"] == WORDS
    text = (await client.get(f"{CASE}/receipt", headers=key)).text
    checked = (await client.post("/api/v1/receipts", json={"receipt": text})).json()
    assert checked["genuine"]
    assert checked["number"] == receipt.reference
    assert checked["digest"] == hashlib.sha256(copy.content).hexdigest()
    changed = text.replace(checked["digest"][:8], "00000000")
    checked = (await client.post("/api/v1/receipts", json={"receipt": changed})).json()
    assert not checked["genuine"]
    nothing = await client.post("/api/v1/receipts", json={"receipt": "hello"})
    assert code_of(nothing) == (422, "signed_receipt.unreadable")


async def test_a_new_passphrase_ends_the_old_one_and_all_other_keys(client, receipt, key):
    other = await key_of(client, receipt)
    headers = key | {"Idempotency-Key": "3f2b8c1e-5a47-4d0a-9a63-7c1f0e2d4b58"}
    body = {"passphrase": receipt.passphrase, "language": "fr"}
    first = (await client.post(f"{CASE}/passphrase", json=body, headers=headers)).json()
    again = (await client.post(f"{CASE}/passphrase", json=body, headers=headers)).json()
    assert (first["passphrase"], again["again"]) == (again["passphrase"], True)
    assert (await client.get(CASE, headers=key)).status_code == 200
    assert (await client.get(CASE, headers=other)).status_code == 401
    assert code_of(await ask_key(client, receipt))[0] == 403
    assert (await ask_key(client, receipt, first["passphrase"])).status_code == 201


async def test_only_who_knows_the_passphrase_changes_it(client, db, receipt, key):
    hash_of = "SELECT passphrase_hash FROM complaints WHERE reference = $1"
    before = await db.the_connection.fetchval(hash_of, receipt.reference)
    for _ in range(limits.MOST_FROM_SOURCE):
        body = {"passphrase": WRONG}
        answer = await client.post(f"{CASE}/passphrase", json=body, headers=key)
        assert code_of(answer) == (403, "case.passphrase_wrong")
    body = {"passphrase": receipt.passphrase}
    answer = await client.post(f"{CASE}/passphrase", json=body, headers=key)
    assert code_of(answer) == (429, "case.passphrase_tries")
    assert await db.the_connection.fetchval(hash_of, receipt.reference) == before


async def test_a_case_is_closed_again_and_erased(client, db, receipt, key):
    other = {"number": "2222-2222"}
    assert (await client.post(f"{CASE}/erasure", json=other, headers=key)).status_code == 422
    number = {"number": receipt.reference}
    assert (await client.post(f"{CASE}/closing", json=number, headers=key)).json() == number
    assert (await client.get(CASE, headers=key)).status_code == 401
    key = await key_of(client, receipt)
    assert (await client.post(f"{CASE}/erasure", json=number, headers=key)).json() == number
    assert (await client.get(CASE, headers=key)).status_code == 401
    assert not await complaints.exists(db.the_connection, receipt.reference)


async def test_opening_by_json_is_an_opening_by_the_owner(client, db, receipt, key):
    case = await complaints.get(db.the_connection, receipt.reference)
    await key_of(client, receipt)
    found = await case_owners.load_openings(db.the_connection, case.id, 9)
    assert [(one.opened_on, one.by) for one in found] == [(clock.today(), "owner")]
