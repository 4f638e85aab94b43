"""Counts by which short link people came: how many began and how many sent, and of nobody who.

The way is carried in the form of the first page and then in the draft. No cookie holds it, and it
is gone with the draft when the answers are sent.
"""

from api import clock
from api.jobs import calendar
from api.pages.resident.questionnaire.walking import Walk
from survey.store.database import Database
from survey.store.surveys import ways
from survey.surveys.instruments import Instrument

FIELD = "way"


def start_address(walk: Walk) -> str:
    """The first page, by the way on which this person came before."""
    way = walk.draft.way if walk.draft else ""
    return f"{walk.base}?{FIELD}={way}" if way else walk.base


async def count_begun(database: Database, instrument: Instrument, way: str) -> None:
    async with database.connection() as connection:
        week = calendar.this_week(clock.today())
        await ways.count_begun(connection, instrument.slug, way, week)


async def count_sent(database: Database, instrument: Instrument, way: str) -> None:
    # In a transaction of its own, so that nothing stored with an answer leads to its way.
    async with database.connection() as connection:
        week = calendar.this_week(clock.today())
        await ways.count_sent(connection, instrument.slug, way, week)
