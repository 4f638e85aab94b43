"""The marks that recognise a repeated request reveal nothing to a reader of the database."""

import hashlib
import uuid

import msgspec
import pytest

from api.jobs import kinds
from api.operations.answers import submissions
from api.operations.cases import ComplaintSubmission
from api.security.keyring import Keyring, new_key
from survey.cases.contacts import Contact
from survey.store.surveys import instruments
from survey.surveys.instruments import Instrument
from survey.surveys.ready import load_ready_instruments
from survey.surveys.responses import Submission
from tests.stored.complaint_forms import ANSWERS, KEYRING

COMPLAINTS = "/api/v1/complaints"
SAMPLED = "/api/v1/surveys/taser-trial/responses"
CASE = {"borough": "Hackney", "answers": ANSWERS}
CODES = ("ABCD-2345", "EFGH-6789")


@pytest.fixture
async def drawn(db):
    sampled: Instrument = next(one for one in load_ready_instruments() if one.slug == "taser-trial")
    rows = [(code, "inner", "u1", 0.01) for code in CODES]
    await instruments.insert_invitations(db.the_connection, sampled, rows)


def new_key_header():
    return {"Idempotency-Key": str(uuid.uuid4())}


async def stored_marks(db, table):
    """The marks of a table's request: key and body of each."""
    rows = await db.the_connection.fetch(
        f"SELECT request_key, request_body FROM {table} WHERE request_key IS NOT NULL"
    )
    return [mark for row in rows for mark in row]


async def test_no_mark_is_a_bare_digest_of_what_was_sent(client, db):
    """The attack that worked: try phone numbers against a digest found in the database."""
    headers = new_key_header()
    sent = CASE | {"contact": {"phone": "07700900461"}}
    assert (await client.post(COMPLAINTS, json=sent, headers=headers)).status_code == 201
    guess = ComplaintSubmission(
        area="Hackney", answers=ANSWERS, contact=Contact(phone="07700900461")
    )
    tried = {
        hashlib.sha256(content).digest()
        for content in (
            msgspec.json.encode(guess, order="sorted"),
            msgspec.json.encode(Submission(area="Hackney", answers=ANSWERS), order="sorted"),
            f"complaint\0{headers['Idempotency-Key']}".encode(),
        )
    }
    assert not tried & set(await stored_marks(db, "complaints"))


@pytest.mark.parametrize(
    "other",
    [
        ComplaintSubmission(area="Hackney", answers=ANSWERS, contact=Contact(phone="07700900461")),
        ComplaintSubmission(area="Hackney", answers=ANSWERS, access_code=CODES[0]),
    ],
)
def test_marks_hold_neither_contact_nor_code_and_need_the_key(other):
    same = ComplaintSubmission(area="Hackney", answers=ANSWERS)
    marks = submissions.request_marks(KEYRING, "complaint", same, "k")
    assert submissions.request_marks(KEYRING, "complaint", other, "k") == marks
    strange = submissions.request_marks(Keyring([new_key()]), "complaint", same, "k")
    assert not set(strange) & set(marks)


def test_a_new_key_in_front_changes_no_mark():
    sent, old = Submission(area="Hackney", answers={}), new_key()
    before = submissions.request_marks(Keyring([old]), "feedback", sent, "k")
    assert submissions.request_marks(Keyring([new_key(), old]), "feedback", sent, "k") == before


async def test_a_retry_with_another_contact_is_the_same_case_and_the_first_contact_stays(
    client, db
):
    headers = new_key_header()
    sent = [CASE | {"contact": {"phone": phone}} for phone in ("07700900461", "07700900462")]
    first, again = [await client.post(COMPLAINTS, json=one, headers=headers) for one in sent]
    assert again.json() == first.json() | {"again": True}
    [sealed] = await db.the_connection.fetch("SELECT sealed FROM case_contacts")
    contact = KEYRING.unseal(first.json()["reference"], sealed["sealed"])
    assert contact.phone.endswith("461")


async def test_a_retry_with_another_code_uses_no_second_code_up(client, db, drawn):
    headers = new_key_header()
    answers = {"borough": "Hackney", "answers": {"listens": 4}}
    sent = [answers | {"access_code": code} for code in CODES]
    first, again = [await client.post(SAMPLED, json=one, headers=headers) for one in sent]
    assert again.json() == first.json() | {"again": True}
    assert await db.the_connection.fetchval("SELECT count(*) FROM invitations WHERE used") == 1


@pytest.mark.parametrize("weak", ["1", "my-first-answer", "0" * 40, "abcabcabcabcabcabcabcabc"])
@pytest.mark.parametrize("address", [COMPLAINTS, SAMPLED])
async def test_a_key_that_can_be_guessed_is_refused(client, db, address, weak):
    answer = await client.post(address, json=CASE, headers={"Idempotency-Key": weak})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency.weak")
    assert await db.the_connection.fetchval("SELECT count(*) FROM complaints") == 0


@pytest.mark.parametrize("address", [COMPLAINTS, SAMPLED])
async def test_a_uuid_of_few_different_digits_is_a_good_key(client, address):
    """One of 10,000 without dashes has nine different digits or fewer, and was refused."""
    key = {"Idempotency-Key": "b993d943bba44855b5a85d58a998a42a"}
    answer = await client.post(address, json=CASE, headers=key)
    assert answer.json().get("code") != "idempotency.weak"


@pytest.mark.parametrize(("hours", "left"), [(10, True), (14, False)])
async def test_marks_are_forgotten_within_hours(client, db, hours, left):
    await client.post(COMPLAINTS, json=CASE, headers=new_key_header())
    await client.post("/api/v1/surveys/feedback/responses", json={"borough": "Hackney", **FEEDBACK})
    for table in ("complaints", "request_marks"):
        then = f"date_trunc('hour', now()) - {hours} * interval '1 hour'"
        await db.the_connection.execute(f"UPDATE {table} SET received_at = {then}")
    await kinds.delete_expired(db.the_connection, "")
    for table in ("complaints", "request_marks"):
        assert len(await stored_marks(db, table)) == (2 if left else 0)


FEEDBACK = {"answers": {"subject": "taser", "story": "I felt safer."}}
