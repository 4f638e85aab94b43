"""Two applications and two workers on one database, and people who do the same at the same moment.

Size: 40 keys at both applications, 30 presses of one button, 20,000 answers exported while
others send.
"""

import asyncio
import collections
import csv
import io
import json

import httpx
import pytest

from api.security import people as people_room
from api.security.cookies import SESSION
from survey.store import database
from survey.store.accounts import people
from tests import alone
from tests.api.pages.forms import token_on
from tests.campaigns.crowd import SENDS, Crowd, open_client
from tests.campaigns.processes import OurCommand, Service
from tests.campaigns.sizes import CLIENTS, DEADLINE_S, ROUNDS, log
from tests.people import AMINA, CINDY, JOAN
from tests.stored.answers import arriving_an_hour_ago

pytestmark = pytest.mark.slow
KEYS, PRESSES, EXPORTED = 40 * ROUNDS, 30, 20_000 * ROUNDS


@pytest.fixture(scope="module")
async def dsn(own_server):
    async with alone.create_database(own_server, "two_at_once") as dsn:
        async with database.open_database(dsn) as opened, opened.connection() as connection:
            for email, name, role in (AMINA, CINDY, JOAN):
                await people.insert(connection, email, name, role, None)
        yield dsn


@pytest.fixture(scope="module")
async def two(folder, dsn):
    """The addresses of two applications; two workers run with them."""
    with (
        Service(folder, "--no-worker", dsn=dsn) as first,
        Service(folder, "--no-worker", dsn=dsn) as second,
        OurCommand(folder, "worker", dsn=dsn),
        OurCommand(folder, "worker", dsn=dsn),
    ):
        yield first.address, second.address


@pytest.fixture(scope="module")
async def asking(dsn):
    connection = await alone.connect(dsn)
    yield connection
    await connection.close()


@pytest.fixture
async def at_both(two, asking):
    """Signs one person in at both applications."""
    clients = []

    async def signed_in(who):
        account = await people.by_email(asking, who[0])
        for address in two:
            key = await people_room.begin_session(asking, account.id)
            cookies = {SESSION: key}
            limits = httpx.Limits(keepalive_expiry=2)  # the server closes after five
            clients.append(
                httpx.AsyncClient(base_url=address, cookies=cookies, timeout=60, limits=limits)
            )
        return clients[-2:]

    yield signed_in
    for client in clients:
        await client.aclose()


async def test_one_key_at_both_doors_is_one_answer_with_one_receipt(two, dsn):
    crowd = Crowd("both doors")
    async with open_client(CLIENTS) as client:
        keys = [crowd.new_send() for _ in range(KEYS)]
        sends = [crowd.send(client, address, key) for key in keys for address in two * 2]
        assert all(await asyncio.gather(*sends))
    await crowd.check(dsn)
    crowd.log("one key at both doors", sends=len(sends))


async def test_two_workers_code_every_text_once(two, dsn, asking):
    crowd = Crowd("two workers")
    async with crowd.sending(*two):
        await crowd.receive(200 * ROUNDS)
    await crowd.send_the_doubtful(*two)
    await crowd.check(dsn)
    async with asyncio.timeout(DEADLINE_S):
        while await asking.fetchval("SELECT count(*) FROM texts WHERE due"):
            await asyncio.sleep(0.2)
    coded = "SELECT text, count(*) FROM codings GROUP BY text HAVING count(*) <> 1"
    assert await asking.fetch(coded) == []
    assert await asking.fetchval("SELECT count(*) FROM jobs WHERE held") == 0
    crowd.log("two workers")


async def test_an_edition_asked_for_at_both_is_made_once(at_both, asking):
    """Thirty presses while it is being made; the workers' own calendar asks for it too."""
    clients = await at_both(CINDY)
    form = {"kind": "weekly", "day-day": "12", "day-month": "12", "day-year": "2007"}
    tokens = [await token_on(client, "/work/editions") for client in clients]
    async with asking.transaction():  # no worker takes it before everybody has asked
        await asking.execute("LOCK TABLE jobs IN SHARE MODE")
        presses = [
            asyncio.create_task(client.post("/work/editions", data={"_csrf_token": token} | form))
            for client, token in list(zip(clients, tokens, strict=True)) * (PRESSES // 2)
        ]
        await wait_for_lock(asking, "jobs")
    assert {(await one).status_code for one in presses} == {303}
    made = "SELECT count(*) FROM editions WHERE kind = 'weekly' AND start_on = '2007-12-10'"
    on_the_way = "SELECT count(*) FROM jobs WHERE kind LIKE '%_edition'"
    async with asyncio.timeout(DEADLINE_S):
        while not await asking.fetchval(made) or await asking.fetchval(on_the_way):
            await asyncio.sleep(0.2)
    rows = await asking.fetch("SELECT kind, start_on, count(*) AS n FROM editions GROUP BY 1, 2")
    assert {row["n"] for row in rows} == {1}
    log.info("%d presses at two applications: one edition; %d periods", PRESSES, len(rows))


async def wait_for_lock(asking, what):
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ $1"
    async with asyncio.timeout(DEADLINE_S):
        while not await asking.fetchval(waits, what):
            await asyncio.sleep(0.05)
            # Without this, a transaction keeps its first view of the other sessions.
            await asking.execute("SELECT pg_stat_clear_snapshot()")


async def test_of_two_reviewers_who_decide_at_once_one_is_shown_what_the_other_did(two, at_both):
    clients = [(await at_both(CINDY))[0], (await at_both(JOAN))[1]]
    answers = {"narrative": "A Taser was aimed.", "allegations": ["use_of_force_taser"]}
    sent = {"borough": "Hackney", "answers": answers}
    outcomes = collections.Counter()
    for _ in range(5 * ROUNDS):
        lodged = await clients[0].post("/api/v1/complaints", json=sent)
        case = f"/work/complaints/{lodged.json()['reference']}"
        form = {"kind": "acknowledged", "version": "1", "note": "My own words"}
        tokens = [await token_on(client, "/work") for client in clients]
        responses = await asyncio.gather(
            *(
                client.post(f"{case}/moves", data={"_csrf_token": token} | form)
                for client, token in zip(clients, tokens, strict=True)
            )
        )
        outcomes.update(one.status_code for one in responses)
        assert sorted(one.status_code for one in responses) == [303, 409], [
            one.text for one in responses
        ]
        [slower] = [one for one in responses if one.status_code == 409]
        assert "My own words" in slower.text
    assert set(outcomes) == {303, 409}
    log.info("two reviewers at once: %s", dict(outcomes))


NUMBERED = {
    "slug": "numbered", "version": 1, "mode": "open", "kind": "survey",
    "title": {"en": "Numbered"}, "summary": {"en": "For a test."},
    "items": [{"type": "whole", "name": "number", "text": {"en": "Which?"}, "required": True}],
}  # fmt: skip
FILL = """
    INSERT INTO responses (reference, instrument, version, mode, area, language, answers,
                           received_at)
    SELECT 'fill-' || n, 'exported', 1, 'open', 'E09000012', 'en', jsonb_build_object('number', -n),
           date_trunc('hour', now()) - interval '1 hour'
      FROM generate_series(1, $1::int) n
"""


@pytest.fixture
async def amina(at_both):
    return (await at_both(AMINA))[0]


async def publish_survey(amina, instrument):
    token = await token_on(amina, "/work/surveys")
    form = {"_csrf_token": token, "definition": json.dumps(instrument)}
    answer = await amina.post("/work/surveys", data=form)
    assert answer.status_code == 303, answer.text


async def send_numbers(client, addresses, acknowledged, stop, slug="numbered"):
    """Send one answer after another, each with the next number."""
    while not stop.is_set():
        number = len(acknowledged) + 1
        address = addresses[number % 2] + SENDS.replace("feedback", slug)
        sent = {"borough": "Hackney", "answers": {"number": number}}
        answer = await client.post(address, json=sent)
        assert answer.status_code == 201
        acknowledged.append(number)


async def test_a_survey_is_changed_while_answers_to_it_come_in(amina, two, asking):
    """Each answer is stored under the version that it was checked by; none is lost or refused."""
    acknowledged, stop = [], asyncio.Event()
    await publish_survey(amina, NUMBERED)
    newer = {"type": "text", "name": "why", "text": {"en": "Why?"}}
    async with open_client(2) as client, asyncio.TaskGroup() as group:
        group.create_task(send_numbers(client, two, acknowledged, stop))
        while len(acknowledged) < 20:
            await asyncio.sleep(0.02)
        await publish_survey(amina, NUMBERED | {"version": 2, "items": [*NUMBERED["items"], newer]})
        changed_at = len(acknowledged)
        while len(acknowledged) < changed_at + 20:
            await asyncio.sleep(0.02)
        stop.set()
    rows = await asking.fetch(
        "SELECT version, (answers ->> 'number')::int AS number FROM responses"
        " WHERE instrument = 'numbered' ORDER BY 2"
    )
    assert [row["number"] for row in rows] == acknowledged
    assert {row["version"] for row in rows} == {1, 2}
    assert all(row["version"] == 2 for row in rows[changed_at + 1 :])


async def test_an_export_while_others_send_is_one_moment(amina, two, asking):
    """It has every answer acknowledged before it began, and no later one without an earlier."""
    await publish_survey(amina, NUMBERED | {"slug": "exported"})
    await asking.execute(FILL, EXPORTED)
    acknowledged, stop, crowd = [], asyncio.Event(), Crowd("beside an export")
    async with (
        arriving_an_hour_ago(asking),
        open_client(2) as client,
        crowd.sending(*two),
        asyncio.TaskGroup() as group,
    ):
        group.create_task(send_numbers(client, two, acknowledged, stop, "exported"))
        while len(acknowledged) < 5:
            await asyncio.sleep(0.02)
        before = len(acknowledged)
        answer = await amina.get("/work/surveys/exported/answers.csv")
        after = len(acknowledged) + 1
        stop.set()
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    numbers = [int(row["number"].lstrip("'")) for row in rows]
    sent = sorted(number for number in numbers if number > 0)
    assert sorted(-number for number in numbers if number < 0) == list(range(1, EXPORTED + 1))
    assert sent == list(range(1, len(sent) + 1))
    assert before <= len(sent) <= after
    log.info("export of %d rows beside %d senders: one snapshot", len(rows), CLIENTS)


async def test_a_survey_that_is_closed_takes_nothing_after_and_lost_nothing_before(
    amina, two, asking
):
    await publish_survey(amina, NUMBERED | {"slug": "closing"})
    acknowledged, refused = [], collections.Counter()

    async def keep_sending(client, number):
        while True:
            sent = {"borough": "Hackney", "answers": {"number": number}}
            address = two[number % 2] + SENDS.replace("feedback", "closing")
            answer = await client.post(address, json=sent)
            if answer.status_code != 201:
                refused[answer.status_code, answer.json()["code"]] += 1
                return
            acknowledged.append(answer.json()["reference"])

    token = await token_on(amina, "/work/surveys")
    async with (
        asyncio.timeout(DEADLINE_S),
        open_client(CLIENTS) as client,
        asyncio.TaskGroup() as group,
    ):
        for number in range(1, CLIENTS + 1):
            group.create_task(keep_sending(client, number))
        while len(acknowledged) < 50:
            await asyncio.sleep(0.02)
        closing = {"_csrf_token": token, "standing": "closed"}
        answer = await amina.post("/work/surveys/closing/standing", data=closing)
        assert answer.status_code == 303
        closed_at = len(acknowledged)
    assert set(refused) == {(410, "survey.closed")}
    assert sum(refused.values()) == CLIENTS
    assert len(acknowledged) - closed_at <= CLIENTS  # those that were on their way
    stored = "SELECT count(*) FROM responses WHERE reference = ANY($1)"
    assert await asking.fetchval(stored, acknowledged) == len(acknowledged)
    log.info("closed while %d sent: %d stored before it", CLIENTS, len(acknowledged))


async def test_the_sums_are_those_of_a_recount(two, dsn, folder, asking):
    """After all earlier tests of this file, with two workers summing."""
    async with asyncio.timeout(DEADLINE_S):
        while await asking.fetchval("SELECT EXISTS (SELECT FROM responses WHERE NOT summed)"):
            await asyncio.sleep(0.2)
    with OurCommand(folder, "sums", dsn=dsn) as command:
        code = await asyncio.to_thread(command.process.wait, DEADLINE_S)
        assert code == 0, command.told()
