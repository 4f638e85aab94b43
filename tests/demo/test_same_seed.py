"""The same seed makes the same London, though accounts have random ids."""

import datetime

import pytest

from api import clock
from demo import london, staff_work
from demo.command import ensure_account
from demo.simulation import doorstep
from survey.deployments import quarter_of
from survey.store.accounts import people
from survey.store.surveys import fieldwork
from tests.people import AMINA
from tests.stored.complaint_forms import KEYRING


class RolledBack(Exception):
    pass


async def coded_by_two(connection, world):
    """The labels of a quarter by text and seat; everything is taken back afterwards."""
    found = {}
    try:
        async with connection.transaction():
            two = [
                await people.insert(connection, f"{len(name)}@coders.test", name, "reviewer", None)
                for name in ("First coder", "Second coder")
            ]
            truth = staff_work.intended_labels(world)
            # The weeks may lie in two quarters.
            for day in (clock.today(), clock.today() - datetime.timedelta(weeks=3)):
                quarter = quarter_of(day)
                await staff_work.double_code(connection, truth, tuple(two), quarter, number=7)
            for row in await connection.fetch("SELECT text::text, seat, label FROM labels"):
                found[row["text"], row["seat"]] = row["label"]
            raise RolledBack
    except RolledBack:
        return found


@pytest.mark.slow
async def test_two_people_code_the_same_texts_in_the_same_way(city):
    world = await london.simulate_city(city, 7, 3)
    first, second = [await coded_by_two(city, world) for _ in range(2)]
    assert len(first) > 100
    assert first == second
    slips = [text for text, seat in first if first[text, 1] != first[text, 2]]
    assert 0 < len(slips) < len(first) / 4


async def test_texts_have_the_ids_of_the_seed(city):
    known = {str(one) for one in await city.fetchval("SELECT array_agg(id) FROM texts")}
    rows = await city.fetch(
        "SELECT coalesce(response, complaint) AS owner, item FROM texts LIMIT 500"
    )
    assert len(rows) > 100
    assert {str(london.text_id(row["owner"], row["item"])) for row in rows} <= known


async def visits_and_answers(connection):
    """What came of the points that interviewers visited; everything is taken back afterwards."""
    try:
        async with connection.transaction():
            amina = await ensure_account(connection, *AMINA)
            await doorstep.carry_survey(connection, 7, KEYRING, by=amina)
            found = await fieldwork.load_points(connection, doorstep.SLUG)
            answers = await connection.fetch(
                "SELECT area, answers FROM responses WHERE instrument = $1"
                " ORDER BY received_at, area, answers::text",
                doorstep.SLUG,
            )
            raise RolledBack
    except RolledBack:
        return [(one.reference, one.outcome, one.visits) for one in found], answers


async def test_interviewers_find_the_same_people(db):
    first, second = [await visits_and_answers(db.the_connection) for _ in range(2)]
    assert first == second
