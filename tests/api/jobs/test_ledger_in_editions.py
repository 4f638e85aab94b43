"""The ledger in monthly editions of real rows: what was planted is what it says, and no more."""

import datetime

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from api import clock
from api.jobs.edition_inputs import editions
from demo.simulation import comparisons, true_figures
from demo.simulation.true_figures import TrueFigures
from survey.editions.recommendations import (
    Decision,
    ForceAnswer,
    Movement,
    ready_recommendations,
)
from survey.store.accounts import people
from survey.store.editions import recommendations as store
from tests.analysis.editions.full_editions import full_monthly_edition
from tests.people import JOAN
from tests.stored.case_rows import insert_complaint
from tests.stored.published_editions import publish_saved

BEFORE, NOW = datetime.date(2026, 8, 1), datetime.date(2026, 9, 1)
OPEN = Decision(status="open", reason="", decided_by="")
CALM = 120  # complaints in the month before


@pytest.fixture
async def joan(db):
    return (await people.by_email(db.the_connection, JOAN[0])).id


async def complain(connection, month, many):
    for number in range(many):
        day = month + datetime.timedelta(days=number % 28)
        await insert_complaint(connection, clock.midnight(day), ["use_of_force"])


async def recommend(connection, by, since=NOW, made_on=NOW, measures=("complaints",)):
    asked = ready_recommendations()[0].as_recommendation()
    asked = replace(asked, since=since, made_on=made_on, measures=measures)
    return await store.insert(connection, asked, OPEN, by=by)


async def make_month(connection, month, as_of):
    made, _ = await editions.make_edition(connection, "monthly", month, as_of=as_of)
    await publish_saved(connection, made)
    return made


@pytest.mark.parametrize(
    ("planted", "verdict"), [(CALM, "unclear"), (4 * CALM, "rose"), (CALM // 3, "fell")]
)
async def test_the_ledger_says_of_complaints_what_was_planted(db, joan, client, planted, verdict):
    connection = db.the_connection
    number = await recommend(connection, joan)
    await complain(connection, BEFORE, CALM)
    await complain(connection, NOW, planted)
    today = clock.today()
    await make_month(connection, BEFORE, today)
    made = await make_month(connection, NOW, today)
    (row,) = made.recommendations
    assert row.id == number
    (movement,) = row.movements
    assert movement.verdict == verdict
    # The planted change of the rate a year lies within the interval.
    residents = made.complaints[0].population
    true = 10_000 * 365.25 / residents * (planted / 30 - CALM / 31)
    assert movement.low <= true <= movement.high
    page = (await client.get("/recommendations")).text
    said = {"rose": "rose from", "fell": "fell from", "unclear": "Chance can explain"}
    assert [words for words in said.values() if words in page] == [said[verdict]]
    assert f"{movement.now:.2f}" in page


async def test_a_row_is_in_the_editions_since_it_was_made_as_it_was_known_then(db, joan):
    connection = db.the_connection
    await recommend(connection, joan, since=NOW, made_on=NOW, measures=())
    await complain(connection, NOW, CALM)
    today = clock.today()
    assert (await make_month(connection, BEFORE, today)).recommendations == ()
    # Entered today: an edition as of a month ago has no ledger yet.
    month_ago = today - datetime.timedelta(days=30)
    earlier, _ = await editions.make_edition(connection, "monthly", NOW, as_of=month_ago)
    assert earlier.recommendations == ()
    made = await make_month(connection, NOW, today)
    assert [row.answers for row in made.recommendations] == [0]


async def test_answers_and_decisions_after_an_edition_do_not_change_it(db, joan, client):
    connection = db.the_connection
    number = await recommend(connection, joan)
    await complain(connection, BEFORE, CALM)
    await complain(connection, NOW, CALM)
    today = clock.today()
    await make_month(connection, BEFORE, today)
    made = await make_month(connection, NOW, today)
    row = await store.get_row(connection, number)
    done = Decision(status="done", reason="We saw it", decided_by="Chair")
    other = replace(row.recommendation, since=BEFORE)
    assert await store.append(connection, number, 2, other, done, by=joan)
    said = ForceAnswer(said_on=NOW, said_by="The force", words="It is done.", address="")
    assert await store.insert_answer(connection, number, said, by=joan)
    assert made.recommendations[0].status == "open"
    page = (await client.get("/recommendations")).text
    assert "It is done." in page
    # The report compared from another day, so its figure is not shown for this row.
    assert "The next monthly report will compare our figures." in page


async def test_a_report_that_was_withdrawn_is_compared_with_nothing(db, joan):
    connection = db.the_connection
    await recommend(connection, joan)
    await complain(connection, BEFORE, CALM)
    await complain(connection, NOW, 4 * CALM)
    today = clock.today()
    first = await make_month(connection, BEFORE, today)
    await connection.execute(
        "INSERT INTO edition_marks (kind, start_on, number, mark, reason)"
        " VALUES ($1, $2, $3, 'withdrawn', 'Wrong')",
        *first.which,
    )
    made = await make_month(connection, NOW, today)
    assert [one.verdict for one in made.recommendations[0].movements] == ["none_before"]


@pytest.mark.parametrize(
    ("measure", "change", "verdicts"),
    [
        ("complaints", 0.0, {"holds"}),
        ("complaints", 9.0, {"misses", "false"}),
        ("index", 0.0, {"holds"}),
    ],
)
def test_the_page_of_the_truth_judges_what_the_ledger_says(measure, change, verdicts):
    """In the made-up city rates never change: a ledger that says so is right, another false."""
    flat = true_figures.PlantedTruth(
        first=datetime.date(2008, 3, 31),
        areas=("E1",),
        adults=(1e5,),
        residents=(1e5,),
        levels=(tuple(np.full(20, 60.0)),),
        weekly_mean=(1.0,),
        incidents=(1,) * 140,
        texts=(),
    )
    moved = "rose" if change else "unclear"
    movement = Movement(
        measure=measure,
        verdict=moved,
        before=datetime.date(2008, 4, 30),
        was=1.0,
        now=1.0 + change,
        change=change,
        low=change - 2,
        high=change + 2,
        least=2.9,
    )
    edition = full_monthly_edition()
    row = msgspec.structs.replace(edition.recommendations[0], movements=(movement,))
    edition = msgspec.structs.replace(edition, recommendations=(row,))
    rows = comparisons.ledger_rows(edition, TrueFigures(flat))
    assert {one.verdict for one in rows} == verdicts
