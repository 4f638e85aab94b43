"""Neither the answer nor its time tells whether a case number or an account exists: both take
the same hash checks and the same SQL statements.

`python -m tests.bench.same_time` measures the times themselves.
"""

import contextlib
import re

import pytest
from argon2 import extract_parameters

from api.security import people
from survey.receipts import case_number
from survey.store.accounts import people as store
from tests.people import CINDY
from tests.stored.complaint_forms import create_case

NOBODY = case_number("2222222")
PHRASE = "acid acorn acre acts afar"
HASH_COST = {"time_cost": 2, "memory_cost": 19_456, "parallelism": 1}  # the floor of OWASP
SAVEPOINT = re.compile(r"\b__asyncpg_\w+|\bsavepoint_\w+")


@pytest.fixture
def work(db, monkeypatch):
    """Records what a request makes the server do: each password check and each SQL statement."""
    done = []

    class Watched(people.PasswordHasher):
        def verify(self, known, given):
            done.append((extract_parameters(known), len(known), len(given)))
            return super().verify(known, given)

    @contextlib.contextmanager
    def watched():
        def noted(record):
            done.append(SAVEPOINT.sub("savepoint", record.query))

        done.clear()
        with db.the_connection.query_logger(noted):
            yield done

    monkeypatch.setattr(people, "HASHER", Watched(**HASH_COST))
    return watched


async def refused_work(client, work, address, form, shown=""):
    """What a refused request made the server do, its status, and the page without typed text.

    Statements in their order, then hash checks: these are done in threads of their own, and which
    of the two is noted first is a matter of chance.
    """
    with work() as done:
        page = await client.post(address, data=form)
    plain = page.text.replace(shown, "...") if shown else page.text
    statements = [one for one in done if isinstance(one, str)]
    done = [*statements, *hash_checks(done)]
    return done, page.status_code, re.sub(r'value="[^"]{40,}"', "", plain)


def hash_checks(done):
    return [one for one in done if not isinstance(one, str)]


async def csrf_token(client, address):
    page = await client.get(address)
    return re.search(r'name="_csrf_token" value="([^"]+)"', page.text)[1]


async def try_passphrase(client, work, number):
    token = await csrf_token(client, "/case")
    form = {"_csrf_token": token, "number": number, "passphrase": PHRASE}
    return await refused_work(client, work, "/case", form, shown=number)


def test_a_hash_costs_what_owasp_asks_for():
    """Read from a hash made at import, before the tests switch to cheap hashing."""
    found = extract_parameters(people.NOBODY_HASH)
    assert {name: getattr(found, name) for name in HASH_COST} == HASH_COST


async def test_a_number_of_nobody_takes_the_work_of_a_wrong_passphrase(client, db, work):
    known = (await create_case(db)).reference
    there, missing = (
        await try_passphrase(client, work, known),
        await try_passphrase(client, work, NOBODY),
    )
    assert len(hash_checks(there[0])) == 1
    assert len(there[0]) >= 3  # tries are counted and the hash is looked up
    assert there == missing


async def test_an_address_of_nobody_takes_the_work_of_a_wrong_password(client, db, work):
    known = await people.hash_secret("three words or four")
    assert await store.set_password(db.the_connection, CINDY[0], known)
    token = await csrf_token(client, "/sign-in")
    asked = [
        {"_csrf_token": token, "email": email, "password": "three words or five"}
        for email in (CINDY[0], "no" + CINDY[0])
    ]
    there, missing = [
        await refused_work(client, work, "/sign-in", form, shown=form["email"]) for form in asked
    ]
    assert len(hash_checks(there[0])) == 1
    assert there == missing


async def test_a_shortcut_would_be_seen(client, db, work, monkeypatch):
    """The counter-check: if unknown numbers were refused at once, the tests above would fail."""
    verify = people.verify_hash

    async def shortcut(password_hash, password):
        return password_hash != people.NOBODY_HASH and await verify(password_hash, password)

    monkeypatch.setattr(people, "verify_hash", shortcut)
    known = (await create_case(db)).reference
    there, missing = (
        await try_passphrase(client, work, known),
        await try_passphrase(client, work, NOBODY),
    )
    assert there[0] != missing[0]
