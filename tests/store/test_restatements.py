"""A restated file stands beside the old one; every figure can be asked as of a day."""

import datetime

import pytest

from api import importing
from api.jobs import editions
from survey.store import deployments

HEAD = "start,end,area,measure,tactic,count\n"
JANUARY = HEAD + (
    "2024-01-01,2024-01-31,Hackney,incidents,drawn,16\n"
    "2024-01-01,2024-01-31,Brent,incidents,drawn,11\n"
)
RESTATED = HEAD + "2024-01-01,2024-01-31,Hackney,incidents,drawn,29\n"
FIRST, SECOND = datetime.date(2024, 2, 10), datetime.date(2024, 3, 10)
MONTH = (datetime.date(2024, 1, 1), datetime.date(2024, 1, 31))


@pytest.fixture
async def connection_with_both(db):
    for day, text in ((FIRST, JANUARY), (SECOND, RESTATED)):
        await importing.figures(
            db.the_connection, "deployments", f"as-of-{day}.csv", text.encode(), day
        )
    return db.the_connection


AS_OF = [
    (FIRST - datetime.timedelta(days=1), {}),
    (FIRST, {"E09000012": 16, "E09000005": 11}),
    (SECOND, {"E09000012": 29}),
]


@pytest.mark.parametrize(("day", "known"), AS_OF)
async def test_a_figure_as_of_a_day_is_the_last_one_known_by_then(connection_with_both, day, known):
    rows = await deployments.counts(connection_with_both, *MONTH, as_of=day)
    assert {row["area"]: row["count"] for row in rows} == known


async def test_an_edition_of_an_earlier_day_has_that_day_s_figures(connection_with_both):
    told = {}
    for day in (FIRST, SECOND):
        made, _ = await editions.make(connection_with_both, "monthly", MONTH[0], as_of=day)
        assert made.data_as_of == day
        told[day] = made.deployments[0].events
    assert told == {FIRST: 25, SECOND: 30}
