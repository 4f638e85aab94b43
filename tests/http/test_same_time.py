"""Whether a number has a case, or an address an account, can be told by nothing: not by the answer,
and not by the time, since both take the same checks of a hash and the same statements.

`python -m tests.bench.same_time` measures the times themselves.
"""

import contextlib
import re

import pytest
from argon2 import extract_parameters

from api import people
from survey.receipts import case_number
from survey.store import people as store
from tests.lodged import lodged
from tests.people import CINDY

NOBODY = case_number("2222222")
PHRASE = "acid acorn acre acts afar"
COST = {"time_cost": 2, "memory_cost": 19_456, "parallelism": 1}  # the floor of OWASP
SAVEPOINT = re.compile(r"\b__asyncpg_\w+|\bsavepoint_\w+")


@pytest.fixture
def work(db, monkeypatch):
    """What a request makes the machine do: each check of a password, and each statement."""
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

    monkeypatch.setattr(people, "HASHER", Watched(**COST))
    return watched


async def refused(client, work, address, form, shown=""):
    """The work of a refused request, and the page without what was typed."""
    with work() as done:
        page = await client.post(address, data=form)
    plain = page.text.replace(shown, "...") if shown else page.text
    return list(done), page.status_code, re.sub(r'value="[^"]{40,}"', "", plain)


def checks(done):
    return [one for one in done if not isinstance(one, str)]


async def token_of(client, address):
    page = await client.get(address)
    return re.search(r'name="_csrf_token" value="([^"]+)"', page.text)[1]


async def tried(client, work, number):
    token = await token_of(client, "/case")
    form = {"_csrf_token": token, "number": number, "passphrase": PHRASE}
    return await refused(client, work, "/case", form, shown=number)


def test_a_hash_costs_what_owasp_asks_for():
    """The one that was made before the tests put a cheap one in the place of what makes them."""
    found = extract_parameters(people.NOBODY)
    assert {name: getattr(found, name) for name in COST} == COST


async def test_a_number_of_nobody_takes_the_work_of_a_wrong_passphrase(client, db, work):
    known = (await lodged(db)).reference
    there, missing = await tried(client, work, known), await tried(client, work, NOBODY)
    assert len(checks(there[0])) == 1
    assert len(there[0]) >= 3  # the tries are counted and the hash is looked for
    assert there == missing


async def test_an_address_of_nobody_takes_the_work_of_a_wrong_password(client, db, work):
    known = await people.hashed("three words or four")
    assert await store.set_password(db.the_connection, CINDY[0], known)
    token = await token_of(client, "/sign-in")
    asked = [
        {"_csrf_token": token, "email": email, "password": "three words or five"}
        for email in (CINDY[0], "no" + CINDY[0])
    ]
    there, missing = [
        await refused(client, work, "/sign-in", form, shown=form["email"]) for form in asked
    ]
    assert len(checks(there[0])) == 1
    assert there == missing


async def test_a_shortcut_would_be_seen(client, db, work, monkeypatch):
    """The other way round: were unknown numbers refused at once, the test above would tell."""
    verify = people.verify

    async def shortcut(password_hash, password):
        return password_hash != people.NOBODY and await verify(password_hash, password)

    monkeypatch.setattr(people, "verify", shortcut)
    known = (await lodged(db)).reference
    there, missing = await tried(client, work, known), await tried(client, work, NOBODY)
    assert there[0] != missing[0]
