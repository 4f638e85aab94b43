"""What a monthly edition knows of people without an answer: from visits, or from letters."""

import datetime

from api.jobs.edition_inputs.sum_inputs import invitation_inputs
from survey.store.surveys import fieldwork, instruments
from survey.store.surveys.fieldwork import NewPoint
from survey.store.surveys.instruments import code_digest
from survey.surveys.fieldwork import Visit
from tests.survey.store.surveys.test_limits import HACKNEY, LAMBETH

DAY = datetime.date(2030, 1, 5)
VISITED = {
    "A1": ("refused", "nobody_home"),
    "A2": ("nobody_home",),
    "A3": ("vacant",),
    "A4": ("interview",),
    "A5": ("no_access",),
    "A6": (),
}


async def insert_points(connection):
    survey, _ = await instruments.get(connection, "taser-trial")
    drawn = [(f"CODE-{name}", HACKNEY, "E01", 0.1) for name in VISITED]
    await instruments.insert_invitations(connection, survey, [*drawn, ("X1", LAMBETH, "E02", 0.1)])
    new = [NewPoint(name, code_digest(f"CODE-{name}")) for name in VISITED]
    await fieldwork.save_points(connection, "taser-trial", new)
    ids = {one.reference: one.id for one in await fieldwork.load_points(connection, "taser-trial")}
    visits = [
        (ids[name], Visit(DAY + datetime.timedelta(days=place), "morning", outcome))
        for name, outcomes in VISITED.items()
        for place, outcome in enumerate(outcomes)
    ]
    await fieldwork.save_visits(connection, visits)
    # Recorded before interviewers went there: these letters are of the same people.
    for stratum in (HACKNEY, LAMBETH):
        letters = {"refused": 3, "undelivered": 2}
        await instruments.save_letter_outcomes(connection, "taser-trial", stratum, letters)


async def load_strata(connection, end):
    found = await invitation_inputs(connection, "monthly", end)
    return {one.stratum: one for one in found["response"]}


async def test_visits_take_the_place_of_letters_where_there_are_any(db):
    await insert_points(db.the_connection)
    strata = await load_strata(db.the_connection, DAY + datetime.timedelta(days=9))
    assert strata[HACKNEY].by_visits
    assert strata[HACKNEY].outcomes == {
        "refused": 1,
        "not_reached": 1,
        "ineligible": 1,
        "unable": 1,  # an interview whose answer never came
    }
    assert (strata[LAMBETH].by_visits, strata[LAMBETH].outcomes) == (
        False,
        {"refused": 3, "undelivered": 2},
    )


async def test_visits_after_the_end_of_a_period_are_not_in_it(db):
    await insert_points(db.the_connection)
    strata = await load_strata(db.the_connection, DAY - datetime.timedelta(days=1))
    assert (strata[HACKNEY].by_visits, strata[HACKNEY].outcomes["refused"]) == (False, 3)


async def test_an_interview_sent_back_is_no_outcome_because_its_answer_is_there(db):
    await insert_points(db.the_connection)
    await db.the_connection.execute(
        "UPDATE sample_points SET sent_back = 'mistake', sent_back_on = '2030-01-06'"
        " WHERE reference = 'A4'"
    )
    strata = await load_strata(db.the_connection, DAY + datetime.timedelta(days=9))
    assert "unable" not in strata[HACKNEY].outcomes
