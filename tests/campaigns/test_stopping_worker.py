"""A worker that is asked to stop in the middle of its work ends by itself, and nothing is lost."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from tests import alone
from tests.campaigns.processes import OurCommand
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.slow
TEXTS = 1_200
FILL = """
    INSERT INTO responses (reference, instrument, version, mode, area, language, answers)
    SELECT 'R' || n, slug, version, mode, 'E09000012', 'en', '{}'
      FROM generate_series(1, $1::int) n,
           (SELECT slug, version, mode FROM instruments WHERE slug = 'feedback'
             ORDER BY version DESC LIMIT 1) i
"""
FILL_TEXTS = """
    INSERT INTO texts (response, item, body, language)
    SELECT id, 'story', 'The officers stopped my son near the station and explained ' || reference,
           'en'
      FROM responses
"""
FIGURES = """
    SELECT (SELECT count(*) FROM texts WHERE due) AS due, (SELECT count(*) FROM codings) AS codings,
           (SELECT count(*) FROM responses WHERE NOT summed) AS unsummed,
           (SELECT coalesce(sum(persons), 0)::int FROM answer_sums) AS persons,
           (SELECT count(*) FROM job_starts s JOIN jobs j ON j.id = s.job
             WHERE j.kind = 'code_texts') AS starts
"""
IMPORTING_SCRIPT = """
import asyncio, time
from api.commands.serving import serve
serve.LAST_WORD = 1

async def load_for_ever():
    with serve.stop_when_asked():
        print("up", flush=True)
        time.sleep(1000)

asyncio.run(load_for_ever())
"""


@pytest.fixture
async def dsn(own_server):
    async with alone.create_database(own_server, "stopping") as dsn:
        yield dsn


async def test_a_worker_stops_in_the_middle_of_coding_and_nothing_is_lost(dsn, folder):
    connection = await alone.connect(dsn)
    await connection.execute(FILL, TEXTS)
    await connection.execute(FILL_TEXTS)
    await connection.execute("INSERT INTO jobs (kind) VALUES ('code_texts')")

    async def figures():
        return dict(await connection.fetchrow(FIGURES))

    async def has_begun():
        return (await figures())["starts"]

    async def has_coded_all():
        found = await figures()
        return found["due"] == found["unsummed"] == 0

    with OurCommand(folder, "worker", dsn=dsn) as worker:
        await until(has_begun)
        worker.process.terminate()
        assert await asyncio.to_thread(worker.process.wait, PATIENCE) == 0, worker.told()
    left = await figures()
    assert left["due"] + left["codings"] == TEXTS
    assert left["unsummed"] + left["persons"] == TEXTS
    assert left["due"] > 0, "it had coded everything before it was asked to stop"
    assert left["starts"] == 0, "stopping counts as dying"
    with OurCommand(folder, "worker", dsn=dsn):
        await until(has_coded_all)
    assert await figures() | {"starts": 0} == {
        "due": 0, "codings": TEXTS, "unsummed": 0, "persons": TEXTS, "starts": 0,
    }  # fmt: skip
    await connection.close()


def test_a_worker_that_is_busy_loading_libraries_ends_all_the_same():
    environment = os.environ | {"PYTHONPATH": str(alone.ROOT)}
    command = [sys.executable, "-P", "-c", IMPORTING_SCRIPT]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == -signal.SIGALRM
