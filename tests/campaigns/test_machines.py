"""A journey over two applications, two workers, PgBouncer, a replica, a balancer and a cluster.

Each request of a browser goes to the next application. The tests follow each other and share what
is stored. `python -m tests.campaigns.machines` runs them alone and prints what they show.
"""

import asyncio
import collections
import contextlib
import csv
import io
import itertools
import re

import httpx
import pytest

from api.pages.public_copies import load_static_files
from api.process.installation import FEWEST_TEXTS
from tests.api.pages.forms import send, token_on
from tests.api.pages.resident.test_following import WORDS
from tests.campaigns.crowd import Crowd, idempotency_key
from tests.campaigns.machines import POOLED, SIGN_INS, run_machines
from tests.campaigns.sizes import DEADLINE_S, ROUNDS, log
from tests.files import uploads
from tests.people import AMINA, CINDY, JOAN, PASSWORD
from tests.stored.answers import arriving_an_hour_ago
from tests.waiting import until

pytestmark = pytest.mark.slow
WEEK = {"kind": "weekly", "day-day": "12", "day-month": "12", "day-year": "2007"}
EDITION = "/work/editions/weekly/2007-12-10/1"
PUBLIC = "/reports/weekly/2007-12-10"
RECEIPT = re.compile(r"\b[A-Z2-9]{4}-[A-Z2-9]{4}\b")
COMMITS = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"


@pytest.fixture(scope="module")
async def machines(folder):
    async with run_machines(folder) as running:
        yield running


@pytest.fixture
async def browser(machines):
    async with machines.client() as client:
        yield client


@pytest.fixture
async def staff(machines):
    """Signs one person in, at whichever application is next."""
    clients, sources = [], itertools.count(1)

    async def signed_in(who):
        source = {"X-Forwarded-For": f"198.51.100.{next(sources)}"}
        clients.append(machines.client(headers=source))
        form = {"email": who[0], "password": PASSWORD}
        answer = await send(clients[-1], "/sign-in", form, page="/sign-in")
        assert answer.status_code == 303, answer.text
        return clients[-1]

    yield signed_in
    for client in clients:
        await client.aclose()


@contextlib.asynccontextmanager
async def reading_on_replica(machines, read=None):
    """Fails if nothing is read on the replica, in the block or by `read`."""
    async with machines.asking(machines.replica.dsn) as connection:
        before = await connection.fetchval(COMMITS)
        yield

        async def is_read():
            if read:
                await read()
            await connection.execute("SELECT pg_stat_clear_snapshot()")
            return await connection.fetchval(COMMITS) > before + 10

        await until(is_read)


@pytest.fixture
async def on_the_replica(machines):
    async with reading_on_replica(machines):
        yield


async def test_what_is_typed_and_attached_at_one_is_sent_from_the_other(browser):
    """A draft, a file that waits in it, and the receipt."""
    await browser.post("/complaints")
    await browser.post("/complaints/borough", data={"answer": "E09000012"})
    await browser.post("/complaints/what", data={"q-narrative": WORDS})
    await browser.post("/complaints/matter", data={"q-allegations": ["use_of_force_taser"]})
    file = [("files", ("door.jpg", uploads.plain_jpeg(), "image/jpeg"))]
    added = await browser.post("/complaints/evidence", files=file, data={"act": "add"})
    assert added.status_code == 303, added.text
    for _ in range(2):  # at both
        assert WORDS in (await browser.get("/complaints/what")).text
        assert "door.jpg" in (await browser.get("/complaints/evidence")).text
    sent = [await browser.post("/complaints/send") for _ in range(2)]
    assert {one.status_code for one in sent} == {303}, sent[0].text
    assert len({one.headers["location"] for one in sent}) == 1
    for _ in range(2):
        assert RECEIPT.search((await browser.get(sent[0].headers["location"])).text)


async def test_a_case_opened_at_one_is_open_at_the_other(browser):
    answers = {"narrative": WORDS, "allegations": ["incivility"]}
    receipt = (
        await browser.post("/api/v1/complaints", json={"borough": "Hackney", "answers": answers})
    ).json()
    form = {"number": receipt["reference"], "passphrase": receipt["passphrase"]}
    assert (await send(browser, "/case", form, page="/case")).status_code == 303
    for _ in range(2):
        assert WORDS in (await browser.get("/case")).text
    await send(browser, "/case/leave", page="/case")
    for _ in range(2):
        assert WORDS not in (await browser.get("/case")).text


async def test_who_signs_out_at_one_is_signed_out_at_both(browser):
    form = {"email": AMINA[0], "password": PASSWORD}
    await send(browser, "/sign-in", form, page="/sign-in")
    session = dict(browser.cookies)
    for _ in range(2):
        assert (await browser.get("/work")).status_code == 200
    await send(browser, "/sign-out")
    browser.cookies.update(session)  # as somebody who had copied it
    for _ in range(2):
        assert "/sign-in" in (await browser.get("/work")).headers["location"]


async def test_a_limit_of_two_applications_is_their_sum_at_most(machines):
    """Each counts for itself, so that no write waits for a count in the database."""
    outcomes = collections.Counter()
    async with machines.client(headers={"X-Forwarded-For": "203.0.113.9"}) as guessing:
        token = await token_on(guessing, "/sign-in")
        for number in range(3 * SIGN_INS):
            form = {"_csrf_token": token, "email": f"{number}@example.org", "password": ""}
            answer = await guessing.post("/sign-in", data=form)
            outcomes[answer.status_code == 429] += 1
    assert SIGN_INS <= outcomes[False] <= 2 * SIGN_INS
    log.info("%d attempts to sign in: %d answered", 3 * SIGN_INS, outcomes[False])


async def test_answers_are_stored_once_though_an_application_and_a_worker_are_killed(machines):
    crowd = Crowd("machines")
    async with crowd.sending(*machines.addresses):
        await crowd.receive(40 * ROUNDS)
        machines.applications[1].kill()
        machines.workers[1].kill()
        await crowd.receive(40 * ROUNDS)
        await asyncio.to_thread(machines.applications[1].start)
        machines.workers[1].start()
        await crowd.receive(40 * ROUNDS)
    await crowd.send_the_doubtful(*machines.addresses)
    await crowd.check(machines.direct)
    crowd.log("an application and a worker killed")


async def test_two_workers_and_a_cluster_code_every_text_once(machines):
    """A cluster, where the extra is installed, is sent what has waited long enough to be many."""
    for worker in machines.workers:
        worker.kill()
    crowd = Crowd("many at once")
    async with crowd.sending(*machines.addresses):
        await crowd.receive(FEWEST_TEXTS + 50 if machines.scheduler else 50)
    await crowd.send_the_doubtful(*machines.addresses)
    for worker in machines.workers:
        worker.start()
    async with machines.asking() as connection, asyncio.timeout(DEADLINE_S):
        while await connection.fetchval("SELECT count(*) FROM texts WHERE due"):
            await asyncio.sleep(0.2)
        doubled = "SELECT text FROM codings GROUP BY text HAVING count(*) <> 1"
        assert await connection.fetch(doubled) == []
        assert await connection.fetchval("SELECT count(*) FROM jobs WHERE held") == 0
        coded = await connection.fetchval("SELECT count(*) FROM codings")
    parts = await asyncio.to_thread(count_parts, machines.scheduler) if machines.scheduler else []
    assert all(parts)
    log.info("two workers coded %d texts; parts on the cluster's workers: %s", coded, parts)


def count_parts(scheduler):
    """How many parts each worker of a cluster has computed."""
    from distributed import Client

    with Client(scheduler, set_as_default=False) as client:
        counts = client.run(lambda dask_worker: dask_worker.state.executed_count)
    return [*counts.values()]


def survey(version):
    question = {"type": "whole", "name": "number", "text": {"en": f"Question {version}"}}
    return {
        "slug": "shared", "version": version, "mode": "open", "kind": "survey",
        "title": {"en": f"Shared, version {version}"}, "summary": {"en": "For a test."},
        "items": [question],
    }  # fmt: skip


@pytest.mark.usefixtures("on_the_replica")
async def test_whoever_saved_something_sees_it_at_both_at_once(staff):
    """Published at one, listed at the other, which reads it on the replica."""
    amina = await staff(AMINA)
    for version in range(1, 11):
        form = {"definition": httpx.Response(200, json=survey(version)).text}
        answer = await send(amina, "/work/surveys", form)
        assert answer.status_code == 303, answer.text
        for _ in range(2):
            page = (await amina.get("/work/surveys/shared")).text
            assert f"Shared, version {version}" in page


async def test_an_export_has_every_answer_that_was_acknowledged_before(machines, staff, browser):
    amina = await staff(AMINA)
    async with machines.asking() as connection, arriving_an_hour_ago(connection):
        for number in range(1, 21):
            sent = {"borough": "Hackney", "answers": {"number": number}}
            answer = await browser.post("/api/v1/surveys/shared/responses", json=sent)
            assert answer.status_code == 201, answer.text
            table = await amina.get("/work/surveys/shared/answers.csv")
            assert len([*csv.DictReader(io.StringIO(table.text))]) == number


@pytest.mark.usefixtures("on_the_replica")
async def test_an_edition_is_read_and_withdrawn_at_once_at_both(machines, staff, browser):
    cindy, joan = await staff(CINDY), await staff(JOAN)
    assert (await send(cindy, "/work/editions", WEEK)).status_code == 303
    async with machines.asking() as connection, asyncio.timeout(DEADLINE_S):
        made = "SELECT count(*) FROM editions WHERE kind = 'weekly' AND start_on = '2007-12-10'"
        while not await connection.fetchval(made):
            await asyncio.sleep(0.2)
    assert (await browser.get(PUBLIC)).status_code == 404
    assert (await send(cindy, f"{EDITION}/marks/reviewed")).status_code == 303
    assert (await send(joan, f"{EDITION}/marks/published")).status_code == 303
    for _ in range(4):
        assert (await browser.get(PUBLIC)).status_code == 200
        assert (await browser.get(f"{PUBLIC}/edition.csv")).status_code == 200
    form = {"reason": "Two boroughs were mixed up."}
    assert (await send(cindy, f"{EDITION}/withdrawal", form)).status_code == 303
    for _ in range(4):
        assert "Two boroughs were mixed up." in (await browser.get(PUBLIC)).text


async def test_nobody_notices_that_the_replica_dies(machines, staff, browser):
    cindy = await staff(CINDY)
    pages = (PUBLIC, "/reports", "/api/v1/reports", "/work/themes", "/work/surveys")

    async def read(number):
        page = pages[number % len(pages)]
        return (await (cindy if page.startswith("/work") else browser).get(page)).status_code

    reading = [asyncio.create_task(read(number)) for number in range(60)]
    await reading[0]
    await asyncio.to_thread(machines.replica.stop)
    assert {await one for one in reading} == {200}
    assert {await read(number) for number in range(10)} == {200}
    await asyncio.to_thread(machines.replica.start)
    async with reading_on_replica(machines, lambda: read(0)):
        assert await read(0) == 200


async def test_all_of_them_share_a_few_connections(machines):
    async with machines.asking() as connection:
        through = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
            " AND datname = current_database() AND query !~ 'LISTEN' AND pid <> pg_backend_pid()"
        )
    assert 0 < through <= POOLED
    log.info("%d connections for two applications and two workers", through)


@pytest.fixture
async def outside(machines):
    """A browser at the balancer."""
    if machines.balancer is None:
        pytest.skip("there is no caddy on this machine")
    async with machines.client_of_balancer() as client:
        yield client


async def test_the_balancer_passes_over_an_application_that_is_away(machines, outside):
    """Pages never fail; what was sent to the one that died may, and is sent again under its key."""
    address, sent, answers = "/api/v1/surveys/shared/responses", 0, collections.Counter()

    async def visit(times=10):
        nonlocal sent
        for _ in range(times):
            assert (await outside.get("/surveys")).status_code == 200
            sent += 1
            key = {"Idempotency-Key": idempotency_key(f"by the balancer {sent}")}
            body = {"borough": "Hackney", "answers": {"number": 1_000 + sent}}
            for _ in range(3):
                answer = await outside.post(address, json=body, headers=key)
                answers[answer.status_code] += 1
                if answer.status_code == 201:
                    break

    await visit()
    for application in machines.applications:
        application.kill()
        await visit()
        await asyncio.to_thread(application.start)
    assert set(answers) <= {201, 502}
    async with machines.asking() as connection:
        stored = "SELECT count(*) FROM responses WHERE (answers ->> 'number')::int > 1000"
        assert await connection.fetchval(f"{stored} AND instrument = 'shared'") == sent
    log.info("through the balancer while each application was killed: %s", dict(answers))


async def test_the_balancer_answers_for_files_itself(machines, outside):
    """Compressed, to be kept for a year; a file of another release comes from an application."""
    page = (await outside.get("/")).text
    [style] = re.findall(r'href="(/static/[0-9a-f]{12}/app.css)"', page)
    for encoding, named in (("br", "br"), ("gzip", "gzip"), ("identity", None)):
        answer = await outside.get(style, headers={"Accept-Encoding": encoding})
        assert answer.headers.get("content-encoding") == named
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.content == load_static_files()["app.css"].body
    again = {"If-None-Match": answer.headers["etag"], "Accept-Encoding": "identity"}
    assert (await outside.get(style, headers=again)).status_code == 304
    other = await outside.get(re.sub("[0-9a-f]{12}", "0" * 12, style))
    assert (other.status_code, "immutable" in other.headers["cache-control"]) == (200, False)


async def test_nobody_is_somebody_else_behind_the_balancer(outside):
    """An address that a visitor makes up is not counted as another source."""
    token, outcomes = await token_on(outside, "/sign-in"), collections.Counter()
    for number in range(2 * SIGN_INS + 1):
        form = {"_csrf_token": token, "email": f"{number}@example.net", "password": ""}
        invented = {"X-Forwarded-For": f"203.0.113.{number + 20}"}
        answer = await outside.post("/sign-in", data=form, headers=invented)
        outcomes[answer.status_code] += 1
    assert outcomes[429]
