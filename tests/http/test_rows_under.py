"""From a figure of an edition to the rows under it, for who may see them."""

import datetime
import re

import pytest

from api import clock
from api.jobs import calendar
from survey.deployments import Count, Import
from survey.store import deployments, reports
from tests.people import CINDY
from tests.unit.chapters import weekly

WINDOW = "start=2008-04-07&end=2008-07-06&as_of=2008-07-09"
LAMBETH, BARNET = "E09000022", "E09000003"
MONDAY = datetime.date(2008, 6, 30)


def count(area, number, *, start=MONDAY, tactic="drawn", group="all"):
    return Count(
        area=area,
        start=start,
        end=start + datetime.timedelta(days=6),
        measure="incidents",
        tactic=tactic,
        group=group,
        count=number,
    )


@pytest.fixture
async def cindy(signed_in):
    return await signed_in(CINDY)


@pytest.fixture
async def told(db):
    week = datetime.timedelta(weeks=1)
    found = Import(
        source="trial_units",
        file="weeks.csv",
        sha256="5" * 64,
        known_on=datetime.date(2008, 7, 8),
        counts=(
            count(LAMBETH, 3),
            count(LAMBETH, 4, start=MONDAY - week),
            count(LAMBETH, 7, start=MONDAY - 40 * week),
            count(LAMBETH, 2, group="sex:female"),
            count(BARNET, 1, tactic="fired"),
        ),
    )
    await deployments.save(db.the_connection, found)


async def test_the_sums_of_the_window_lead_to_the_counts_of_one_borough(cindy, told):
    page = (await cindy.get(f"/work/deployments?{WINDOW}")).text
    assert page.index("Barnet") < page.index("Lambeth")
    assert '<td class="govuk-table__cell govuk-table__cell--numeric">7</td>' in page
    assert f"/work/deployments?{WINDOW}&area={LAMBETH}".replace("&", "&amp;") in page
    one = (await cindy.get(f"/work/deployments?{WINDOW}&area={LAMBETH}")).text
    assert "Counts of deployments: Lambeth" in one
    assert "Barnet" not in one
    assert one.count('<th scope="row"') == 2


async def test_what_was_not_known_yet_is_not_told(cindy, told):
    page = (await cindy.get(f"/work/deployments?{WINDOW[:-2]}07")).text
    assert "No deployments were told for these days." in page


@pytest.mark.parametrize("query", ["start=soon", "area=x", "as_of=2008"])
async def test_what_is_no_day_or_area_is_refused(cindy, query):
    assert (await cindy.get(f"/work/deployments?{query}")).status_code == 400


async def test_the_edition_leads_the_working_group_to_its_rows(cindy, db):
    await reports.save(db.the_connection, weekly(number=1))
    page = (await cindy.get(f"/work/editions/weekly/{MONDAY}/1/read")).text
    assert f"/work/deployments?{WINDOW}".replace("&", "&amp;") in page
    assert f"/work/editions/weekly/{MONDAY}/themes" in page
    assert "/work/complaints" in page
    assert "/work/answers?start=2008-06-09&amp;end=2008-07-06" in page


# ---------------------------------------------------------------- answers


async def test_the_sums_under_the_index_are_those_of_the_edition(cindy, city):
    """Every answer of a week is in some line, and the plain mean is that of its answers."""
    start = calendar.last_week(clock.today())
    end = start + datetime.timedelta(days=6)
    address = f"/work/answers?start={start}&end={end}"
    rows = numbers((await cindy.get(address)).text)
    asked = await city.fetch(
        "SELECT area, answers FROM responses WHERE mode = 'sampled' AND"
        " (received_at AT TIME ZONE 'Europe/London')::date BETWEEN $1 AND $2", start, end,
    )  # fmt: skip
    assert sum(persons for persons, *_ in rows.values()) == len(asked) > 0
    mine = [row["answers"] for row in asked if row["area"] == LAMBETH]
    scores = [score for one in mine if (score := index_of(one)) is not None]
    persons, scored, mean = rows["Lambeth"]
    assert (persons, scored) == (len(mine), len(scores))
    assert float(mean) == pytest.approx(sum(scores) / len(scores), abs=0.05)
    page = (await cindy.get(f"{address}&area={LAMBETH}")).text
    assert "Answers under the index: Lambeth" in page
    assert sum(int(one[0]) for one in re.findall(ROW, page)) == len(mine)


ROW = r'numeric">(\d+)</td>\s*<td[^>]*numeric">(\d+)</td>\s*<td[^>]*numeric">([\d.]+)<'


def numbers(page):
    heads = re.findall(r'<th scope="row"[^>]*>(?:<a[^>]*>)?([^<]+)', page)
    return {
        where: (int(persons), int(scored), mean)
        for where, (persons, scored, mean) in zip(heads, re.findall(ROW, page), strict=True)
    }


def index_of(answers):
    """The mean of the items answered, where three or more were."""
    items = ("force_fair", "would_call", "taser_comfort", "listens")
    given = [25 * (answers[one] - 1) for one in items if isinstance(answers.get(one), int)]
    return sum(given) / len(given) if len(given) >= 3 else None


async def test_days_without_answers_say_so(cindy):
    page = (await cindy.get("/work/answers?start=2001-01-01&end=2001-01-07")).text
    assert "Nobody who was asked answered in these days." in page
