"""What strangers can write to has a bound in all, whoever sends and however many they are.

The addresses are those of the application. Each that takes something from strangers has a limit for
all of them together; what is not for them, or is only read, adds to no table of the database.
"""

import contextlib
import uuid

import httpx

from api.app import build
from api.security import cookies, sent_forms
from api.settings import Settings
from survey.problems import Unavailable
from survey.store.accounts import sessions
from survey.store.accounts.sessions import SealedDraft
from tests.api.pages.forms import token_on
from tests.api.security.test_parsers import WRITING, places, stranger_routes
from tests.api.security.test_signed_out import send_signed_out, sign_in_again
from tests.people import AMINA

__all__ = ["places"]  # a fixture
OF_ALL = {"all-words", "all-file-bytes"}
READ_AND_WRITTEN = set()
GROWN = """
    SELECT relname, n_tup_ins + n_tup_upd FROM pg_stat_xact_user_tables
     WHERE n_tup_ins + n_tup_upd > 0
"""


async def count_rows(db, table):
    return await db.the_connection.fetchval(f"SELECT count(*) FROM {table}")


async def test_whoever_was_never_signed_in_leaves_no_unsent_form(client, db):
    await token_on(client, "/sign-in")
    for owner in ("0" * 32, f"{'0' * 32}.{'0' * 64}", "x", "..", "\ud800é"):
        form = f"_csrf_token=x.{owner}&words={'x' * 50_000}".encode("utf-8", "surrogatepass")
        kind = {"content-type": "application/x-www-form-urlencoded"}
        sent = await client.post("/work/events", content=form, headers=kind)
        assert sent.status_code == 302
        assert "soundings_unsent" not in sent.headers.get("set-cookie", "")
    assert await count_rows(db, "unsent_forms") == await count_rows(db, "drafts") == 0


async def test_the_mark_of_an_owner_counts_in_the_browser_that_was_given_it_only(
    client, signed_in, db
):
    token = await token_on(await signed_in(AMINA), "/work")
    await token_on(client, "/sign-in")
    await client.post("/work/events", data={"_csrf_token": token, "words": "of another browser"})
    assert await count_rows(db, "unsent_forms") == 0


async def test_all_unsent_forms_together_have_a_bound(signed_in, db, monkeypatch):
    monkeypatch.setattr(sent_forms, "MOST_IN_ALL", 30_000)
    amina = await signed_in(AMINA)
    first = await send_signed_out(amina, db, AMINA, "/work/events", {"words": "x" * 9_000})
    token = f"{'0' * 64}.{(await given_mark(amina, db))}"
    sent = [
        await amina.post("/work/events", data={"_csrf_token": token, "words": "y" * 9_000})
        for _ in range(4)
    ]
    saved = ["soundings_unsent" in one.headers.get("set-cookie", "") for one in (first, *sent)]
    assert saved == [True, True, False, False, False]
    assert await count_rows(db, "unsent_forms") == 2


async def given_mark(client, db):
    """The mark of the owner in the forms of a person who then is signed out again."""
    await sign_in_again(client, db, AMINA[0])
    mark = (await token_on(client, "/work")).partition(".")[2]
    client.cookies.delete(cookies.SESSION)
    return mark


async def test_all_drafts_together_have_a_bound_and_make_room_again(db):
    words = "".join(uuid.UUID(int=n).hex for n in range(1_000))
    most, until = 100_000, await db.the_connection.fetchval("SELECT now() + interval '1 hour'")

    async def save(number):
        key = number.to_bytes(32)
        await sessions.save_draft(db.the_connection, key, SealedDraft(words), until, most=most)

    saved = 0
    with contextlib.suppress(Unavailable):
        for saved in range(1_000):
            await save(saved)
    assert 3 < saved < 30
    await db.the_connection.execute("DELETE FROM drafts")
    await save(0)  # the files of the table are as large as before
    assert await count_rows(db, "drafts") == 1


def test_every_address_that_takes_something_from_strangers_has_a_bound_of_all(app):
    routes = stranger_routes(app, *WRITING)
    assert len(routes) > 40
    assert [
        address
        for _, handler, address in routes
        if not {limit.name for limit in handler.opt["limits"] if limit.of_all} >= OF_ALL
    ] == []


async def test_all_sources_together_reach_the_bound_and_none_alone(db):
    app = build(Settings(sends_per_minute=10), db)
    found = []
    for number in range(110):
        transport = httpx.ASGITransport(app, client=(f"192.0.2.{number}", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as one:
            found.append(await send_until_refused(one))
    refused_at_once = found.index(0)
    assert set(found[: refused_at_once - 1]) == {found[0]}
    assert found[0] == 3
    assert 95 <= refused_at_once <= 105
    assert set(found[refused_at_once:]) == {0}


async def send_until_refused(client):
    """How many requests of 1 MB are read, by the length that they state."""
    head = {"content-type": "application/json", "content-length": "1000000"}
    for number in range(1_000):
        if (await client.post("/api/v1/receipts", content=b"", headers=head)).status_code == 429:
            return number
    raise AssertionError("nothing was refused")


async def grown_tables(db):
    """The tables with rows that this transaction added or changed."""
    return dict(await db.the_connection.fetch(GROWN))


async def test_what_is_only_for_staff_or_read_adds_nothing_for_a_stranger(app, client, places, db):
    token = await token_on(client, "/sign-in")
    read = [places(address) for _, _, address in stranger_routes(app, "GET")]
    work = [
        (method, route.path_format)
        for route in app.routes
        for method in getattr(route, "route_handler_map", {})
        if route.path_format.startswith("/work") and method in WRITING
    ]
    assert len(read) > 80
    assert len(work) > 150
    before = await grown_tables(db)
    for address in read:
        await client.get(address)
    for method, address in work:
        await client.request(method, address, data={"_csrf_token": token, "words": "x"})
    grown = {name for name, rows in (await grown_tables(db)).items() if rows != before.get(name)}
    assert grown == READ_AND_WRITTEN
