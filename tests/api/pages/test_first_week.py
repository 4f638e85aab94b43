"""Editions of a city in which nobody, or hardly anybody, has answered yet."""

import datetime

from api import clock
from api.jobs import kinds
from api.jobs.edition_inputs import editions
from api.jobs.edition_inputs.all_inputs import load_edition_inputs
from survey.store.answers import sums
from survey.store.surveys import instruments
from survey.store.themes import codes
from survey.surveys.ready import load_ready_instruments

SAMPLED = "/api/v1/surveys/taser-trial/responses"


async def test_a_week_without_answers_is_an_edition_that_says_so(db):
    made, _ = await editions.make_edition(db.the_connection, "weekly", datetime.date(2024, 1, 1))
    assert "asked nobody" in made.headline[0]
    assert (made.index, made.association) == ((), None)
    assert await codes.count_waiting(db.the_connection) == 0


async def test_an_edition_says_how_many_of_those_who_were_asked_have_answered(client, db):
    survey = next(one for one in load_ready_instruments() if one.mode == "sampled")
    codes_ = [(f"AAAA-BBB{i}", "inner", f"u{i}", 0.01) for i in range(2, 6)]
    await instruments.insert_invitations(db.the_connection, survey, codes_)
    sent = {"borough": "Hackney", "access_code": "AAAA-BBB2", "answers": {"listens": 4}}
    assert (await client.post(SAMPLED, json=sent)).status_code == 201
    await sums.sum_batch(db.the_connection, 10)
    period = editions.edition_period("weekly", kinds.this_week(clock.today()))
    material = await load_edition_inputs(
        db.the_connection, "weekly", period, number=1, as_of=clock.today()
    )
    assert (material.invited, material.invited_answered) == (4, 1)
    month = editions.edition_period("monthly", clock.today().replace(day=1))
    monthly = await load_edition_inputs(
        db.the_connection, "monthly", month, number=1, as_of=clock.today()
    )
    [drawn] = monthly.response
    assert (drawn.stratum, drawn.invited) == ("inner", 4)
    assert (drawn.answered, drawn.scored, drawn.complete) == (1, 0, 0)
    assert material.sampled.index == ("force_fair", "would_call", "taser_comfort", "listens")
    assert material.sampled.wording["listens"] == "Police listen to people like me."


async def test_codes_made_after_the_period_do_not_count_as_invited(db):
    survey = next(one for one in load_ready_instruments() if one.mode == "sampled")
    await instruments.insert_invitations(
        db.the_connection, survey, [("AAAA-BBB2", "inner", "u1", 0.01)]
    )
    last_week = kinds.this_week(clock.today()) - datetime.timedelta(days=7)
    found = await load_edition_inputs(
        db.the_connection,
        "weekly",
        editions.edition_period("weekly", last_week),
        number=1,
        as_of=clock.today(),
    )
    assert (found.invited, found.response) == (None, ())
