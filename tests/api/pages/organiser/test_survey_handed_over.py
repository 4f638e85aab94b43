"""A survey is handed over: to whom, what they and the former owner can then do and read of it."""

import datetime
import re

import asyncpg
import msgspec
import pytest

from api import clock
from api.operations import survey_rights
from api.security import people as people_room
from survey.problems import Problem
from survey.store import surveys
from survey.store.accounts import people, programs
from survey.store.surveys import instruments
from survey.surveys.instruments.drafts import InstrumentDraft
from tests.api.pages.forms import send
from tests.api.pages.survey_of_everything import EVERYTHING
from tests.people import AMINA, CINDY, JOAN

STREET = msgspec.structs.replace(
    EVERYTHING, slug="street", title={"en": "Our street"}, organisation="Street club"
)
HERE = "/work/surveys/street"
BEN, SHUT = ("ben@x.org", "Ben Bell"), ("shut@x.org", "Una Shut")


@pytest.fixture
async def accounts(db):
    """By address: Amina, whose survey it is, Ben, whose account can take it, and two who cannot."""
    for email, name in (BEN, SHUT):
        await people.insert(db.the_connection, email, name, "organiser", None)
    await people.set_active(db.the_connection, SHUT[0], active=False)
    return {one.email: one.id for one in await people.load_all(db.the_connection)}


@pytest.fixture
async def street(db, accounts):
    await instruments.insert(db.the_connection, STREET, by=accounts[AMINA[0]])


@pytest.fixture
async def amina(street, signed_in):
    return await signed_in(AMINA)


@pytest.fixture
async def ben(street, signed_in):
    return await signed_in(BEN)


@pytest.fixture
async def joan(street, signed_in):
    return await signed_in(JOAN)


async def hand_over(client, to, page=f"{HERE}/owner"):
    """As the pages ask for it: the address, then the name."""
    answer = await send(client, page, {"email": to[0]})
    asked = await client.get(answer.headers["location"])
    assert f"to {to[1]}?" in asked.text
    return await client.post(page, data=hidden_fields(asked.text))


def hidden_fields(page):
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    return fields | {"confirmed": "yes"}


async def acts_of(db):
    found = await db.the_connection.fetch("SELECT act, detail FROM audit ORDER BY id")
    return [row["detail"] for row in found if row["act"] == "survey handed over"]


async def test_the_new_owner_has_every_right_and_the_former_none(amina, ben, db, accounts):
    asked = (await amina.get(f"{HERE}/owner")).text
    assert "you can no longer open it" in asked
    assert "Street club" in asked
    answer = await hand_over(amina, BEN)
    assert answer.headers["location"] == "/work/surveys?done=handed-over"
    for page in (HERE, f"{HERE}/share", f"{HERE}/owner", f"{HERE}/results", f"{HERE}/limits"):
        assert (await ben.get(page)).status_code == 200, page
        refused = await amina.get(page)
        assert refused.status_code == 403, page
        assert "it is no longer yours" in refused.text
    assert (await send(ben, f"{HERE}/draft")).status_code == 303
    assert (await amina.get("/work/builder/street")).status_code == 404
    assert await acts_of(db) == [{"from": accounts[AMINA[0]], "to": accounts[BEN[0]]}]


async def test_both_read_it_on_their_own_pages_for_a_month(amina, ben, db):
    await hand_over(amina, BEN)
    day = datetime.timedelta(days=1)
    for days_ago, is_shown in ((0, True), (29, True), (31, False)):
        await db.the_connection.execute(
            "UPDATE surveys SET handed_over_at = $1 WHERE slug = 'street'",
            clock.now() - days_ago * day,
        )
        for page in ("/work", "/work/surveys"):
            theirs, mine = (await ben.get(page)).text, (await amina.get(page)).text
            assert ("is now yours. It was Amina Yusuf’s until" in theirs) == is_shown
            assert ("“Our street” now belongs to Ben Bell" in mine) == is_shown
            assert f'href="{HERE}"' not in mine


@pytest.mark.parametrize(
    ("email", "code"),
    [
        ("nobody@x.org", "survey.new_owner_unknown"),
        (SHUT[0], "survey.new_owner_unknown"),
        (CINDY[0], "survey.new_owner_unknown"),
        (AMINA[0], "survey.owner_already"),
    ],
)
async def test_a_survey_goes_only_to_somebody_who_can_run_it(amina, db, accounts, email, code):
    asked = await send(amina, f"{HERE}/owner", {"email": email})
    assert asked.status_code in (409, 422)
    assert 'href="#email"' in asked.text
    assert f'value="{email}"' in asked.text or not email
    survey = await surveys.find(db.the_connection, "street")
    with pytest.raises(Problem) as refused:
        await survey_rights.find_new_owner(db.the_connection, survey, email)
    assert refused.value.code == code
    form = {"email": email, "former": accounts[AMINA[0]], "confirmed": "yes"}
    assert (await send(amina, f"{HERE}/owner", form)).status_code in (409, 422)
    assert await surveys.find(db.the_connection, "street") == survey


@pytest.mark.parametrize("email", ["", " ", "Ben Bell"])
async def test_what_is_no_address_is_said_to_be_none(amina, accounts, email):
    """Found: "Nobody with the address  can run surveys here." for an empty box."""
    form = {"email": email, "former": accounts[AMINA[0]], "confirmed": "yes"}
    for sent in ({"email": email}, form):
        asked = await send(amina, f"{HERE}/owner", sent)
        assert asked.status_code == 422
        assert "Enter an email address, such as name@example.org" in asked.text
        assert "Nobody with the address" not in asked.text


async def test_sent_twice_it_is_handed_over_once_and_an_old_page_hands_over_nothing(
    amina, joan, db, accounts
):
    old = {"email": JOAN[0], "former": accounts[AMINA[0]], "confirmed": "yes"}
    await hand_over(amina, BEN)
    again = old | {"email": BEN[0]}
    assert (await send(amina, f"{HERE}/owner", again)).status_code == 303
    assert (await send(amina, f"{HERE}/owner", old)).status_code == 403
    stale = await send(joan, f"{HERE}/owner", old)
    assert stale.status_code == 409
    assert "handed over while you looked" in stale.text
    assert "It belongs to Ben Bell" in stale.text
    assert len(await acts_of(db)) == 1


async def test_keys_of_the_former_owner_end_and_their_webhooks_wait_for_the_new_one(
    amina, db, accounts
):
    one, former, new = db.the_connection, accounts[AMINA[0]], accounts[BEN[0]]
    until = clock.today() + datetime.timedelta(days=9)
    for survey in ("street", None):
        await people_room.create_api_key(one, former, "Club", until, survey)
    await programs.insert_webhook(
        one, "street", former, "https://a.example/x", ["response.created"], "s"
    )
    await hand_over(amina, BEN)
    assert [key.survey for key in await programs.load_keys_of(one, former)] == [None]
    hook = (await programs.load_webhooks(one, "street"))[0]
    assert (hook.account, hook.state) == (new, "off")


async def test_an_administrator_finds_and_hands_over_what_somebody_left(joan, ben, db, accounts):
    amina = accounts[AMINA[0]]
    draft = msgspec.structs.replace(STREET, slug="begun", title={"en": "Begun"})
    await surveys.insert_draft(db.the_connection, InstrumentDraft(instrument=draft), by=amina)
    await people.set_active(db.the_connection, AMINA[0], active=False)
    listed = (await joan.get(f"/work/people/{amina}")).text
    assert "Amina Yusuf can no longer open these" in listed
    links = re.findall(r'href="(/work/surveys/[\w-]+/owner)"', listed)
    assert links == ["/work/surveys/begun/owner", f"{HERE}/owner"]
    assert "whose account is closed" in (await joan.get(links[1])).text
    for page in links:
        assert (await hand_over(joan, BEN, page)).status_code == 303
    assert (await ben.get(HERE)).status_code == 200
    assert (await ben.get("/work/builder/begun")).status_code == 200
    assert 'href="/work/builder/begun">Begun</a> is now yours' in (await ben.get("/work")).text
    assert "Surveys</h2>" not in (await joan.get(f"/work/people/{amina}")).text.partition("<h1")[2]


async def test_the_database_lets_no_survey_of_a_group_become_built_in(street, db, accounts):
    for change in ("owner = NULL WHERE slug = 'street'", "owner = $1 WHERE slug = 'taser-trial'"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            async with db.the_connection.transaction():
                await db.the_connection.execute(
                    f"UPDATE surveys SET {change}",
                    *([accounts[BEN[0]]] if "$1" in change else []),
                )
