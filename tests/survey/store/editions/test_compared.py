"""The edition that figures are compared with: of the days just before, and never of the same."""

import datetime

import pytest

from survey.editions import window_before
from survey.editions.actions import EditionKey
from survey.store import editions
from survey.store.editions import edition_work
from tests.analysis.editions.made_up_edition import WEEK, sample
from tests.stored.published_editions import publish_saved, save_and_publish


def of_week(weeks, number=1):
    """The edition of some weeks earlier."""
    start = WEEK - datetime.timedelta(weeks=weeks)
    return sample(start=start, end=start + datetime.timedelta(days=6), number=number)


async def found_for_week(connection):
    before = window_before("weekly", WEEK)
    return await editions.find_compared(connection, "weekly", WEEK, before)


def weeks_before(found):
    return (WEEK - found.start).days // 7, found.number


async def test_it_is_that_of_four_weeks_before_else_the_last_published_one(db):
    connection = db.the_connection
    assert await found_for_week(connection) is None
    await save_and_publish(connection, of_week(6))
    assert weeks_before(await found_for_week(connection)) == (6, 1)
    await editions.save(connection, of_week(2))
    assert weeks_before(await found_for_week(connection)) == (6, 1)
    await save_and_publish(connection, of_week(1))
    assert weeks_before(await found_for_week(connection)) == (1, 1)
    await editions.save(connection, of_week(4))
    assert weeks_before(await found_for_week(connection)) == (1, 1)
    await publish_saved(connection, of_week(4))
    assert weeks_before(await found_for_week(connection)) == (4, 1)


async def test_a_correction_is_not_compared_with_what_it_corrects(db):
    connection = db.the_connection
    await save_and_publish(connection, of_week(4))
    await save_and_publish(connection, of_week(0))
    assert weeks_before(await found_for_week(connection)) == (4, 1)


async def test_drafts_and_withdrawn_editions_are_left_out(db):
    connection = db.the_connection
    await save_and_publish(connection, of_week(4))
    await editions.save(connection, of_week(4, number=2))
    assert weeks_before(await found_for_week(connection)) == (4, 1)
    await publish_saved(connection, of_week(4, number=2))
    assert weeks_before(await found_for_week(connection)) == (4, 2)
    which = EditionKey("weekly", of_week(4).start, 2)
    await edition_work.insert_mark(connection, which, "withdrawn", by=None, reason="Wrong.")
    assert weeks_before(await found_for_week(connection)) == (4, 1)


@pytest.mark.parametrize(
    ("kind", "start", "before"),
    [
        ("weekly", datetime.date(2026, 11, 23), datetime.date(2026, 10, 26)),
        ("monthly", datetime.date(2026, 11, 1), datetime.date(2026, 10, 1)),
        ("monthly", datetime.date(2026, 1, 1), datetime.date(2025, 12, 1)),
    ],
)
def test_the_window_before_ends_where_the_index_begins(kind, start, before):
    assert window_before(kind, start) == before
