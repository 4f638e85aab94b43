"""Figures on cases in a real browser: on a phone and a desktop, by axe, without scripts."""

import datetime

import asyncpg
import pytest

from api import clock
from api.pages.staff.cases.case_figures import offered_periods
from api.security import people
from survey.store.accounts import people as people_store
from tests.browser.database_of_site import connect_to_site
from tests.browser.sizes import SIZES
from tests.people import CINDY
from tests.stored.case_rows import LAMBETH, insert_complaint, mark_merged, outcome_event

KINDS = ("incivility", "stop_and_search", "use_of_force_taser")
WORDS = ("resolved", "service_acceptable", "service_not_acceptable")


@pytest.fixture(scope="module")
async def quarter(lived_in):
    """A quarter with 150 complaints of three kinds in two boroughs, ten of them merged."""
    connection = await connect_to_site(lived_in)
    periods = offered_periods(datetime.date(2020, 1, 1), clock.today())
    code, quarter = next((code, one) for code, one in periods.items() if one.file)
    at = clock.midnight(quarter.end.replace(day=2))
    idents = []
    for i in range(150):
        kind = KINDS[i % 3]
        done = [("acknowledged", 1 + i % 5), (outcome_event(kind, WORDS[i // 3 % 3]), 9 + i % 7)]
        where = {"area": LAMBETH} if i % 4 else {"channel": "phone"}
        idents.append(await insert_complaint(connection, at, [kind], done[: i % 5], **where))
    for ident in idents[-10:]:
        await mark_merged(connection, ident, idents[0], same_person=True)
    yield code
    await connection.execute("DELETE FROM complaints WHERE id = ANY($1)", idents)
    await connection.close()


@pytest.fixture
def entered(open_page, lived_in):
    async def enter(**given):
        connection = await asyncpg.connect(lived_in)
        account = await people_store.by_email(connection, CINDY[0])
        ident = account.id if account else await people_store.insert(connection, *CINDY, None)
        link = await people.create_sign_in_link(connection, ident)
        await connection.close()
        page = await open_page(**given)
        await page.goto(f"/sign-in/{link}")
        await page.click("main button")
        await page.wait_for_url("**/work")
        return page

    return enter


@pytest.mark.slow
@SIZES
async def test_figures_can_be_read_by_everybody_and_fit(viewport, entered, quarter, violations):
    page = await entered(viewport=viewport)
    for address in ("", f"?period={quarter}"):
        await page.goto(f"/work/complaints/figures{address}")
        assert await violations(page) == []
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"]


@pytest.mark.slow
async def test_a_period_is_chosen_and_taken_along_without_scripts(entered, quarter):
    page = await entered(java_script_enabled=False)
    await page.goto("/work/complaints/figures")
    await page.select_option("#period", quarter)
    async with page.expect_navigation():
        await page.click("main button")
    assert "A file covers all boroughs together" in await page.inner_text("main")
    async with page.expect_download() as download:
        await page.click("text=Download these tables as CSV")
    written = (await (await download.value).path()).read_text().splitlines()
    assert written[0].startswith("start,end,as_of,table,row,column,unit,value")
