"""The disk fills up while residents send words and files, and space is freed again.

The database, its log and the uploads are on one small disk. Sends are refused for a while (503
or 507), and afterwards everything recovers by itself: each answer once, no file without its
answer, no answer without its file. Size: filled CAMPAIGN_ROUNDS times.
"""

import asyncio
import json
import subprocess
import sys

import asyncpg
import httpx
import pytest

from tests.campaigns.crowd import REFUSALS, SENDS, Crowd, idempotency_key, open_client
from tests.campaigns.processes import OurCommand, Service
from tests.campaigns.sizes import DEADLINE_S, ROUNDS, log, random_stream
from tests.campaigns.small_disk import mount_small_disk
from tests.files.uploads import pdf

pytestmark = pytest.mark.slow
DISK_MB, LEFT_BYTES, FILE_BYTES = 220, 3 * 2**20, 700_000
SURVEY = {
    "slug": "with-a-file", "version": 1, "mode": "open", "kind": "survey",
    "title": {"en": "With a file"}, "summary": {"en": "For a test."},
    "items": [{"type": "file", "name": "paper", "text": {"en": "Your paper"}, "required": True}],
}  # fmt: skip


@pytest.fixture(scope="module")
def disk(folder):
    with mount_small_disk(folder / "disk.img", folder / "data", DISK_MB) as mounted:
        yield mounted


@pytest.fixture(scope="module")
def service(disk, folder):
    """`serve` with its worker, on the small disk, and a survey that asks for a file."""
    (folder / "survey.json").write_text(json.dumps(SURVEY))
    with OurCommand(folder, "import", "survey", str(folder / "survey.json")) as command:
        assert command.process.wait(DEADLINE_S) == 0, command.told()
    with Service(folder) as running:
        yield running


class Uploads:
    """Files that were sent, and the answers that refer to them."""

    def __init__(self):
        self.chance, self.acknowledged, self.answers = random_stream("uploads"), {}, set()

    async def post(self, client, address, **given):
        try:
            answer = await client.post(address, **given)
        except httpx.TransportError:
            return None
        self.answers.add(answer.status_code)
        assert answer.status_code in (201, *REFUSALS), answer.text
        return answer.json() if answer.status_code == 201 else None

    async def send(self, client, address, number):
        """Send a file, and then the answer that refers to it."""
        path = address + SENDS.replace("feedback", "with-a-file")
        body = pdf(content=self.chance.randbytes(FILE_BYTES))
        files = path.replace("responses", "attachments") + "?item=paper"
        headers = {"Content-Type": "application/pdf"}
        taken = await self.post(client, files, content=body, headers=headers)
        if taken:
            sent = {"borough": "Hackney", "answers": {"paper": taken["mark"]}}
            headers = {"Idempotency-Key": idempotency_key(f"upload {number}")}
            if receipt := await self.post(client, path, json=sent, headers=headers):
                self.acknowledged[receipt["reference"]] = taken["mark"]

    async def keep_sending(self, client, address, stop):
        number = 0
        while not stop.is_set():
            number += 1
            await self.send(client, address, number)
            await asyncio.sleep(0.1)

    async def check(self, dsn):
        connection = await asyncpg.connect(dsn)
        rows = await connection.fetch(
            """
            SELECT r.reference, r.answers ->> 'paper' AS mark, a.mark AS kept, octet_length(a.body)
              FROM responses r FULL JOIN attachments a ON a.response = r.id
             WHERE coalesce(r.instrument, a.instrument) = 'with-a-file' AND a.expires_at IS NULL
            """
        )
        await connection.close()
        stored = {row["reference"]: row["mark"] for row in rows}
        assert all(row["mark"] == row["kept"] for row in rows)
        assert all(row["octet_length"] > FILE_BYTES for row in rows)
        assert self.acknowledged.items() <= stored.items()


async def wait_for(condition):
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.05)


async def wait_for_health(client, service, status):
    """Ask until every process of the pages says so: one alone answers each connection."""
    same = 0
    async with asyncio.timeout(DEADLINE_S):
        while same < 8:
            headers = {"Connection": "close"}
            found = await client.get(f"{service.address}/health", headers=headers)
            same = same + 1 if found.status_code == status else 0
            await asyncio.sleep(0.2)


async def test_a_full_disk_refuses_for_a_while_and_loses_nothing(disk, service, embedded_dsn):
    crowd, uploads, stop = Crowd("full disk"), Uploads(), asyncio.Event()
    async with (
        crowd.sending(service.address),
        open_client(1) as client,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(uploads.keep_sending(client, service.address, stop))
        for _ in range(ROUNDS):
            await crowd.receive(40)
            await wait_for(lambda: uploads.acknowledged)
            before = sum(crowd.answers[status] for status in REFUSALS)
            disk.fill(left=LEFT_BYTES)
            await wait_for(lambda: REFUSALS & uploads.answers)
            disk.fill()
            page = await client.get(f"{service.address}/surveys")
            assert page.status_code in (200, 503)
            await wait_for_health(client, service, 503)
            disk.make_room()
            await crowd.receive(40)
            await wait_for_health(client, service, 200)
        stop.set()
    doubtful = await crowd.send_the_doubtful(service.address)
    await crowd.check(embedded_dsn)
    crowd.refused_well()
    await uploads.check(embedded_dsn)
    refused = sum(crowd.answers[status] for status in REFUSALS) - before
    # Each process of the pages says it once a minute, however much it refuses.
    assert 0 < service.told().count("[database.full") <= 4 * ROUNDS
    crowd.log("full disk", refused=refused, doubtful=doubtful, files=len(uploads.acknowledged))


def run_command(folder, *words):
    command = [sys.executable, "-P", "-m", "api", *words]
    given = OurCommand(folder, *words).environment
    return subprocess.run(command, env=given, capture_output=True, text=True, check=False)


WRITES = [("export", "feedback", "--out"), ("figures", "--out"), ("backup",)]


@pytest.mark.parametrize("words", WRITES)
async def test_what_does_not_fit_is_no_file_and_a_sentence(disk, service, folder, words):
    """The database has room; only the disk that is written to is full."""
    with mount_small_disk(folder / "other.img", make_mount_point(folder), 16) as other:
        other.fill()
        done = await asyncio.to_thread(run_command, folder, *words, str(other.at / "out"))
        assert done.returncode == 1, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert "No space left" in done.stderr
        assert sorted(path.name for path in other.at.iterdir()) == ["ballast", "lost+found"]
    log.info("%s onto a full disk: refused, nothing half written", words[0])


def make_mount_point(folder):
    made = folder / "other"
    made.mkdir(exist_ok=True)
    return made
