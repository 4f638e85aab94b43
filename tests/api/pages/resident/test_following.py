"""A complainant follows their case: what opens it, what they can see and do, what stays secret."""

import datetime
import re

import pytest

from api import clock
from api.operations import cases
from api.operations.cases import CaseCommand
from api.security import limits
from survey.cases import CaseEvent
from survey.cases.contacts import Contact
from survey.store.accounts import people
from survey.store.answers import attachments
from survey.store.cases import complaints, events
from tests.api.pages.forms import refused_at_case, send
from tests.files.uploads import PDF, jpeg
from tests.people import JOAN
from tests.stored.complaint_forms import ANSWERS, CLOSING_MESSAGES, KEYRING, WORDS, create_case


@pytest.fixture
async def joan(db):
    return (await people.by_email(db.the_connection, JOAN[0])).id


async def open_case(client, receipt):
    form = {"number": receipt.reference, "passphrase": receipt.passphrase}
    return await send(client, "/case", form, page="/case")


async def begin_complaint(client):
    """Start a complaint by page and write what happened."""
    await client.post("/complaints")
    await client.post("/complaints/borough", data={"answer": "E09000012"})
    await client.post("/complaints/what", data={"q-narrative": WORDS})


async def act_on_case(db, receipt, kind, by, **given):
    message = given.pop("message", CLOSING_MESSAGES.get(kind))
    case = await complaints.get(db.the_connection, receipt.reference)
    deed = CaseCommand(
        event=CaseEvent(kind=kind, **given),
        side="reviewer",
        expected=case.version,
        by=by,
        message=message,
    )
    await cases.apply_command(db.the_connection, receipt.reference, deed)


async def close_case(db, receipt, joan):
    await act_on_case(
        db, receipt, "outcome", joan, allegation="incivility", outcome="service_acceptable"
    )
    await act_on_case(db, receipt, "closed", joan)


async def event_kinds(db, receipt):
    case = await complaints.get(db.the_connection, receipt.reference)
    return [one.event.kind for one in await events.load_history(db.the_connection, case.id)]


async def test_number_and_passphrase_open_a_case_however_they_are_typed(client, db):
    receipt = await create_case(db)
    form = {
        "number": receipt.reference.lower().replace("-", " "),
        "passphrase": receipt.passphrase.upper().replace(" ", "-"),
    }
    assert (await send(client, "/case", form, page="/case")).status_code == 303
    page = await client.get("/case")
    assert receipt.reference in page.text
    assert WORDS in page.text
    assert "Use of Taser" in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_a_wrong_number_and_a_wrong_passphrase_are_one_answer(client, db):
    receipt, other = await create_case(db), await create_case(db)
    await complaints.erase(db.the_connection, other.reference)
    answers = []
    for reference, phrase in (
        (receipt.reference, "acid acorn acre acts afar affix"),
        (other.reference, receipt.passphrase),
    ):
        form = {"number": reference, "passphrase": phrase}
        page = await send(client, "/case", form, page="/case")
        text = page.text.replace(reference, "")
        answers.append((page.status_code, re.sub(r'value="[^"]*"', "", text)))
    assert answers[0] == answers[1]
    assert answers[0][0] == 422
    assert "number or passphrase is wrong" in answers[0][1]


async def test_a_mistyped_number_is_told_before_anything_is_looked_up(client, db):
    receipt = await create_case(db)
    wrong = ("B" if receipt.reference[0] != "B" else "C") + receipt.reference[1:]
    page = await send(client, "/case", {"number": wrong, "passphrase": "x"}, page="/case")
    assert "That is not a case number" in page.text


@pytest.mark.parametrize("there", [True, False])
async def test_after_ten_tries_nobody_gets_in_from_there_for_an_hour(client, db, there):
    receipt = await create_case(db)
    if not there:
        await complaints.erase(db.the_connection, receipt.reference)
    for _ in range(limits.MOST_FROM_SOURCE):
        form = {"number": receipt.reference, "passphrase": "wrong"}
        assert (await send(client, "/case", form, page="/case")).status_code == 422
    page = await open_case(client, receipt)
    assert page.status_code == 429
    assert "Too many wrong tries" in page.text


async def test_the_right_passphrase_opens_a_case_after_nine_wrong_tries(client, db):
    receipt = await create_case(db)
    for _ in range(limits.MOST_FROM_SOURCE - 1):
        form = {"number": receipt.reference, "passphrase": "wrong"}
        await send(client, "/case", form, page="/case")
    assert (await open_case(client, receipt)).status_code == 303


async def test_a_case_that_is_older_than_passphrases_opens_to_nobody(client, db):
    receipt = await create_case(db)
    await db.the_connection.execute("UPDATE complaints SET passphrase_hash = NULL")
    assert (await open_case(client, receipt)).status_code == 422


async def test_a_message_goes_both_ways(client, db, joan):
    receipt = await create_case(db)
    await act_on_case(db, receipt, "acknowledged", joan)
    await act_on_case(db, receipt, "asked", joan, message="Which evening was it?")
    await open_case(client, receipt)
    page = await client.get("/case")
    assert "Which evening was it?" in page.text
    assert "Waiting for you" in page.text
    assert JOAN[1] not in page.text
    sent = await send(client, "/case/message", {"answered": "On Friday."}, page="/case")
    assert sent.headers["location"] == "/case?done=answered"
    page = await client.get("/case?done=answered")
    assert "On Friday." in page.text
    assert "We received your message." in page.text
    assert (await complaints.get(db.the_connection, receipt.reference)).status == "open"


async def test_two_clicks_are_one_message(client, db):
    receipt = await create_case(db)
    await open_case(client, receipt)
    for _ in range(2):
        await send(client, "/case/message", {"answered": "Once."}, page="/case")
    assert await event_kinds(db, receipt) == ["received", "answered"]


@pytest.mark.parametrize(
    ("act_on", "field", "words"),
    [
        ("message", "answered", ""),
        ("message", "answered", "x" * 5_001),
        ("dispute", "appealed", ""),
    ],
)
async def test_what_is_refused_is_shown_with_what_was_typed(client, db, act_on, field, words):
    receipt = await create_case(db)
    await open_case(client, receipt)
    page = await refused_at_case(client, f"/case/{act_on}", {field: words})
    assert await event_kinds(db, receipt) == ["received"]
    if act_on == "message":
        assert words in page.text
    else:
        assert "Say why you disagree" in page.text


async def test_a_note_of_a_reviewer_is_never_shown(client, db, joan):
    receipt = await create_case(db)
    await act_on_case(db, receipt, "acknowledged", joan, note="Sounds like the other one.")
    await open_case(client, receipt)
    assert "Sounds like the other one." not in (await client.get("/case")).text


async def test_a_complaint_can_be_taken_back(client, db):
    receipt = await create_case(db)
    await open_case(client, receipt)
    await send(client, "/case/withdraw", {"withdrawn": ""}, page="/case")
    page = await client.get("/case")
    assert "Withdrawn" in page.text
    assert (await complaints.get(db.the_connection, receipt.reference)).status == "closed"


async def test_what_was_decided_can_be_disputed_in_time(client, db, joan):
    receipt = await create_case(db)
    await close_case(db, receipt, joan)
    await open_case(client, receipt)
    page = await client.get("/case")
    assert "The service was acceptable" in page.text
    assert "Ask us to look again" in page.text
    assert "Why we decided this" in page.text  # the reason stands with the decision
    assert 'href="https://www.policeconduct.gov.uk"' in page.text
    await send(client, "/case/dispute", {"appealed": "Nobody asked me."}, page="/case")
    assert (await complaints.get(db.the_connection, receipt.reference)).status == "disputed"


async def test_a_dispute_that_comes_too_late_is_refused_and_kept_on_the_page(
    client, db, joan, monkeypatch
):
    receipt = await create_case(db)
    await close_case(db, receipt, joan)
    await open_case(client, receipt)
    later = clock.today() + datetime.timedelta(days=29)
    monkeypatch.setattr(clock, "today", lambda: later)
    page = await refused_at_case(client, "/case/dispute", {"appealed": "Too late?"})
    assert "You cannot do this now" in page.text


async def test_the_working_group_is_reminded_when_its_day_has_passed(client, db, monkeypatch):
    receipt = await create_case(db)
    await open_case(client, receipt)
    assert "Remind the working group" not in (await client.get("/case")).text
    later = clock.today() + datetime.timedelta(days=30)
    monkeypatch.setattr(clock, "today", lambda: later)
    assert "Remind the working group" in (await client.get("/case")).text
    await send(client, "/case/remind", {}, page="/case")
    assert await event_kinds(db, receipt) == ["received", "nudged"]


async def test_a_contact_is_sealed_and_can_be_taken_away(client, db):
    receipt = await create_case(db)
    await open_case(client, receipt)
    wrong = await refused_at_case(client, "/case/contact", {"email": "nowhere"})
    assert "nowhere" in wrong.text
    await send(client, "/case/contact", {"email": "me@example.org"}, page="/case")
    row = await db.the_connection.fetchrow("SELECT * FROM case_contacts")
    assert b"me@example.org" not in row["sealed"]
    assert KEYRING.unseal(receipt.reference, row["sealed"]) == Contact(email="me@example.org")
    assert "me@example.org" in (await client.get("/case")).text
    await send(client, "/case/contact", {"email": ""}, page="/case")
    assert await db.the_connection.fetchval("SELECT count(*) FROM case_contacts") == 0


async def test_a_contact_stays_on_the_page_when_something_else_is_refused(client, db):
    receipt = await create_case(db, contact=Contact(email="me@example.org"))
    await open_case(client, receipt)
    page = await refused_at_case(client, "/case/message", {"answered": ""})
    assert "me@example.org" in page.text


async def test_the_record_is_corrected_and_what_stood_before_is_kept(client, db):
    receipt = await create_case(db)
    await open_case(client, receipt)
    begun = await send(client, "/case/correct", {}, page="/case")
    assert begun.headers["location"] == "/complaints/check"
    check = await client.get("/complaints/check")
    assert WORDS in check.text
    assert "How to contact you" not in check.text
    await client.post("/complaints/what?change", data={"q-narrative": "It was a green dot."})
    sent = await client.post("/complaints/send", data={})
    assert sent.headers["location"] == "/case?done=corrected"
    page = await client.get("/case")
    assert "It was a green dot." in page.text
    assert WORDS not in page.text
    earlier = await db.the_connection.fetchrow("SELECT version, texts FROM case_earlier")
    assert (earlier["version"], earlier["texts"]) == (2, {"narrative": WORDS})
    assert await event_kinds(db, receipt) == ["received", "corrected"]
    case = await complaints.get(db.the_connection, receipt.reference)
    [_, corrected] = await events.load_history(db.the_connection, case.id)
    assert corrected.event.items == ("narrative",)


async def test_what_is_sent_as_it_was_corrects_nothing(client, db):
    receipt = await create_case(db)
    await open_case(client, receipt)
    await send(client, "/case/correct", {}, page="/case")
    await client.post("/complaints/send", data={})
    assert await event_kinds(db, receipt) == ["received"]


async def test_a_file_is_added_and_known_to_the_case_alone(client, db):
    receipt = await create_case(db)
    await open_case(client, receipt)
    files = {"evidence": ("mine.pdf", PDF, "application/pdf")}
    sent = await send(client, "/case/evidence", {}, page="/case", files=files)
    assert sent.headers["location"] == "/case?done=evidence"
    assert "Document, 1 KB" in (await client.get("/case")).text
    files = {"evidence": ("mine.exe", b"MZ" + bytes(90), "image/png")}
    await refused_at_case(client, "/case/evidence", {}, files=files)
    assert await event_kinds(db, receipt) == ["received", "evidence"]


async def test_everything_is_erased_and_the_number_opens_nothing(client, db):
    receipt = await create_case(db)
    await open_case(client, receipt)
    assert "cannot be undone" in (await client.get("/case/erase")).text
    page = await send(client, "/case/erase", {}, page="/case")
    assert "Everything is erased" in page.text
    assert (await open_case(client, receipt)).status_code == 422
    assert await db.the_connection.fetchval("SELECT count(*) FROM audit") == 0
    stone = await db.the_connection.fetchrow("SELECT * FROM erased_cases")
    assert set(dict(stone)) == {"id", "area", "received_week", "erased_week"}


async def test_a_complaint_that_was_merged_goes_on_when_the_other_is_erased(client, db, joan):
    connection = db.the_connection
    main, other = await create_case(db), await create_case(db)
    deed = CaseCommand(
        event=CaseEvent(kind="merged", note="the same"), side="reviewer", expected=1, by=joan
    )
    await cases.merge_cases(connection, other.reference, main.reference, deed, same_person=True)
    await open_case(client, other)
    assert "together with another" in (await client.get("/case")).text
    await cases.erase_reference(connection, main.reference)
    assert (await complaints.get(connection, other.reference)).status == "open"


async def test_without_a_key_every_act_asks_for_number_and_passphrase(client, db):
    await create_case(db)
    for address in ("message", "dispute", "withdraw", "remind", "contact", "correct", "erase"):
        page = await send(client, f"/case/{address}", {}, page="/case")
        assert "we closed your case after two hours" in page.text


@pytest.mark.parametrize(
    ("act_on", "box"), [("message", "answered"), ("dispute", "appealed"), ("withdraw", "withdrawn")]
)
async def test_what_was_written_when_the_time_ran_out_is_carried_to_the_case(
    client, db, joan, act_on, box
):
    receipt = await create_case(db)
    if box == "appealed":
        await close_case(db, receipt, joan)
    late = await send(client, f"/case/{act_on}", {box: "It was <on> Tuesday."}, page="/case")
    assert "It was &lt;on&gt; Tuesday." in late.text
    carried = {"box": box, "unsent": "It was <on> Tuesday.", "number": receipt.reference}
    wrong = await send(client, "/case", carried | {"passphrase": "wrong"}, page="/case")
    assert "It was &lt;on&gt; Tuesday." in wrong.text
    right = carried | {"passphrase": receipt.passphrase}
    assert (await send(client, "/case", right, page="/case")).headers["location"] == "/case"
    page = await client.get("/case")
    assert receipt.reference in page.text
    assert "It was &lt;on&gt; Tuesday.</textarea>" in page.text
    if box == "withdrawn":  # what was carried along is not hidden
        closed_part = page.text.partition('action="/case/withdraw"')[0].rpartition("<details")[2]
        assert closed_part.partition(">")[0].endswith(" open")
    assert box not in await event_kinds(db, receipt)
    await send(client, f"/case/{act_on}", {box: "It was <on> Tuesday."}, page="/case")
    assert (await event_kinds(db, receipt))[-1] == box


async def test_an_act_without_the_field_against_forgery_is_refused(client, db):
    receipt = await create_case(db)
    await open_case(client, receipt)
    assert (await client.post("/case/message", data={"answered": "x"})).status_code == 403
    assert await event_kinds(db, receipt) == ["received"]


async def test_who_leaves_needs_the_passphrase_again(client, db):
    receipt = await create_case(db)
    await open_case(client, receipt)
    await send(client, "/case/leave", {}, page="/case")
    assert receipt.reference not in (await client.get("/case")).text
    assert await db.the_connection.fetchval("SELECT count(*) FROM case_keys") == 0


async def test_the_receipt_is_shown_to_the_browser_that_sent_it_until_it_is_put_away(client, db):
    await begin_complaint(client)
    await client.post("/complaints/matter", data={"q-allegations": ["use_of_force_taser"]})
    await client.post("/complaints/contact", data={"email": "me@example.org"})
    draft = await db.the_connection.fetchval("SELECT content FROM drafts")
    assert "me@example.org" not in str(draft)
    assert "me@example.org" in (await client.get("/complaints/check")).text
    sent = await client.post("/complaints/send", data={})
    receipt = await client.get(sent.headers["location"])
    [phrase] = re.findall(r'class="passphrase"[^>]*><strong>([a-z -]+)<', receipt.text)
    drafts = await db.the_connection.fetch("SELECT content::text FROM drafts")
    assert phrase not in str(drafts)
    assert "http://test/case" in receipt.text
    asked = await client.post(sent.headers["location"], data={})  # it is asked about first
    assert "Hide the passphrase?" in asked.text
    assert phrase in (await client.get(sent.headers["location"])).text
    away = await client.post(sent.headers["location"], data={"sure": "yes"})
    assert phrase not in (await client.get(sent.headers["location"])).text
    assert sent.headers["location"][-9:] in (await client.get(away.headers["location"])).text
    reference = sent.headers["location"].rpartition("/")[2]
    form = {"number": reference, "passphrase": phrase}
    assert (await send(client, "/case", form, page="/case")).status_code == 303
    assert "me@example.org" in (await client.get("/case")).text


BINARY = {"content-type": "application/octet-stream"}
UPLOADS = "/api/v1/surveys/complaint/attachments?item=evidence_file"


async def file_types(db, reference):
    case = await complaints.get(db.the_connection, reference)
    return [one.media_type for one in await attachments.load_for_case(db.the_connection, case.id)]


async def test_files_go_with_a_complaint_by_json_each_with_one(client, db):
    mark = (await client.post(UPLOADS, content=jpeg(), headers=BINARY)).json()["mark"]
    sent = {"borough": "Hackney", "answers": ANSWERS | {"evidence": [{"evidence_file": mark}]}}
    receipt = await client.post("/api/v1/complaints", json=sent)
    assert receipt.status_code == 201
    assert await file_types(db, receipt.json()["reference"]) == ["image/jpeg"]
    again = await client.post("/api/v1/complaints", json=sent)
    assert again.status_code == 422
    assert again.json()["faults"][0]["where"] == "evidence.1.evidence_file"
    assert await db.the_connection.fetchval("SELECT count(*) FROM complaints") == 1


@pytest.mark.parametrize("base", ["/complaints", "/surveys/feedback"])
async def test_no_receipt_is_shown_for_an_invented_reference(client, db, base):
    page = await client.get(f"{base}/done/ABCD-EFGH")
    assert page.status_code == 404
    assert "This receipt is not shown here" in page.text


async def test_what_was_begun_goes_on_unless_somebody_starts_again(client, db):
    await begin_complaint(client)
    assert "Continue where you were" in (await client.get("/complaints")).text
    onward = await client.post("/complaints")
    assert onward.headers["location"] == "/complaints/matter"
    assert WORDS in (await client.get("/complaints/what")).text
    asked = await client.post("/complaints", data={"again": "yes"})
    assert "Delete what you entered?" in asked.text
    again = await client.post("/complaints", data={"again": "yes", "sure": "yes"})
    assert again.headers["location"] == "/complaints"
    assert "Start now" in (await client.get("/complaints")).text
    assert WORDS not in (await client.get("/complaints/what")).text


async def test_a_file_stays_with_a_case_whose_record_is_corrected(client, db):
    mark = (await client.post(UPLOADS, content=jpeg(), headers=BINARY)).json()["mark"]
    receipt = await create_case(db, evidence=[{"evidence_file": mark}])
    await open_case(client, receipt)
    await send(client, "/case/correct", {}, page="/case")
    await client.post("/complaints/what?change", data={"q-narrative": "It was a green dot."})
    sent = await client.post("/complaints/send", data={})
    assert sent.headers["location"] == "/case?done=corrected"
    assert await file_types(db, receipt.reference) == ["image/jpeg"]
