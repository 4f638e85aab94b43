"""From a figure of an edition to the rows under it, for who may see them."""

import datetime

import pytest

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
