"""Many residents who send answers under keys of their own, and check every receipt."""

import asyncio
import collections
import contextlib
import logging
import uuid

import asyncpg
import httpx
from detangle import History

from tests.campaigns.sizes import CLIENTS, DEADLINE_S, log, random_stream
from tests.histories import check_history

SENDS = "/api/v1/surveys/feedback/responses"
BOROUGHS = ("Hackney", "Barnet", "Brent", "Camden")
logging.getLogger("httpx").setLevel(logging.WARNING)  # it has a line for every answer

REFUSALS = {429, 503, 507}  # temporary, and the response says what to do


def idempotency_key(name):
    """An idempotency key: the same for the same name, and as long as a key has to be."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


class Crowd:
    """What was sent under which key, and which receipt came back."""

    def __init__(self, name):
        self.name, self.chance = name, random_stream(name)
        self.sent, self.acknowledged, self.broken = {}, {}, {}
        self.numbers = {}
        self.history = History()  # of every attempt: what each client sent and saw
        self.newest = -1  # of those acknowledged, by the order in which they were first sent
        self.refusals = []  # what came back instead of a receipt
        self.answers = collections.Counter()  # what came back, by status or by how it broke off
        self.seconds = []  # how long each response took

    def new_send(self):
        number = len(self.sent)
        key = idempotency_key(f"{self.name} {number}")
        self.numbers[key] = number
        self.sent[key] = {
            "borough": self.chance.choice(BOROUGHS),
            "language": "en",
            "answers": {"subject": "taser", "story": f"They explained it: {self.name} {number}."},
        }
        return key

    async def send(self, client, address, key):
        """One attempt; whether it was acknowledged."""
        attempt = self.history.invoke(address, "send", (key, "first"))
        try:
            answer = await client.post(
                address + SENDS, json=self.sent[key], headers={"Idempotency-Key": key}
            )
        except httpx.TransportError as broken:
            self.history.info(attempt)
            self.answers[type(broken).__name__] += 1
            self.broken[key] = type(broken)
            return False
        self.broken[key] = None
        self.answers[answer.status_code] += 1
        self.seconds.append(answer.elapsed.total_seconds())
        if answer.status_code != 201:
            self.refusals.append(answer.text)
            self.history.info(attempt)  # 503 says of a lost connection that nobody knows
            return False
        reference = answer.json()["reference"]
        self.history.ok(attempt, reference)
        assert self.acknowledged.setdefault(key, reference) == reference
        self.newest = max(self.newest, self.numbers[key])
        return True

    async def send_other_content(self, client, address, key):
        """Send something else under a key that has a receipt: a conflict, and the first stays."""
        attempt = self.history.invoke(address, "send", (key, "other"))
        answer = await client.post(
            address + SENDS,
            json=self.sent[key] | {"may_quote": True},
            headers={"Idempotency-Key": key},
        )
        assert answer.status_code == 409, answer.text
        self.history.ok(attempt, "conflict")

    async def keep_sending(self, client, addresses, stop):
        """Send new answers until stopped.

        Without a connection the same one is tried again; other failures are left for
        `send_the_doubtful`.
        """
        while not stop.is_set():
            key = self.new_send()
            while not await self.send(client, self.chance.choice(addresses), key):
                await asyncio.sleep(0.1)
                if self.broken[key] is not httpx.ConnectError or stop.is_set():
                    break

    @contextlib.asynccontextmanager
    async def sending(self, *addresses, clients=CLIENTS):
        """During this block, so many clients send one answer after another to these addresses."""
        stop = asyncio.Event()
        async with open_client(clients) as client, asyncio.TaskGroup() as group:
            for _ in range(clients):
                group.create_task(self.keep_sending(client, addresses, stop))
            try:
                yield self
            finally:
                stop.set()

    async def receive(self, more):
        """Wait until so many more answers have a receipt."""
        wanted = len(self.acknowledged) + more
        async with asyncio.timeout(DEADLINE_S):
            while len(self.acknowledged) < wanted:
                await asyncio.sleep(0.02)

    async def receive_anew(self):
        """Wait until an answer that is sent after now has its receipt."""
        begun = len(self.sent)
        async with asyncio.timeout(DEADLINE_S):
            while self.newest < begun:
                await asyncio.sleep(0.02)

    async def send_the_doubtful(self, *addresses):
        """Send every answer without a receipt until it has one, and some that have one."""
        doubtful = [key for key in self.sent if key not in self.acknowledged]
        some = self.chance.sample(list(self.acknowledged), min(20, len(self.acknowledged)))
        async with open_client(CLIENTS) as client, asyncio.timeout(DEADLINE_S):
            for key in [*doubtful, *some]:
                while not await self.send(client, self.chance.choice(addresses), key):
                    await asyncio.sleep(0.05)
            for key in some[:5]:
                await self.send_other_content(client, self.chance.choice(addresses), key)
        return len(doubtful)

    async def check(self, dsn):
        """Every key is one row, with the reference of its receipt and its text once."""
        connection = await asyncpg.connect(dsn)
        rows = await connection.fetch(
            """
            SELECT t.body, array_agg(r.reference) AS receipts
              FROM texts t JOIN responses r ON r.id = t.response
             WHERE starts_with(t.body, $1) GROUP BY t.body
            """,
            f"They explained it: {self.name} ",
        )
        wordless = await connection.fetchval(
            "SELECT count(*) FROM responses r WHERE r.instrument = 'feedback'"
            " AND NOT EXISTS (SELECT FROM texts t WHERE t.response = r.id)"
        )
        await connection.close()
        stored = {row["body"]: row["receipts"] for row in rows}
        receipts = {
            self.sent[key]["answers"]["story"]: [receipt]
            for key, receipt in self.acknowledged.items()
        }
        lost = [words for words in receipts if words not in stored]
        assert lost == []
        assert set(self.sent) == set(self.acknowledged)
        assert stored == receipts, "something was stored twice or under another receipt"
        assert wordless == 0
        check_history(self.history)

    def refused_well(self):
        """Check that all answers are receipts or temporary refusals, never a 500."""
        statuses = {status for status in self.answers if isinstance(status, int)}
        assert statuses <= {201, *REFUSALS}, self.answers

    def log(self, what, **more):
        details = ", ".join(f"{name} {value}" for name, value in more.items())
        log.info(
            "%s: %d acknowledged, 0 lost, 0 doubled%s; answers %s",
            what, len(self.acknowledged), f", {details}" if details else "", dict(self.answers),
        )  # fmt: skip


def open_client(clients):
    limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
    patience = httpx.Timeout(20, pool=None)  # waiting in our own queue is no delay of the server
    return httpx.AsyncClient(limits=limits, timeout=patience, trust_env=False)
