"""Webhooks: what is told to whom, signed how, and what happens where it does not arrive."""

import datetime
import ipaddress
import json
import re

import msgspec
import pytest
from lxml import html
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from api import clock
from api.jobs.kinds import job_kinds
from api.operations import cases as case_commands
from api.operations import webhooks
from api.operations.answers import submissions
from survey.store import jobs
from survey.store.accounts import people
from survey.store.accounts import programs as store
from survey.store.answers import erasure, sums
from survey.store.surveys import instruments
from survey.surveys.responses import Submission
from survey.surveys.webhooks import MOST_TRIES
from tests.api.operations.exports.test_formats import PATROLS
from tests.api.pages.forms import send
from tests.conftest import KEYRING
from tests.jobs import run_all_jobs
from tests.people import AMINA, CINDY, JOAN
from tests.populated import act_on_case
from tests.receivers import open_receiver
from tests.stored.complaint_forms import create_case

SECRET = webhooks.new_secret()
PAGE = "/work/surveys/patrols/webhooks"
HOUR = datetime.timedelta(hours=1)
EVERY_EVENT = ["response.created", "response.changed", "response.erased"]
SENT = Submission(area="Hackney", answers={"seen": "no"})


@pytest.fixture
async def receiver(app, monkeypatch):
    """A receiver on this machine, to which messages may go."""
    monkeypatch.setattr(webhooks, "CHOSEN", webhooks.Sender(KEYRING, to_loopback=True))
    allowed = msgspec.structs.replace(app.state.settings, webhooks_to_loopback=True)
    monkeypatch.setitem(app.state, "settings", allowed)
    async with open_receiver() as opened:
        yield opened


@pytest.fixture
async def amina(db):
    account = await people.by_email(db.the_connection, AMINA[0])
    await instruments.insert(db.the_connection, PATROLS, by=account.id)
    return account.id


@pytest.fixture
async def hook(db, amina, receiver):
    return await add_hook(db, amina, receiver.address)


async def add_hook(db, account, address, events=EVERY_EVENT, survey="patrols"):
    sealed = KEYRING.seal_words(SECRET.encode(), 0)
    return await store.insert_webhook(db.the_connection, survey, account, address, events, sealed)


@pytest.fixture
def end_hour(monkeypatch):
    """Lets the hour end in which something happened."""
    began, passed = clock.now(), []

    def pass_hours():
        passed.append(2 * HOUR)
        now = began + sum(passed, datetime.timedelta())
        monkeypatch.setattr(clock, "now", lambda: now)

    return pass_hours


async def run_hourly(db):
    await jobs.enqueue(db.the_connection, "read_webhook_events")
    await run_all_jobs(db)


@pytest.fixture
async def answer_and_send(db, end_hour):
    """Sends an answer, lets its hour end and runs the jobs; returns the reference."""

    async def answer():
        receipt = await submissions.submit_response(db, "patrols", SENT)
        end_hour()
        await run_hourly(db)
        return receipt.reference

    return answer


async def find_hook(db, hook, survey="patrols"):
    return await store.find_webhook(db.the_connection, survey, hook)


async def messages_of(db, hook):
    return await store.load_messages(db.the_connection, hook, 100)


def bodies(receiver):
    return [json.loads(body) for _, body in receiver.received]


async def test_an_answer_is_told_when_its_hour_is_over_signed_and_without_what_it_says(
    db, hook, receiver, end_hour
):
    receipt = await submissions.submit_response(db, "patrols", SENT)
    await run_hourly(db)
    assert receiver.received == []
    end_hour()
    await run_hourly(db)
    [(headers, body)] = receiver.received
    told = Verifier(SECRET).verify(body, headers)
    assert {*told} == {"type", "timestamp", "data"}
    assert {*told["data"]} == {"id", "survey"}
    assert (told["type"], told["data"]["survey"]) == ("response.created", "patrols")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:00:00Z", told["timestamp"])
    stored = await db.the_connection.fetchrow("SELECT id::text, reference FROM responses")
    assert stored["reference"] == receipt.reference
    for hidden in (*stored, "Hackney", "E09000012", 'no"'):
        assert hidden.encode() not in body
    with pytest.raises(WebhookVerificationError):
        Verifier(SECRET).verify(body.replace(b"created", b"erased!"), headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(webhooks.new_secret()).verify(body, headers)
    await run_hourly(db)
    assert len(receiver.received) == 1
    [message] = await messages_of(db, hook)
    assert (message.sent, message.outcome, message.tries) == (True, "204", 1)


async def test_changes_and_erasures_have_the_id_of_their_answer(
    db, hook, receiver, amina, answer_and_send, end_hour
):
    other = await add_hook(db, amina, receiver.address, ["response.erased"])
    reference = await answer_and_send()
    await sums.subtract_response(db.the_connection, reference)
    await db.the_connection.execute("UPDATE responses SET area = 'E09000001'")
    await erasure.erase(db.the_connection, reference)
    end_hour()
    await run_hourly(db)
    told = bodies(receiver)
    assert sorted(one["type"] for one in told) == sorted([*EVERY_EVENT, "response.erased"])
    ids = {one["data"]["id"] for one in told}
    assert len(ids) == 2  # of each receiver its own
    [elsewhere] = await messages_of(db, other)
    assert sum(one["data"]["id"] == str(elsewhere.subject) for one in told) == 1


async def test_cases_are_told_of_to_administrators_programs(db, receiver, end_hour):
    joan = await people.by_email(db.the_connection, JOAN[0])
    cindy = await people.by_email(db.the_connection, CINDY[0])
    events = ["case.created", "case.changed", "case.status", "case.erased"]
    hook = await add_hook(db, joan.id, receiver.address, events, "complaint")
    reference = (await create_case(db)).reference
    await act_on_case(db.the_connection, reference, "acknowledged", cindy.id)
    await act_on_case(db.the_connection, reference, "assigned", cindy.id, to=cindy.id)
    await case_commands.erase_reference(db.the_connection, reference)
    end_hour()
    await run_hourly(db)
    told = bodies(receiver)
    assert sorted(one["type"] for one in told) == sorted(events)
    assert len({one["data"]["id"] for one in told}) == 1
    assert not [body for _, body in receiver.received if reference.encode() in body]
    # Somebody who is no administrator any more is told of no further case.
    await people.set_role(db.the_connection, JOAN[0], "organiser")
    await create_case(db)
    end_hour()
    await run_hourly(db)
    assert (await find_hook(db, hook, "complaint")).state == "forbidden"
    assert len(receiver.received) == len(events)


async def try_again(db, hook):
    await db.the_connection.execute("UPDATE webhooks SET next_try_at = '-infinity'")
    await jobs.enqueue(db.the_connection, webhooks.SEND_JOB, hook)
    await run_all_jobs(db)


async def test_what_fails_is_tried_again_later_under_the_same_id(
    db, hook, receiver, answer_and_send
):
    receiver.statuses = [500, 503]
    await answer_and_send()
    [failed] = await messages_of(db, hook)
    assert (failed.sent, failed.outcome, failed.tries) == (False, "500", 1)
    [later] = await db.the_connection.fetch(
        "SELECT due_at > now() AS later, held FROM jobs WHERE kind = $1", webhooks.SEND_JOB
    )
    assert tuple(later) == (True, False)
    await jobs.enqueue(db.the_connection, webhooks.SEND_JOB, hook)
    await run_all_jobs(db)
    assert len(receiver.received) == 1  # it is not yet time
    await try_again(db, hook)
    assert (await find_hook(db, hook)).failures == 2
    await try_again(db, hook)
    [done] = await messages_of(db, hook)
    assert (done.sent, done.outcome, done.tries) == (True, "204", 3)
    assert len({headers["webhook-id"] for headers, _ in receiver.received}) == 1
    found = await find_hook(db, hook)
    assert (found.failures, found.failing_since) == (0, None)


@pytest.mark.parametrize(
    ("status", "word"), [(302, "302"), (404, "404"), ("never", "timeout"), ("gone", "connection")]
)
async def test_nothing_but_success_counts_and_no_redirect_is_followed(
    db, amina, receiver, monkeypatch, status, word, answer_and_send
):
    monkeypatch.setattr(webhooks, "SECONDS", 0.3)
    address = receiver.address
    if status == "gone":
        address = "http://127.0.0.1:1/"
    hook = await add_hook(db, amina, address)
    receiver.statuses = [status]
    await answer_and_send()
    [message] = await messages_of(db, hook)
    assert (message.sent, message.outcome) == (False, word)
    assert "/elsewhere" not in receiver.paths


async def test_a_long_answer_is_not_read(db, hook, receiver, answer_and_send):
    receiver.statuses = ["long"]
    await answer_and_send()
    [message] = await messages_of(db, hook)
    assert message.sent


async def test_an_address_that_is_gone_or_fails_for_days_is_switched_off_and_says_so(
    db, hook, receiver, signed_in, answer_and_send, end_hour
):
    receiver.statuses = [410]
    await answer_and_send()
    assert (await find_hook(db, hook)).state == "gone"
    joan = await signed_in(JOAN)
    assert "said that the address is gone" in (await joan.get(f"{PAGE}/{hook}")).text
    await send(joan, f"{PAGE}/{hook}", {"act": "on"})
    receiver.statuses = [500, 500]
    await try_again(db, hook)
    assert "Every try since" in (await joan.get(f"{PAGE}/{hook}")).text
    await db.the_connection.execute(
        "UPDATE webhooks SET failing_since = failing_since - interval '4 days'"
    )
    await try_again(db, hook)
    page = (await joan.get(f"{PAGE}/{hook}")).text
    assert "every try failed for three days" in page
    # What happens while it is off is not noted.
    await submissions.submit_response(db, "patrols", SENT)
    end_hour()
    await run_hourly(db)
    assert len(await messages_of(db, hook)) == 1


async def test_one_message_that_always_fails_does_not_keep_the_others(db, hook, receiver, end_hour):
    for _ in range(2):
        await submissions.submit_response(db, "patrols", SENT)
    end_hour()
    receiver.statuses = [400]
    await run_hourly(db)
    bad = next(one for one in await messages_of(db, hook) if not one.sent and one.tries)
    receiver.statuses = [204, 400]
    await try_again(db, hook)
    assert [one.id for one in await messages_of(db, hook) if not one.sent] == [bad.id]
    await db.the_connection.execute("UPDATE webhook_messages SET tries = $1", MOST_TRIES)
    before = len(receiver.received)
    await try_again(db, hook)
    assert len(receiver.received) == before


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.5", "127.0.0.1", "169.254.169.254", "192.168.1.1", "172.16.3.4", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1",
        "::ffff:10.0.0.5", "::ffff:127.0.0.1", "64:ff9b::a00:5", "2002:a00:5::1", "192.0.2.1",
        "2001:db8::1", "198.18.0.1", "240.0.0.1",
    ],
)  # fmt: skip
def test_private_addresses_are_not_reached(address):
    assert not webhooks.is_reachable(ipaddress.ip_address(address), to_loopback=False)


def test_public_addresses_are_reached_and_loopback_only_where_the_operator_says_so():
    for address in ("8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"):
        assert webhooks.is_reachable(ipaddress.ip_address(address), to_loopback=False)
    for address in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        assert webhooks.is_reachable(ipaddress.ip_address(address), to_loopback=True)
    assert not webhooks.is_reachable(ipaddress.ip_address("10.0.0.5"), to_loopback=True)


async def test_the_address_that_was_checked_is_the_one_that_is_reached(receiver, monkeypatch):
    """A name that leads elsewhere at the second look (DNS rebinding) is looked up once a try."""
    asked = []

    async def resolve(host, port, *, to_loopback):
        asked.append(host)
        return "127.0.0.1"

    monkeypatch.setattr(webhooks, "resolve", resolve)
    address = receiver.address.replace("127.0.0.1", "hooks.example.org")
    outcome = await webhooks.post_message(address, {}, b"{}", to_loopback=False)
    assert (outcome.sent, asked) == (True, ["hooks.example.org"])
    [(headers, _)] = receiver.received
    assert headers["host"].startswith("hooks.example.org")


async def test_a_host_of_which_one_address_is_private_is_not_reached(receiver):
    outcome = await webhooks.post_message(receiver.address, {}, b"{}", to_loopback=False)
    assert (outcome.word, receiver.received) == ("address", [])


@pytest.mark.parametrize(
    "address",
    [
        "", "hooks", "ftp://8.8.8.8/", "http://8.8.8.8/", "https://user:word@8.8.8.8/",
        "https://8.8.8.8:99999/", "https://8.8.8.8/#part", "https:///x", "https://10.0.0.1/",
        "https://[::1]/", "https://[fec0::1]/", "https://[feff::1]/", "https://8.8.8.8:25/",
        "https://8.8.8.8:22/", "https://8.8.8.8:53/", "https://8.8.8.8/ x",
        f"https://8.8.8.8/{'x' * 600}", "https://127.1/",
    ],
)  # fmt: skip
async def test_only_public_addresses_over_https_are_accepted(address):
    assert not await webhooks.is_usable(address, to_loopback=False)
    assert await webhooks.is_usable("https://8.8.8.8/hooks?a=b", to_loopback=False)
    assert await webhooks.is_usable("https://8.8.8.8:8443/", to_loopback=False)
    assert await webhooks.is_usable("http://127.0.0.1:8080/", to_loopback=True)


async def test_an_organiser_adds_a_webhook_tries_it_out_and_sends_messages_again(
    db, amina, receiver, signed_in
):
    browser = await signed_in(AMINA)
    assert f'href="{PAGE}"' in (await browser.get("/work/surveys/patrols")).text
    wrong = await send(browser, PAGE, {"address": "http://10.0.0.1/"})
    assert wrong.status_code == 422
    for sentence in ("that can be reached from the internet", "Select when to send a message"):
        assert sentence in wrong.text
    assert 'value="http://10.0.0.1/"' in wrong.text
    wanted = {"address": receiver.address, "events": EVERY_EVENT}
    made = await send(browser, PAGE, wanted)
    (secret,) = html.fromstring(made.text).xpath("//input[@id='secret']/@value")
    assert made.headers["cache-control"] == "no-store"
    stored = await db.the_connection.fetchval("SELECT string_agg(w::text, '') FROM webhooks w")
    assert secret not in stored
    [hook] = await store.load_webhooks(db.the_connection, "patrols")
    here = f"{PAGE}/{hook.id}"
    assert secret not in (await browser.get(PAGE)).text + (await browser.get(here)).text
    await send(browser, here, {"act": "test"})
    await run_all_jobs(db)
    [(headers, body)] = receiver.received
    assert Verifier(secret).verify(body, headers)["type"] == "webhook.test"
    page = html.fromstring((await browser.get(here)).text)
    (message,) = page.xpath("//input[@name='message']/@value")
    await send(browser, f"{here}/again", {"message": message})
    await run_all_jobs(db)
    assert [one["webhook-id"] for one, _ in receiver.received] == [f"msg_{message}"] * 2
    for wrong in ("x", "00000000-0000-0000-0000-000000000000"):
        assert (await send(browser, f"{here}/again", {"message": wrong})).status_code == 404
    await send(browser, here, {"act": "off"})
    assert "It is switched off" in (await browser.get(here)).text
    await send(browser, here, {"act": "delete"})
    assert (await browser.get(here)).status_code == 404
    acts = await db.the_connection.fetch("SELECT act, detail::text FROM audit ORDER BY id")
    assert [one["act"] for one in acts if "webhook" in one["act"]] == [
        "webhook added", "webhook tried out", "webhook message again", "webhook switched off",
        "webhook deleted",
    ]  # fmt: skip
    assert not [one for one in acts if "from=soundings" in one["detail"]]


async def test_nobody_else_sees_a_webhook(db, hook, signed_in):
    omar, cindy = await signed_in(AMINA), await signed_in(CINDY)
    assert (await cindy.get(f"{PAGE}/{hook}")).status_code == 403
    await db.the_connection.execute("UPDATE webhooks SET survey = 'feedback'")
    assert (await omar.get(f"{PAGE}/{hook}")).status_code == 404
    for slug in ("feedback", "complaint"):
        assert (await omar.get(f"/work/surveys/{slug}/webhooks")).status_code in (403, 404)
    joan = await signed_in(JOAN)
    cases = (await joan.get("/work/surveys/complaint/webhooks")).text
    assert "A complaint is made" in cases


def test_the_job_comes_some_minutes_after_each_hour():
    cadence = job_kinds()["read_webhook_events"].cadence
    noon = datetime.datetime(2026, 11, 28, 12, tzinfo=clock.Place.zone)
    minutes = [cadence(noon + datetime.timedelta(minutes=n)) for n in (0, 4, 5, 59)]
    assert minutes[0] == minutes[1] != minutes[2] == minutes[3]
