"""What owners of closed cases say in the made-up city: the planted shares, and only in time."""

import datetime

import msgspec
import pytest

from analysis.editions import gate
from analysis.editions.chapters.handling import quarter_table
from api import clock
from demo import complaints, london
from demo.simulation.true_statements import handling_rows
from survey.cases import last_day_to_answer
from survey.deployments import quarter_of
from survey.editions.caseload import HANDLING_QUESTIONS, POINTS
from survey.store.cases import caseload
from tests.analysis.editions.made_up_edition import LONDON, bare_edition

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
async def invented(connection, swept):
    """Weeks that hold a whole quarter that is final, whatever day it is; no text is read."""
    transaction = connection.transaction()
    await transaction.start()
    await london.seed_demo(connection, 7, weeks=34)
    yield
    await transaction.rollback()


@pytest.fixture
async def final(city):
    """The final quarters of the made-up city, the newest first."""
    return await caseload.load_final(city, datetime.date.min, datetime.date.max)


def test_the_truth_is_of_the_questions_that_are_asked():
    assert [*complaints.HANDLING] == HANDLING_QUESTIONS.answer_names()
    for shares in complaints.HANDLING.values():
        assert (len(shares), sum(shares)) == (len(POINTS), pytest.approx(1))


async def test_a_quarter_is_final_if_its_last_day_is_over(city, final):
    stored = await city.fetch("SELECT * FROM closed_case_quarters")
    over = {row["quarter"] for row in stored if last_day_to_answer(row["quarter"]) < clock.today()}
    assert over
    assert {one.quarter for one in final} == over
    marked = await city.fetch("SELECT DISTINCT quarter FROM closed_case_answered")
    assert {row["quarter"] for row in marked}.isdisjoint(over)
    assert all(one.closed >= one.returned >= one.answered for one in final)


async def test_nobody_has_answered_for_the_case_that_a_newcomer_opens(city):
    assert not await city.fetchval(
        """
        SELECT count(*) FROM closed_case_answered a JOIN complaints c ON c.id = a.complaint
         WHERE c.passphrase_hash IS NOT NULL
        """
    )


async def test_the_edition_holds_what_was_planted(final):
    """Of the newest final quarter, as the page of the truth compares it."""
    tables = (quarter_table(final[0], LONDON),)
    edition = gate.safe_edition(msgspec.structs.replace(bare_edition(), tables=tables))
    rows = [*handling_rows(edition)]
    assert len(rows) == 1 + 3 * len(complaints.HANDLING)
    verdicts = [row.verdict for row in rows]
    assert verdicts.count("holds") >= 12
    assert verdicts.count("misses") <= 1
    assert quarter_of(final[0].quarter) == final[0].quarter
