"""Emails about cases: only to people who left an address, sent at most once; failures are shown."""

import msgspec
import pytest

from api import clock
from api.commands import doctor
from api.jobs import kinds, worker
from api.notifications import MailSenders, find_case_sender
from api.operations import cases
from api.operations.cases import CaseCommand
from api.pages import shell
from api.security.keyring import Keyring, new_key
from survey.cases import CaseEvent
from survey.cases.contacts import Contact
from survey.store.accounts import people
from survey.store.cases import case_owners, complaints
from tests.conftest import UNLIMITED
from tests.fakes.mail_sink import start_mail_sink
from tests.fakes.notify_fake import KEY, TEMPLATE
from tests.fakes.notify_fake import start_fake_notify as notify_listening
from tests.people import CINDY, JOAN
from tests.stored.complaint_forms import CLOSING_MESSAGES, KEYRING, WORDS, create_case

ZOE = Contact(name="Zoe Bell", email="zoe@example.org", phone="020 7946 0000")


@pytest.fixture
async def sink():
    async with start_mail_sink() as (sink, port):
        sink.port = port
        yield sink


@pytest.fixture
def settings(sink):
    return msgspec.structs.replace(
        UNLIMITED,
        smtp_host="127.0.0.1",
        smtp_port=sink.port,
        smtp_starttls=False,
        smtp_sender="Soundings <soundings@example.org>",
        public_url="http://test",
    )


@pytest.fixture
def send(db, settings):
    async def sent(keyring=KEYRING, settings=settings):
        while await worker.send_next_case_mail(db, find_case_sender(settings), keyring):
            pass

    return sent


@pytest.fixture
async def joan(db):
    return (await people.by_email(db.the_connection, JOAN[0])).id


@pytest.fixture
async def case(db):
    return (await create_case(db, contact=ZOE)).reference


async def act_on_case(db, reference, kind, side="reviewer", by=None, message=None, **given):
    found = await complaints.get(db.the_connection, reference)
    event, message = CaseEvent(kind=kind, **given), message or CLOSING_MESSAGES.get(kind)
    deed = CaseCommand(event=event, side=side, expected=found.version, by=by, message=message)
    return await cases.apply_command(db.the_connection, reference, deed)


async def undelivered_mails(db, reference):
    found = await complaints.get(db.the_connection, reference)
    rows = await case_owners.load_undelivered(db.the_connection, found.id)
    return [(row.kind, row.name, row.outcome) for row in rows]


async def test_who_left_an_address_is_told_of_each_step(case, db, joan, send, sink):
    await send()
    await act_on_case(db, case, "acknowledged", by=joan)
    await send()
    await act_on_case(db, case, "asked", by=joan, message="When was it?")
    await send()
    await act_on_case(db, case, "told", by=joan, message="We look into it.", note="no news")
    await send()
    assert [one["To"] for one in sink.messages] == ["zoe@example.org"] * 4
    assert {one["Subject"] for one in sink.messages} == {f"There is news on {case}"}
    said = [one.get_content() for one in sink.messages]
    assert "We have received what you sent" in said[0]
    assert "Please answer by" in said[2]
    assert await undelivered_mails(db, case) == []


async def test_a_mail_holds_no_word_of_the_case(db, joan, send, sink):
    receipt = await create_case(db, contact=ZOE)
    await act_on_case(db, receipt.reference, "acknowledged", by=joan, note="a note of ours")
    await act_on_case(db, receipt.reference, "asked", by=joan, message="When was it?")
    await send()
    # The whole number: four digits are in one random Message-ID of some hundreds.
    for raw in sink.raw:
        for secret in (WORDS, "bakery", "When was it", "a note of ours", receipt.passphrase,
                       "Zoe Bell", "7946 0000", "79460000", "Hackney", "Taser",
                       "Joan"):  # fmt: skip
            assert secret.encode() not in raw


async def test_who_lodged_in_arabic_reads_arabic(db, joan, send, sink):
    reference = (await create_case(db, contact=ZOE)).reference
    await db.the_connection.execute(
        "UPDATE complaints SET language = 'ar' WHERE reference = $1", reference
    )
    await send()
    [mail] = sink.messages
    assert mail["Subject"] == f"هناك جديد بخصوص {reference}"
    assert "وصلنا ما أرسلته" in mail.get_content()


@pytest.mark.parametrize("contact", [None, Contact(phone="020 7946 0000")])
async def test_who_left_no_address_gets_no_mail(db, joan, send, sink, contact):
    reference = (await create_case(db, contact=contact)).reference
    await act_on_case(db, reference, "acknowledged", by=joan)
    await send()
    assert sink.messages == []
    assert await case_owners.count_by_outcome(db.the_connection) == {}


async def test_who_works_on_it_is_told_what_the_person_did_and_not_what_they_did_themselves(
    case, db, joan, send, sink
):
    await act_on_case(db, case, "assigned", by=joan, to=joan)
    await act_on_case(db, case, "answered", "person", message="On Monday.")
    await send()
    mails = [one for one in sink.messages if one["To"] == JOAN[0]]
    assert [one["Subject"] for one in mails] == [f"Case {case}: there is news"]
    assert "has answered" in mails[0].get_content()
    assert f"http://test/work/complaints/{case}" in mails[0].get_content()


async def test_a_contact_that_was_taken_away_is_written_to_no_more(case, db, send, sink):
    found = await complaints.get(db.the_connection, case)
    await case_owners.delete_contact(db.the_connection, found.id)
    await send()
    assert sink.messages == []
    assert await undelivered_mails(db, case) == [("received", None, "refused")]


async def test_an_account_that_was_closed_is_written_to_no_more(case, db, joan, send, sink):
    cindy = (await people.by_email(db.the_connection, CINDY[0])).id
    await act_on_case(db, case, "assigned", by=joan, to=cindy)
    await people.set_active(db.the_connection, CINDY[0], active=False)
    await send()
    assert [one["To"] for one in sink.messages] == ["zoe@example.org"]
    assert await undelivered_mails(db, case) == [("assigned", CINDY[1], "refused")]


async def test_what_is_refused_is_shown_on_the_case_and_stops_nobody(case, db, send, sink):
    other = (await create_case(db, contact=Contact(email="ali@example.org"))).reference
    sink.answers["zoe@example.org"] = b"550 no such person"
    await send()
    assert [one["To"] for one in sink.messages] == ["ali@example.org"]
    assert await undelivered_mails(db, case) == [("received", None, "refused")]
    assert await undelivered_mails(db, other) == []


async def test_what_is_not_taken_yet_is_tried_again_and_given_up(case, db, send, sink):
    sink.answers["zoe@example.org"] = b"451 later"
    for _ in range(worker.MOST_SENDS + 2):
        await send()
        await db.the_connection.execute("UPDATE case_mails SET due_at = now()")
    tries, outcome = await db.the_connection.fetchrow("SELECT tries, outcome FROM case_mails")
    assert (tries, outcome) == (worker.MOST_SENDS, "refused")


async def test_a_mail_that_waits_for_another_try_stores_no_minute(case, db, send, sink):
    sink.answers["zoe@example.org"] = b"451 later"
    await send()
    row = await db.the_connection.fetchrow("SELECT due_at, handed_at, tries FROM case_mails")
    assert (row["handed_at"], row["tries"]) == (None, 1)
    assert (row["due_at"].minute, row["due_at"].second, row["due_at"].microsecond) == (0, 0, 0)


async def test_a_line_that_breaks_after_the_words_went_out_sends_nothing_twice(
    case, db, send, sink
):
    sink.after_data = None
    await send()
    await db.the_connection.execute("UPDATE case_mails SET due_at = now()")
    await send()
    assert len(sink.messages) == 1
    assert await undelivered_mails(db, case) == [("received", None, "unknown")]


async def test_a_worker_that_dies_between_claim_and_outcome_sends_nothing_twice(
    case, db, send, sink
):
    assert await case_owners.claim(db.the_connection)
    await send()
    assert sink.messages == []
    assert await undelivered_mails(db, case) == []
    await db.the_connection.execute("UPDATE case_mails SET handed_at = now() - interval '2 hours'")
    assert await undelivered_mails(db, case) == [("received", None, "unknown")]


async def test_an_address_that_no_key_opens_is_waited_for(case, db, send, sink, caplog):
    await send(Keyring([new_key()]))
    assert sink.messages == []
    assert await case_owners.count_by_outcome(db.the_connection) == {"waiting": 1}
    await db.the_connection.execute("UPDATE case_mails SET due_at = now()")
    await send()
    assert len(sink.messages) == 1
    assert "contact.sealed" in caplog.text


async def test_no_address_is_logged_or_kept_outside_the_seal(case, db, send, sink, caplog):
    caplog.set_level("DEBUG")
    sink.answers["zoe@example.org"] = b"550 zoe@example.org is unknown"
    await send()
    soundings = [one.getMessage() for one in caplog.records if one.name.startswith("soundings")]
    assert soundings
    assert not any("zoe" in one for one in soundings)
    rows = await db.the_connection.fetch("SELECT * FROM case_mails")
    assert "zoe" not in str(rows)


async def test_notify_takes_the_mails_on_cases_where_it_is_set(case, db, send, sink, settings):
    with notify_listening() as (fake, url):
        by_notify = msgspec.structs.replace(
            settings, notify_key=KEY, notify_template=TEMPLATE, notify_url=url
        )
        await send(settings=by_notify)
    assert sink.messages == []
    assert fake.mails[0]["email_address"] == "zoe@example.org"
    assert fake.mails[0]["personalisation"]["subject"] == f"There is news on {case}"


async def test_the_worker_sends_mails_of_both_kinds(case, db, sink, settings):
    post = MailSenders(subscribers=None, cases=find_case_sender(settings), keyring=KEYRING)
    assert await worker.send_next_mails(db, post)
    assert not await worker.send_next_mails(db, post)
    assert len(sink.messages) == 1
    nobody = MailSenders(subscribers=None, cases=None, keyring=KEYRING)
    assert not await worker.send_next_mails(db, nobody)


async def test_only_the_hour_is_kept_of_when(case, db, send, sink):
    sink.answers["zoe@example.org"] = b"451 later"
    await send()
    await db.the_connection.execute("UPDATE case_mails SET due_at = now()")
    sink.answers.clear()
    await send()
    row = await db.the_connection.fetchrow("SELECT asked_at, due_at, handed_at FROM case_mails")
    assert all(moment.minute == moment.second == moment.microsecond == 0 for moment in row)


async def test_what_waited_for_two_days_is_given_up_and_all_goes_after_ninety(case, db):
    await db.the_connection.execute("UPDATE case_mails SET asked_at = now() - interval '49 hours'")
    await kinds.delete_expired(db.the_connection, "")
    assert await undelivered_mails(db, case) == [("received", None, "refused")]
    await db.the_connection.execute("UPDATE case_mails SET asked_at = now() - interval '91 days'")
    await kinds.delete_expired(db.the_connection, "")
    assert await undelivered_mails(db, case) == []


async def test_the_forgetting_closes_browsers_that_opened_a_case(case, db):
    found = await complaints.get(db.the_connection, case)
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    await case_owners.insert_key(db.the_connection, b"key", found.id, hour)
    await kinds.delete_expired(db.the_connection, "")
    assert await db.the_connection.fetchval("SELECT count(*) FROM case_keys") == 0


async def test_the_doctor_says_what_waits_and_why(case, db, send, settings):
    async def findings(settings):
        found = await doctor.case_mail_findings(db.the_connection, settings)
        return [(one.mark, one.what) for one in found]

    assert await findings(UNLIMITED) == [("CHECK", "Mails on cases: waiting 1")]
    await send()
    assert await findings(settings) == [("OK", "Mails on cases: sent 1")]


async def test_the_page_says_which_mails_did_not_arrive(case, db, send, sink):
    sink.answers["zoe@example.org"] = b"550 no such person"
    await send()
    found = await complaints.get(db.the_connection, case)
    rows = await case_owners.load_undelivered(db.the_connection, found.id)
    macros = shell.build_environment().get_template("work/cases/case_mails.html").module
    text = " ".join(macros.undelivered_list(rows).split())
    assert "to the person (that it arrived) was not taken." in text
    assert macros.undelivered_list([]).strip() == ""
