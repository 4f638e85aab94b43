"""API keys: what each kind opens, who ends them, and what the audit says of them."""

import datetime
import fcntl
import os
import re
import tempfile

import pytest
from lxml import html

from api import clock
from api.operations.exports import streams
from api.security.people import create_api_key
from survey.store.accounts import people, programs
from survey.store.surveys import instruments, sharing
from tests.api.operations.exports.test_formats import PATROLS
from tests.api.pages.forms import send
from tests.people import AMINA, JOAN, PASSWORD

ANSWERS = "/api/v1/surveys/patrols/responses"
LATER = clock.today() + datetime.timedelta(days=9)
SENT = {"borough": "Hackney", "answers": {"seen": "no"}}


async def account_of(db, who):
    return (await people.by_email(db.the_connection, who[0])).id


async def make_key(db, who=AMINA, survey=None, until=LATER):
    account = await account_of(db, who)
    return await create_api_key(db.the_connection, account, "Sam's laptop", until, survey)


async def count_keys(db, who):
    return len(await programs.load_keys_of(db.the_connection, await account_of(db, who)))


@pytest.fixture
async def locked(db):
    """A survey of Amina with a password, which is on no list."""
    await instruments.insert(db.the_connection, PATROLS, by=await account_of(db, AMINA))
    await sharing.save_password(db.the_connection, "patrols", "$argon2id$none")
    await sharing.save_shown(db.the_connection, "patrols", {"listed": False})


async def status(client, key, address=ANSWERS, sent=SENT):
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return (await client.post(address, json=sent, headers=headers)).status_code


async def test_a_key_sends_answers_to_its_survey_although_that_has_a_password(client, db, locked):
    assert await status(client, "") == 403
    key = await make_key(db, survey="patrols")
    assert await status(client, key) == 201
    headers = {"authorization": f"Bearer {key}"}
    assert (await client.get("/api/v1/surveys/patrols", headers=headers)).status_code == 200
    found = await db.the_connection.fetchval("SELECT count(*) FROM responses")
    assert found == 1
    (used,) = await programs.load_keys_of(db.the_connection, await account_of(db, AMINA))
    assert (used.survey, used.last_used_on) == ("patrols", clock.today())


async def test_a_key_does_nothing_but_what_it_is_for(client, db, locked):
    sending = await make_key(db, survey="patrols")
    reading = await make_key(db)
    elsewhere = await make_key(db, survey="feedback")
    old = await make_key(db, survey="patrols", until=clock.today() - datetime.timedelta(days=1))
    for key in (reading, elsewhere, old, "made up"):
        assert await status(client, key) == 401
    feed = "/api/v1/odata/patrols"
    headers = {"authorization": f"Bearer {sending}"}
    assert (await client.get(feed, headers=headers)).status_code == 401
    assert (
        await status(client, elsewhere, "/api/v1/surveys/feedback/responses", SENT) == 403
    )  # an organiser may not collect for a built-in survey
    await people.set_role(db.the_connection, AMINA[0], "reviewer")
    assert await status(client, sending) == 404
    await people.set_role(db.the_connection, AMINA[0], "organiser")
    await people.set_active(db.the_connection, AMINA[0], active=False)
    assert await status(client, sending) == 401


async def test_keys_for_sending_are_made_for_ones_own_surveys(signed_in, client, db, locked):
    amina, joan = await signed_in(AMINA), await signed_in(JOAN)
    page = html.fromstring((await amina.get("/work/keys")).text)
    assert page.xpath("//select[@id='survey']/option/@value") == ["", "patrols"]
    wanted = {"name": "Sam's laptop", "days": "30", "survey": "feedback"}
    refused = await send(amina, "/work/keys", wanted)
    assert refused.status_code == 422
    assert "Select one of your surveys" in refused.text
    made = await send(amina, "/work/keys", wanted | {"survey": "patrols"})
    (key,) = html.fromstring(made.text).xpath("//input[@id='key']/@value")
    assert await status(client, key) == 201
    assert "May send answers to patrols." in (await amina.get("/work/keys")).text
    assert "Send answers to" in (await joan.get("/work/keys")).text


async def test_the_audit_does_not_hold_the_name_of_a_key(signed_in, db):
    amina = await signed_in(AMINA)
    await send(amina, "/work/keys", {"name": "Sam's laptop", "days": "30"})
    page = (await amina.get("/work/keys")).text
    await send(amina, "/work/keys/delete", {"id": re.search(r'name="id" value="(\d+)"', page)[1]})
    lines = await db.the_connection.fetch("SELECT act, audit::text AS line FROM audit ORDER BY id")
    assert [one["act"] for one in lines if "API" in one["act"]] == [
        "API key made",
        "API key deleted",
    ]
    assert not [one for one in lines if "Sam" in one["line"]]
    shown = await (await signed_in(JOAN)).get("/work/audit")
    assert "API key made" in shown.text


async def set_password(client, new, **more):
    answer = await send(client, "/work/password", {"new": new} | more)
    assert answer.status_code == 303, answer.text
    client.cookies.update(answer.cookies)


async def test_a_new_password_ends_the_keys_unless_their_owner_says_otherwise(signed_in, db):
    amina = await signed_in(AMINA)
    await make_key(db)
    assert "Let my keys go on working" in (await amina.get("/work/password")).text
    await set_password(amina, PASSWORD, keys="stay")
    assert await count_keys(db, AMINA) == 1
    wrong = await send(amina, "/work/password", {"old": "x", "new": "short", "keys": "stay"})
    assert html.fromstring(wrong.text).xpath("//input[@name='keys']/@checked")
    await set_password(amina, "another three words", old=PASSWORD)
    assert await count_keys(db, AMINA) == 0
    assert "Your API keys" not in (await amina.get("/work/password")).text


async def test_an_administrator_ends_a_key_of_somebody_else(signed_in, db):
    joan = await signed_in(JOAN)
    await make_key(db)
    await make_key(db)
    address = f"/work/people/{await account_of(db, AMINA)}"
    page = (await joan.get(address)).text
    number = re.search(r'name="id" value="(\d+)"', page)[1]
    assert (await send(joan, f"{address}/keys", {"id": number})).status_code == 303
    assert await count_keys(db, AMINA) == 1
    line = await db.the_connection.fetchrow("SELECT act, subject FROM audit ORDER BY id DESC")
    assert tuple(line) == ("API key ended", AMINA[0])
    # A lost device or password: everything that opened the account ends.
    await send(joan, f"{address}/link")
    assert await count_keys(db, AMINA) == 0


async def test_folders_of_exports_that_were_killed_are_deleted(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, used = (tmp_path / f"{streams.FOLDER_PREFIX}{name}" for name in ("left", "used"))
    for folder in (left, used):
        folder.mkdir()
        (folder / "answers.sav").write_bytes(b"rows")
        os.utime(folder, (0, 0))
    (tmp_path / "other").mkdir()
    opened = os.open(used, os.O_RDONLY)
    fcntl.flock(opened, fcntl.LOCK_EX)
    async with streams.temporary_folder() as made:
        os.utime(made, (0, 0))
        assert streams.delete_abandoned_folders() == 1
        assert made.is_dir()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["other", used.name]
    os.close(opened)
    assert streams.delete_abandoned_folders() == 1
