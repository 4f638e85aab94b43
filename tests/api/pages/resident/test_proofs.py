"""The puzzle that a device solves before it sends, where an organiser asks for it."""

import datetime
import json
import re
from html import unescape

import altcha
import pytest

from api.security import limits
from survey.store.surveys import sharing
from tests.api.pages.forms import send
from tests.api.pages.resident.test_resident_pages import FEEDBACK, answer_pages
from tests.people import JOAN

BASE = "/surveys/feedback"
PUZZLE = re.compile(r'data-puzzle="([^"]+)"')
AS_JSON = {"borough": "E09000012", "answers": {"subject": "taser", "story": "It was loud."}}


@pytest.fixture(autouse=True)
async def asked(db, monkeypatch):
    monkeypatch.setattr(limits, "COST", 10)
    await sharing.save_asks_proof(db.the_connection, "feedback", asks=True)


async def counts(db):
    """How many answers count, and why the others wait."""
    rows = await db.the_connection.fetch("SELECT why FROM held_answers")
    return await db.the_connection.fetchval("SELECT count(*) FROM responses"), [r[0] for r in rows]


async def see_puzzle(client):
    """Answer up to the last page; the puzzle on it."""
    check = await answer_pages(client, BASE, FEEDBACK)
    assert "/proof.js" in check.text
    return json.loads(unescape(PUZZLE.search(check.text)[1]))


def solve(puzzle):
    challenge = altcha.Challenge.from_dict(puzzle)
    return altcha.Payload(challenge, altcha.solve_challenge(challenge)).to_base64()


async def send_with(client, proof):
    sent = await client.post(f"{BASE}/send", data={"proof": proof})
    assert "Answers sent" in (await client.get(sent.headers["location"])).text


async def test_solved_it_counts_and_unsolved_it_waits(client, db):
    await send_with(client, solve(await see_puzzle(client)))
    assert await counts(db) == (1, [])
    for proof in ("", "no solution", "x" * 100_000):
        await see_puzzle(client)
        await send_with(client, proof)
    assert await counts(db) == (1, ["unproven"] * 3)


async def test_a_solution_is_good_for_its_own_answers_alone(client, db):
    solution = solve(await see_puzzle(client))
    await send_with(client, solution)
    await send_with(client, solution)  # pressed twice: the same receipt
    assert await counts(db) == (1, [])
    await see_puzzle(client)
    await send_with(client, solution)
    assert await counts(db) == (1, ["unproven"])


async def test_a_puzzle_expires_and_can_be_made_by_nobody_else(client, db, monkeypatch):
    monkeypatch.setattr(limits, "LIFETIME", datetime.timedelta(seconds=-5))
    await send_with(client, solve(await see_puzzle(client)))
    monkeypatch.setattr(limits, "LIFETIME", datetime.timedelta(hours=1))
    puzzle = await see_puzzle(client)
    easier = altcha.create_challenge(
        limits.ALGORITHM, 1, counter=1, data=puzzle["parameters"]["data"], hmac_secret="a guess"
    )
    await send_with(client, solve(easier.to_dict()))
    puzzle = await see_puzzle(client)
    puzzle["parameters"]["keyPrefix"] = ""
    await send_with(client, solve(puzzle))
    assert await counts(db) == (0, ["unproven"] * 3)


async def test_programs_and_surveys_that_do_not_ask_are_as_before(client, db):
    sent = await client.post("/api/v1/surveys/feedback/responses", json=AS_JSON)
    assert sent.status_code == 201, sent.text
    await sharing.save_asks_proof(db.the_connection, "feedback", asks=False)
    check = await answer_pages(client, BASE, FEEDBACK)
    assert "proof" not in check.text.replace("bulletproof", "")
    await send_with(client, "")
    assert await counts(db) == (2, [])


async def test_the_organiser_turns_it_on_and_off(db, signed_in):
    joan = await signed_in(JOAN)
    panel = "/work/surveys/feedback/share"
    for typed, asks in (({}, False), ({"proof": "yes"}, True)):
        saved = await send(joan, f"{panel}/proof", typed)
        assert saved.status_code == 303, saved.text
        assert (await sharing.get_settings(db.the_connection, "feedback")).asks_proof is asks
        box = re.search(r'<input[^>]*name="proof"[^>]*>', (await joan.get(panel)).text)[0]
        assert ("checked" in box) is asks
