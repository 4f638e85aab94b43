"""From a figure in an edition to the rows that it was counted from, for those who may see them."""

import datetime
import re

import msgspec
import pytest

from api import clock
from api.jobs import kinds
from survey.deployments import DeploymentCount, Import
from survey.store import deployments, editions
from tests.analysis.editions.full_editions import full_weekly_edition
from tests.people import CINDY

WINDOW = "start=2008-04-07&end=2008-07-06&as_of=2008-07-09"
LAMBETH, BARNET = "E09000022", "E09000003"
MONDAY = datetime.date(2008, 6, 30)


def incidents_count(area, number, *, start=MONDAY, tactic="drawn", group="all"):
    return DeploymentCount(
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
async def counts(db):
    week = datetime.timedelta(weeks=1)
    found = Import(
        source="trial_units",
        file="weeks.csv",
        sha256="5" * 64,
        known_on=datetime.date(2008, 7, 8),
        counts=(
            incidents_count(LAMBETH, 3),
            incidents_count(LAMBETH, 4, start=MONDAY - week),
            incidents_count(LAMBETH, 7, start=MONDAY - 40 * week),
            incidents_count(LAMBETH, 2, group="sex:female"),
            incidents_count(BARNET, 1, tactic="fired"),
        ),
    )
    await deployments.save(db.the_connection, found)


async def test_the_sums_of_the_window_lead_to_the_counts_of_one_borough(cindy, counts):
    page = (await cindy.get(f"/work/deployments?{WINDOW}")).text
    assert page.index("Barnet") < page.index("Lambeth")
    assert '<td class="govuk-table__cell govuk-table__cell--numeric">7</td>' in page
    assert f"/work/deployments?{WINDOW}&area={LAMBETH}".replace("&", "&amp;") in page
    one = (await cindy.get(f"/work/deployments?{WINDOW}&area={LAMBETH}")).text
    assert "Counts of deployments: Lambeth" in one
    assert "Barnet" not in one
    assert one.count('<th scope="row"') == 2 + 1  # and their sum


async def test_what_was_not_known_yet_is_not_told(cindy, counts):
    page = (await cindy.get(f"/work/deployments?{WINDOW[:-2]}07")).text
    assert "No deployments were published for these days." in page


@pytest.mark.parametrize("query", ["start=soon", "area=x", "as_of=2008"])
async def test_what_is_no_day_or_area_is_refused(cindy, query):
    assert (await cindy.get(f"/work/deployments?{query}")).status_code == 400


@pytest.mark.slow
async def test_the_edition_leads_the_working_group_to_its_rows(cindy, db):
    await editions.save(db.the_connection, full_weekly_edition(number=1))
    page = (await cindy.get(f"/work/editions/weekly/{MONDAY}/1/read")).text
    assert f"/work/deployments?{WINDOW}".replace("&", "&amp;") in page
    assert f"/work/editions/weekly/{MONDAY}/themes" in page
    assert "/work/complaints" in page
    assert "/work/answers?start=2008-06-09&amp;end=2008-07-06" in page


# ---------------------------------------------------------------- answers


@pytest.mark.slow
async def test_the_sums_under_the_index_are_those_of_the_edition(cindy, city):
    """Each response of a week is in one of the lines; the plain mean is of those responses."""
    start = kinds.last_week(clock.today())
    end = start + datetime.timedelta(days=6)
    address = f"/work/answers?start={start}&end={end}"
    rows = rows_on((await cindy.get(address)).text)
    asked = await city.fetch(
        "SELECT area, answers FROM responses WHERE mode = 'sampled' AND"
        " received_at::date BETWEEN $1 AND $2", start, end,
    )  # fmt: skip
    whole = rows.pop("All together")
    assert sum(persons for persons, *_ in rows.values()) == whole[0] == len(asked) > 0
    mine = [row["answers"] for row in asked if row["area"] == LAMBETH]
    scores = [score for one in mine if (score := person_index(one)) is not None]
    persons, scored, mean = rows["Lambeth"]
    assert (persons, scored) == (len(mine), len(scores))
    assert float(mean) == pytest.approx(sum(scores) / len(scores), abs=0.05)
    page = (await cindy.get(f"{address}&area={LAMBETH}")).text
    assert "Answers used for the index: Lambeth" in page
    whole, *weeks = re.findall(ROW, page)
    assert sum(int(one[0]) for one in weeks) == int(whole[0]) == len(mine)


ROW = r'numeric">(\d+)</td>\s*<td[^>]*numeric">(\d+)</td>\s*<td[^>]*numeric">([\d.]+)<'


def rows_on(page):
    heads = re.findall(r'<th scope="row"[^>]*>(?:<a[^>]*>)?([^<]+)', page)
    return {
        where: (int(persons), int(scored), mean)
        for where, (persons, scored, mean) in zip(heads, re.findall(ROW, page), strict=True)
    }


def person_index(answers):
    """The mean of the items answered, if three or more were answered."""
    items = ("force_fair", "would_call", "taser_comfort", "listens")
    given = [25 * (answers[one] - 1) for one in items if isinstance(answers.get(one), int)]
    return sum(given) / len(given) if len(given) >= 3 else None


async def test_days_without_answers_say_so(cindy):
    page = (await cindy.get("/work/answers?start=2001-01-01&end=2001-01-07")).text
    assert "No one we asked answered in these days." in page


async def test_the_pages_of_rows_are_reached_from_the_menu_and_their_days_can_be_changed(
    cindy, counts
):
    files = (await cindy.get("/work/files")).text
    assert 'href="/work/files"' in (await cindy.get("/work")).text
    for address in ("/work/deployments", "/work/answers"):
        assert f'href="{address}"' in files
        page = (await cindy.get(f"{address}?{WINDOW}")).text
        assert '<input class="govuk-input govuk-input--width-10" type="date" id="start"' in page
        assert 'value="2008-04-07"' in page
        assert "Last 13 weeks" in page
        backwards = await cindy.get(f"{address}?start=2008-07-06&end=2008-04-07")
        assert backwards.status_code == 422
        assert "is after the last" in backwards.text


async def test_each_thing_that_is_counted_has_its_own_totals(cindy, counts, db):
    searches = {"measure": "searches", "tactic": "stop_search"}
    found = Import(
        source="stops",
        file="s.csv",
        sha256="6" * 64,
        known_on=datetime.date(2008, 7, 8),
        counts=(
            msgspec.structs.replace(incidents_count(LAMBETH, 400), **searches),
            msgspec.structs.replace(incidents_count(BARNET, 49), **searches),
        ),
    )
    await deployments.save(db.the_connection, found)
    page = (await cindy.get(f"/work/deployments?{WINDOW}")).text
    assert page.index("Incidents (trial units)") < page.index("Searches (stops)")
    assert "<strong>449</strong>" in page
    assert "<strong>7</strong>" in page
