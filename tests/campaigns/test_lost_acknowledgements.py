"""The connection is cut after the commit: a client that tries again gets the same receipt.

Every effect happens once: the text, its codes, the event that opens a case, its mail, its place
in the sums. Size: 40 answers and 12 complaints a round, half of the responses cut off.
"""

import asyncio

import asyncpg
import httpx
import pytest

from tests import alone
from tests.campaigns.crowd import Crowd, idempotency_key, open_client
from tests.campaigns.cutting import start_cutting_proxy
from tests.campaigns.processes import OurCommand, Service
from tests.campaigns.sizes import DEADLINE_S, ROUNDS, log, random_stream
from tests.fakes import mail_sink

pytestmark = pytest.mark.slow
ANSWERS, COMPLAINTS, TRIES = 40 * ROUNDS, 12 * ROUNDS, 5
COMPLAINT = {
    "borough": "Hackney",
    "answers": {"narrative": "A Taser was aimed.", "allegations": ["use_of_force_taser"]},
}


@pytest.fixture(scope="module")
async def dsn(own_server):
    async with alone.create_database(own_server, "cut_off") as dsn:
        yield dsn


@pytest.fixture
async def service(folder, dsn):
    with Service(folder, "--no-worker", dsn=dsn) as running:
        yield running


async def send_with_retries(crowd, client, address, key):
    """Try to send five times and then give up, not knowing whether it arrived."""
    for _ in range(TRIES):
        if await crowd.send(client, address, key):
            return


async def test_an_answer_that_is_sent_again_is_stored_once(service, dsn):
    crowd = Crowd("cut off")
    async with start_cutting_proxy(service.port, random_stream("cuts")) as (proxy, address):
        async with open_client(8) as client:
            keys = [crowd.new_send() for _ in range(ANSWERS)]
            await asyncio.gather(*(send_with_retries(crowd, client, address, key) for key in keys))
        assert proxy.cut > ANSWERS / 4
    doubtful = await crowd.send_the_doubtful(service.address)
    await crowd.check(dsn)
    crowd.refused_well()
    crowd.log("answers cut off", cut=proxy.cut, doubtful=doubtful)


async def send_complaint(client, address, number, receipts):
    contact = {"name": "Amina", "email": f"resident{number}@example.org", "language": "en"}
    sent = COMPLAINT | {"contact": contact}
    for _ in range(TRIES):
        try:
            answer = await client.post(
                f"{address}/api/v1/complaints",
                json=sent,
                headers={"Idempotency-Key": idempotency_key(f"complaint {number}")},
            )
        except httpx.TransportError:
            continue
        assert answer.status_code == 201, answer.text
        receipt = answer.json()
        receipts.setdefault(number, set()).add((receipt["reference"], receipt["passphrase"]))


async def test_a_complaint_that_is_sent_again_is_one_case_with_one_passphrase(service, dsn):
    receipts = {}
    cut = start_cutting_proxy(service.port, random_stream("cut cases"))
    async with cut as (proxy, address), open_client(4) as client:
        await asyncio.gather(
            *(send_complaint(client, address, number, receipts) for number in range(COMPLAINTS))
        )
    async with open_client(4) as client:
        await asyncio.gather(
            *(
                send_complaint(client, service.address, number, receipts)
                for number in range(COMPLAINTS)
            )
        )
    assert [len(receipts[number]) for number in range(COMPLAINTS)] == [1] * COMPLAINTS
    connection = await asyncpg.connect(dsn)
    for table in ("complaints", "allegations", "case_events", "case_contacts"):
        assert await connection.fetchval(f"SELECT count(*) FROM {table}") == COMPLAINTS
    await connection.close()
    log.info("complaints cut off: %d cases, %d answers cut", COMPLAINTS, proxy.cut)


async def test_what_follows_from_them_happens_once_with_two_workers(folder, dsn):
    """After both tests above: every text is coded once, every case gets one mail."""
    connection = await asyncpg.connect(dsn)
    async with mail_sink.start_mail_sink() as (sink, port):
        mail = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(port), "SMTP_STARTTLS": "false"}
        mail |= {"SMTP_SENDER": "Soundings <soundings@example.org>"}
        with (
            OurCommand(folder, "worker", dsn=dsn, **mail),
            OurCommand(folder, "worker", dsn=dsn, **mail),
        ):
            async with asyncio.timeout(DEADLINE_S):
                while await connection.fetchval(WORK_LEFT):
                    await asyncio.sleep(0.2)
                # A mail is marked as handed in before it is, so that it never goes twice.
                mails = await connection.fetchval("SELECT count(*) FROM case_mails")
                while len(sink.messages) < mails:
                    await asyncio.sleep(0.2)
    texts = ANSWERS + COMPLAINTS
    assert await connection.fetchval("SELECT count(*) FROM codings") == texts
    assert await connection.fetchval("SELECT sum(persons) FROM answer_sums") == ANSWERS
    to = [message["To"] for message in sink.messages]
    assert len(to) == len(set(to)) == mails
    await connection.close()
    log.info("%d texts coded once, %d mails handed in once", texts, mails)


WORK_LEFT = """
    SELECT EXISTS (SELECT FROM texts WHERE due)
        OR EXISTS (SELECT FROM responses WHERE NOT summed)
        OR EXISTS (SELECT FROM case_mails WHERE handed_at IS NULL)
"""
