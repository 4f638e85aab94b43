"""How long it takes to refuse a number or a passphrase: `python -m tests.bench.same_time`.

Sends wrong passphrases to real cases and to unknown numbers in turn, and compares the times.
The tests count the work instead (tests/api/security/test_same_time.py): times differ by machine.
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

from api.app import build
from api.operations import foundations
from api.security import people
from api.security.people import HASHER
from api.settings import Settings
from survey.receipts import case_number
from survey.store import database
from survey.store.connections import embedded
from tests.api.pages.forms import token_on
from tests.conftest import OneConnection
from tests.stored.complaint_forms import KEYRING, create_case

PAIRS = 200
WRONG_PASSPHRASE = "acid acorn acre acts afar"
CHARACTERS = "23456789ABCDEFGH"


def unknown_numbers(known):
    chance = random.Random(7)
    while True:
        number = case_number("".join(chance.choices(CHARACTERS, k=7)))
        if number not in known:
            yield number


async def time_sign_in(client, token, number):
    form = {"_csrf_token": token, "number": number, "passphrase": WRONG_PASSPHRASE}
    begun = time.perf_counter()
    page = await client.post("/case", data=form)
    assert page.status_code == 422
    return time.perf_counter() - begun


async def time_in_turns(client, db):
    known = [(await create_case(db)).reference for _ in range(PAIRS)]
    nobody = unknown_numbers(set(known))
    token = await token_on(client, "/case")
    await time_sign_in(client, token, next(nobody))
    there, missing = [], []
    for number in known:  # by turns, so that whatever else the machine does falls on both
        there.append(await time_sign_in(client, token, number))
        missing.append(await time_sign_in(client, token, next(nobody)))
    return there, missing


async def run_comparison(address):
    people.HASHER = HASHER  # the tests, whose parts we use, have a cheap one
    connection = await asyncpg.connect(address)
    await database.set_json_codec(connection)
    await database.migrate(connection)
    await foundations.load_foundations(connection)
    one = OneConnection(connection)
    app = build(Settings(sends_per_minute=100_000, sign_ins_per_minute=100_000), one)
    app.state.update({"database": one, "keyring": KEYRING})
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        there, missing = await time_in_turns(client, one)
    await connection.close()
    medians = [1_000 * statistics.median(times) for times in (there, missing)]
    print(f"a real case {medians[0]:.1f} ms, a number of nobody {medians[1]:.1f} ms (medians)")
    print(f"Mann-Whitney p = {stats.mannwhitneyu(there, missing).pvalue:.3f}, {PAIRS} of each")


def main():
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded.open_server(pathlib.Path(folder), throwaway=True) as address,
    ):
        asyncio.run(run_comparison(address))


if __name__ == "__main__":
    main()
