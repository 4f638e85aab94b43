"""How long a wrong number and a wrong passphrase take: `python -m tests.bench.same_time`.

Sends wrong passphrases to real cases and to numbers of nobody by turns, and compares the times.
The tests count the work instead (tests/http/test_same_time.py): times depend on the machine.
"""

# ruff: noqa: T201 - it prints what it found

import asyncio
import pathlib
import random
import statistics
import tempfile
import time

import asyncpg
import httpx
from scipy import stats

from api import seeding
from api.app import build
from api.settings import Settings
from survey.receipts import case_number
from survey.store import database, embedded
from tests.conftest import OneConnection
from tests.http.forms import token_on
from tests.lodged import KEYRING, lodged

PAIRS = 200
WRONG = "acid acorn acre acts afar"
CHARACTERS = "23456789ABCDEFGH"


def numbers_of_nobody(known):
    chance = random.Random(7)
    while True:
        number = case_number("".join(chance.choices(CHARACTERS, k=7)))
        if number not in known:
            yield number


async def seconds(client, token, number):
    form = {"_csrf_token": token, "number": number, "passphrase": WRONG}
    begun = time.perf_counter()
    page = await client.post("/case", data=form)
    assert page.status_code == 422
    return time.perf_counter() - begun


async def compare(client, db):
    known = [(await lodged(db)).reference for _ in range(PAIRS)]
    nobody = numbers_of_nobody(set(known))
    token = await token_on(client, "/case")
    await seconds(client, token, next(nobody))
    there, missing = [], []
    for number in known:  # by turns, so that whatever else the machine does falls on both
        there.append(await seconds(client, token, number))
        missing.append(await seconds(client, token, next(nobody)))
    return there, missing


async def measure(address):
    connection = await asyncpg.connect(address)
    await database.teach_json(connection)
    await database.migrate(connection)
    await seeding.foundations(connection)
    one = OneConnection(connection)
    app = build(Settings(sends_per_minute=100_000), one)
    app.state.update({"database": one, "keyring": KEYRING})
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        there, missing = await compare(client, one)
    await connection.close()
    medians = [1_000 * statistics.median(times) for times in (there, missing)]
    print(f"a real case {medians[0]:.1f} ms, a number of nobody {medians[1]:.1f} ms (medians)")
    print(f"Mann-Whitney p = {stats.mannwhitneyu(there, missing).pvalue:.3f}, {PAIRS} of each")


def main():
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded.serving(pathlib.Path(folder), throwaway=True) as address,
    ):
        asyncio.run(measure(address))


if __name__ == "__main__":
    main()
