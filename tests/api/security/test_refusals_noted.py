"""Refused sign-ins and refused access are in the log and the audit, without anybody's words."""

import logging

import pytest

from api.security import people as people_room
from survey.store.accounts import people
from tests.api.pages.forms import send, token_on
from tests.api.security.test_leaving import client_from, pauses
from tests.people import AMINA, JOAN, PASSWORD

__all__ = ["pauses"]  # a fixture
WRONG = "wrong words of somebody"


async def try_password(client, email, password):
    form = {"email": email, "password": password}
    return (await send(client, "/sign-in", form, page="/sign-in")).status_code


async def audit_of(db, act):
    rows = await db.the_connection.fetch(
        "SELECT subject, account, detail FROM audit WHERE act = $1 ORDER BY id", act
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("email", [JOAN[0], "nobody@example.org"])
async def test_who_guesses_at_an_account_is_in_the_audit_a_few_times_an_hour(
    app, db, pauses, caplog, email
):
    hashed = await people_room.hash_password(PASSWORD)
    await people.set_password(db.the_connection, JOAN[0], hashed)
    joan = await people.by_email(db.the_connection, JOAN[0])
    with caplog.at_level(logging.WARNING, "soundings"):
        for number in range(40):
            async with client_from(app, f"198.51.100.{number}") as guesser:
                assert await try_password(guesser, email, WRONG) == 401
    known = [(joan.id, None, {"tries": tries}) for tries in (3, 30)]
    assert await audit_of(db, "sign-in refused") == (known if email == JOAN[0] else [])
    assert caplog.messages == ["A sign-in was refused [sign_in.refused]."] * 40


async def test_one_mistake_before_the_right_password_is_in_no_audit(app, db, client, pauses):
    hashed = await people_room.hash_password(PASSWORD)
    await people.set_password(db.the_connection, JOAN[0], hashed)
    assert await try_password(client, JOAN[0], WRONG) == 401
    assert await try_password(client, JOAN[0], PASSWORD) == 303
    assert await audit_of(db, "sign-in refused") == []


async def test_refused_access_is_logged_by_role_and_route_alone(signed_in, client, caplog):
    amina = await signed_in(AMINA)
    with caplog.at_level(logging.WARNING, "soundings"):
        assert (await amina.get("/work/people?secret=words")).status_code == 403
        token = await token_on(client, "/sign-in")
        assert (await amina.post("/work/keys", data={"_csrf_token": token})).status_code == 403
        # Anybody may ask in vain: that would fill the disk.
        assert (await client.post("/sign-in", data={"_csrf_token": "x"})).status_code == 403
    assert caplog.messages == [
        "GET /work/people refused to the role organiser [role.missing]",
        "POST /work/keys refused to the role organiser [page.outdated]",
    ]
