"""The results of a survey in a browser: they move while somebody looks, and fit every screen."""

import msgspec
import pytest
from playwright.async_api import expect

from api.operations.answers import submissions
from api.security import people
from survey.store.accounts import people as people_store
from survey.store.surveys import instruments
from survey.surveys.responses import Submission
from tests.api.pages.organiser.results.test_results import ESTATE
from tests.browser.database_of_site import connect_to_site
from tests.browser.sizes import DESKTOP, NARROW
from tests.browser.test_resident import fits
from tests.conftest import OneConnection
from tests.people import AMINA
from tests.stored.answers import spread_over_days

SURVEY = msgspec.structs.replace(ESTATE, slug="watched-results")
HERE = f"/work/surveys/{SURVEY.slug}"


@pytest.fixture
async def made(lived_in):
    """A connection to the browser server's database, and who made the survey that it has now."""
    connection = await connect_to_site(lived_in)
    account = await people_store.by_email(connection, AMINA[0])
    maker = account.id if account else await people_store.insert(connection, *AMINA, None)
    await instruments.insert(connection, SURVEY, by=maker)
    yield connection, maker
    await connection.close()


async def submit_answers(connection, number, listen):
    for n in range(number):
        answers = {"age": "16-24", "listen": listen, "trust": n % 11, "children": n % 4}
        sent = Submission(area="Hackney", answers=answers)
        await submissions.submit_response(OneConnection(connection), SURVEY.slug, sent)
    await spread_over_days(connection, SURVEY.slug)


@pytest.mark.slow
async def test_figures_move_while_somebody_looks(open_page, made, violations):
    connection, maker = made
    page = await open_page(viewport=DESKTOP)
    await page.goto(f"/sign-in/{await people.create_sign_in_link(connection, maker)}")
    await page.click("main button")
    await page.goto(f"{HERE}/results")
    await page.get_by_role("link", name="share the link").click()
    await expect(page).to_have_url(f"{page.url.partition('/work')[0]}{HERE}/share")
    await page.goto(f"{HERE}/results")
    await submit_answers(connection, 10, listen=4)
    often = page.get_by_role("table", name="They listen").get_by_role("row", name="Often")
    await expect(often).to_contain_text("100%")
    # Whoever is choosing is left in peace; what they chose stays chosen.
    chosen = page.get_by_label("Question", exact=True)
    await chosen.select_option("listen")
    await chosen.focus()
    async with page.expect_response(lambda answer: answer.url.endswith("/results")):
        await submit_answers(connection, 10, listen=1)
    await expect(often).to_contain_text("100%")
    await page.get_by_role("heading", level=1).click()
    await expect(often).to_contain_text("50%")
    await expect(page.locator("#moved")).to_contain_text("New answers have come")
    await page.set_viewport_size(NARROW)
    assert await fits(page)
    assert await violations(page) == []
