"""Subscribers: sign up, confirm, get one mail for each edition, leave; with a local mail server."""

import re

import httpx
import msgspec
import pytest

from api.app import build
from api.commands import doctor
from api.jobs import worker as mailing
from api.jobs.kinds import delete_expired
from api.notifications import find_subscriber_sender
from survey.editions.actions import EditionKey
from survey.store import editions
from survey.store.editions import mails
from tests.analysis.editions.made_up_edition import sample
from tests.conftest import UNLIMITED
from tests.fakes.mail_sink import start_mail_sink
from tests.jobs import run_all_jobs
from tests.stored.published_editions import publish_saved

KEY = re.compile(r"http://test/(?:un)?subscribe/([A-Za-z0-9_-]{43})")
AMINA = "amina@example.org"
SENT = "/subscribe/sent"


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
async def reader(settings, app, client):
    """A client of the shared application, which has a mail server for this test."""
    usual = app.state["settings"]
    app.state["settings"] = settings
    yield client
    app.state["settings"] = usual


@pytest.fixture
def send(db, settings):
    """Runs waiting jobs and sends every mail that is due."""

    async def sent():
        await run_all_jobs(db)
        while await mailing.send_next_mail(db, find_subscriber_sender(settings)):
            pass

    return sent


async def subscribe(client, email=AMINA, kinds=("weekly",)):
    return await client.post("/subscribe", data={"email": email, "kinds": list(kinds)})


async def subscribe_and_confirm(client, sink, send, email=AMINA, kinds=("weekly",)):
    """Subscribe and confirm as the owner of the address does; returns the key in the link."""
    await subscribe(client, email, kinds)
    await send()
    key = KEY.search(sink.messages[-1].get_content())[1]
    assert "Confirm" in (await client.get(f"/subscribe/{key}")).text
    assert (await client.post(f"/subscribe/{key}")).status_code == 200
    return key


async def publish_weekly(db, number=1):
    edition = sample(number=number)
    await editions.save(db.the_connection, edition)
    await publish_saved(db.the_connection, edition)
    return EditionKey("weekly", edition.start, number)


async def test_an_address_confirms_is_told_once_and_leaves(reader, sink, send, db):
    key = await subscribe_and_confirm(reader, sink, send)
    which = await publish_weekly(db)
    await send()
    await mailing.queue_edition_mails(db.the_connection, str(which))
    await send()
    confirmation, mail = sink.messages
    assert mail["To"] == confirmation["To"] == AMINA
    assert mail["Subject"] == "Soundings: the weekly report, 30 June 2008 to 6 July 2008"
    assert mail["List-Unsubscribe"] == f"<http://test/unsubscribe/{key}>"
    assert f"\r\nList-Unsubscribe: <http://test/unsubscribe/{key}>\r\n".encode() in sink.raw[-1]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"http://test/reports/weekly/{which.start}?number=1" in mail.get_content()
    one_click = {"List-Unsubscribe": "One-Click"}
    assert (await reader.post(f"/unsubscribe/{key}", data=one_click)).status_code == 200
    assert await db.the_connection.fetchval("SELECT count(*) FROM subscribers") == 0
    await publish_weekly(db, 2)
    await send()
    assert len(sink.messages) == 2


async def test_a_mail_holds_no_figure_of_the_edition(reader, sink, send, db):
    await subscribe_and_confirm(reader, sink, send)
    which = await publish_weekly(db)
    await send()
    words = sink.messages[-1].get_content()
    for sentence in (await editions.get(db.the_connection, *which)).headline:
        assert sentence not in words
    assert "58.4" not in words


async def test_nobody_is_told_who_has_not_confirmed_or_asked_for_another_kind(
    reader, sink, send, db
):
    await subscribe_and_confirm(reader, sink, send, "joan@example.org", ["monthly"])
    await subscribe(reader)
    await send()
    await publish_weekly(db)
    await send()
    assert [one["Subject"][:7] for one in sink.messages] == ["Confirm", "Confirm"]


async def test_an_answer_never_tells_whether_an_address_is_known(reader, sink, send):
    await subscribe_and_confirm(reader, sink, send)
    known, unknown = await subscribe(reader), await subscribe(reader, "new@example.org")
    assert known.status_code == unknown.status_code == 303
    assert known.headers["location"] == unknown.headers["location"] == SENT
    assert known.content == unknown.content


async def test_an_address_gets_one_mail_to_confirm_in_an_hour(reader, sink, send):
    for _ in range(3):
        await subscribe(reader)
        await subscribe(reader, AMINA.upper())
    await send()
    assert len(sink.messages) == 1


async def test_a_stranger_changes_nothing_by_asking_for_an_address(reader, sink, send, db):
    await subscribe_and_confirm(reader, sink, send)
    await subscribe(reader, kinds=["monthly"])
    kinds = await db.the_connection.fetchval("SELECT kinds FROM subscribers")
    assert kinds == ["weekly"]


async def test_what_is_not_confirmed_in_two_days_is_gone(reader, sink, send, db):
    await subscribe(reader)
    await send()
    key = KEY.search(sink.messages[0].get_content())[1]
    await db.the_connection.execute("UPDATE subscribers SET asked_at = now() - interval '49 hours'")
    for answer in (await reader.get(f"/subscribe/{key}"), await reader.post(f"/subscribe/{key}")):
        assert answer.status_code == 410
        assert "subscription.link_spent" in answer.text
    await delete_expired(db.the_connection, "")
    assert await db.the_connection.fetchval("SELECT count(*) FROM subscribers") == 0


async def test_who_has_confirmed_stays(reader, sink, send, db):
    await subscribe_and_confirm(reader, sink, send)
    await db.the_connection.execute("UPDATE subscribers SET asked_at = now() - interval '9 years'")
    await delete_expired(db.the_connection, "")
    assert await db.the_connection.fetchval("SELECT kinds FROM subscribers") == ["weekly"]


@pytest.mark.parametrize(
    "email", ["", "amina", "a@b", "a b@example.org", "a@example.org\nBcc: b@example.org", "@" * 300]
)
async def test_what_is_no_address_is_refused_in_the_form(reader, email, db):
    answer = await subscribe(reader, email)
    assert answer.status_code == 422
    assert "Enter an email address" in answer.text
    assert await db.the_connection.fetchval("SELECT count(*) FROM mails") == 0


async def test_which_reports_has_to_be_chosen(reader):
    answer = await subscribe(reader, kinds=["daily"])
    assert answer.status_code == 422
    assert "Select which reports you want" in answer.text


async def test_without_a_mail_server_the_page_says_so_and_nothing_is_kept(client, db):
    assert "has no mail server" in (await client.get("/subscribe")).text
    answer = await subscribe(client)
    assert answer.status_code == 503
    assert "mail.not_set_up" in answer.text
    assert await db.the_connection.fetchval("SELECT count(*) FROM subscribers") == 0


async def test_one_source_asks_only_so_often(settings, db):
    few = msgspec.structs.replace(settings, sign_ins_per_minute=3)
    transport = httpx.ASGITransport(build(few, db), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        found = [(await subscribe(client, f"a{n}@example.org")).status_code for n in range(4)]
    assert found == [303, 303, 303, 429]


# ---------------------------------------------------------------- what the mail server says


async def mail_outcomes(db, which):
    return await mails.count_by_outcome(db.the_connection, which)


@pytest.fixture
async def two(reader, sink, send):
    for email in (AMINA, "joan@example.org"):
        await subscribe_and_confirm(reader, sink, send, email)
    sink.messages.clear()


async def test_an_address_that_is_refused_stops_nobody_else(two, sink, send, db):
    sink.answers[AMINA] = b"550 no such person"
    which = await publish_weekly(db)
    await send()
    assert [one["To"] for one in sink.messages] == ["joan@example.org"]
    assert await mail_outcomes(db, which) == {"refused": 1, "sent": 1}


async def test_what_the_server_does_not_take_yet_is_tried_again_and_given_up(two, sink, send, db):
    sink.answers[AMINA] = b"451 later"
    which = await publish_weekly(db)
    for _ in range(mailing.MOST_SENDS + 2):
        await send()
        await db.the_connection.execute("UPDATE mails SET due_at = now()")
    assert len(sink.messages) == 1
    assert await mail_outcomes(db, which) == {"refused": 1, "sent": 1}
    tries = await db.the_connection.fetchval("SELECT max(tries) FROM mails")
    assert tries == mailing.MOST_SENDS


async def test_a_line_that_breaks_after_the_words_went_out_sends_nothing_twice(two, sink, send, db):
    sink.after_data = None
    which = await publish_weekly(db)
    await send()
    sink.after_data = b"250 kept"
    await db.the_connection.execute("UPDATE mails SET due_at = now()")
    await send()
    assert len(sink.messages) == 2
    assert await mail_outcomes(db, which) == {"unknown": 2}


async def test_a_worker_that_dies_between_claim_and_outcome_sends_nothing_twice(
    two, sink, send, db
):
    which = await publish_weekly(db)
    await run_all_jobs(db)
    assert await mails.claim(db.the_connection)
    await send()
    assert len(sink.messages) == 1
    assert await mail_outcomes(db, which) == {"unknown": 1, "sent": 1}


async def test_a_server_that_cannot_be_reached_is_waited_for(two, sink, send, db, settings):
    which = await publish_weekly(db)
    await run_all_jobs(db)
    away = msgspec.structs.replace(settings, smtp_port=1)
    while await mailing.send_next_mail(db, find_subscriber_sender(away)):
        pass
    assert await mail_outcomes(db, which) == {"waiting": 2}


async def test_a_server_without_starttls_gets_nothing_where_it_is_asked_for(
    two, sink, db, settings
):
    which = await publish_weekly(db)
    await run_all_jobs(db)
    strict = msgspec.structs.replace(settings, smtp_starttls=True)
    while await mailing.send_next_mail(db, find_subscriber_sender(strict)):
        pass
    assert sink.messages == []
    assert await mail_outcomes(db, which) == {"waiting": 2}


async def test_what_waited_for_two_days_is_dropped(two, db):
    which = await publish_weekly(db)
    await run_all_jobs(db)
    await db.the_connection.execute("UPDATE mails SET asked_at = now() - interval '49 hours'")
    await delete_expired(db.the_connection, "")
    assert await mail_outcomes(db, which) == {}


async def test_the_doctor_says_what_waits_and_why(two, sink, send, db, settings):
    async def findings(with_):
        return [
            (one.mark, one.what) for one in await doctor.mail_findings(db.the_connection, with_)
        ]

    sink.answers[AMINA] = b"550 no such person"
    await publish_weekly(db)
    await send()
    assert await findings(settings) == [("OK", "Mails: sent 3, refused 1")]
    await publish_weekly(db, 2)
    await run_all_jobs(db)
    away = msgspec.structs.replace(settings, smtp_host="")
    [(mark, words)] = await findings(away)
    assert (mark, words) == ("CHECK", "Mails: waiting 2, sent 3, refused 1")


async def test_the_doctor_is_silent_where_nobody_subscribed(db, settings):
    assert await doctor.mail_findings(db.the_connection, settings) == []
