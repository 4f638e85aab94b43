"""An organiser has ten minutes: make a survey, try it, share it, see who answered, take it away."""

import io

import openpyxl
import pytest
from playwright.async_api import expect

from tests.browser.database_of_site import connect_to_site
from tests.browser.sizes import DESKTOP, PHONE
from tests.browser.test_builder import enter, site_connection
from tests.browser.test_resident import press_continue
from tests.stored.answers import end_their_hour

__all__ = ["enter", "site_connection"]  # fixtures
MOST_CLICKS = 12
TABLES = (("responses", "instrument"), ("instruments", "slug"), ("surveys", "slug"))
TEMPLATE = "Taser trial perception survey"
SLUG = "taser-trial-perception-survey"


class Clicks:
    """Clicks on a page as a person with a mouse does, and counts them."""

    def __init__(self, page):
        self.page = page
        self.number = 0

    async def on(self, words):
        found = self.page.get_by_role("main").locator(":is(a, button, label)", has_text=words)
        await self._click(found.first)

    async def on_banner(self, words):
        await self._click(self.page.get_by_role("banner").get_by_role("link", name=words))

    async def _click(self, found):
        await found.click()
        await self.page.wait_for_load_state("load")
        self.number += 1


@pytest.fixture
async def cleared(lived_in):
    """A connection to the site; deletes the survey of the template afterwards."""
    connection = await connect_to_site(lived_in)
    yield connection
    for table, column in TABLES:
        await connection.execute(f"DELETE FROM {table} WHERE {column} = $1", SLUG)
    await connection.close()


async def answer_survey(page, link):
    """Come by a link, answer the first question and the borough, pass the others, and send."""
    await page.goto(link)
    await press_continue(page)
    await page.locator("main label").first.click()
    while "/done/" not in page.url:
        area = page.locator("select:has(option[value='E09000012'])")
        if await area.count():
            await area.select_option("E09000012")
        await press_continue(page)


@pytest.mark.slow
async def test_a_survey_from_a_template_takes_twelve_clicks(enter, open_page, cleared):
    page = await enter(viewport=DESKTOP)
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.goto("/work")
    click = Clicks(page)
    await click.on("Make a survey")
    await click.on(f"Use this template: {TEMPLATE}")
    await click.on("Try it out first")
    await click.on("Start now")
    await click.on("Good")
    await click.on("Continue")
    await click.on_banner("Back to the draft")
    await click.on("Review and publish")
    await click.on("Publish version 1")
    await click.on("Copy")
    link = await page.evaluate("navigator.clipboard.readText()")
    for _ in range(3):
        await answer_survey(await open_page(viewport=PHONE), link)
    await end_their_hour(cleared, SLUG)
    await click.on("See the results")
    await expect(page.get_by_role("main")).to_contain_text("3 people have answered so far")
    async with page.expect_download() as download:
        await click.on("Excel")
    content = (await (await download.value).path()).read_bytes()
    table = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert table.max_row == 1 + 3
    assert click.number <= MOST_CLICKS
