"""A survey goes to another installation and comes back, in a real browser and by keyboard."""

import pytest
from playwright.async_api import expect

from api.app import build
from api.security import cookies
from api.settings import Settings
from demo import command
from survey.store.accounts import people as people_store
from survey.store.database import open_database
from tests import alone
from tests.browser.conftest import pages_of, serving
from tests.browser.database_of_site import connect_to_site
from tests.browser.sizes import DESKTOP
from tests.browser.test_builder import SLUG, answer_survey, enter, press, site_connection
from tests.browser.test_sharing import publish_survey
from tests.browser.test_webhooks import check_sizes, sign_in_again
from tests.conftest import KEYRING
from tests.people import AMINA, JOAN
from tests.stored.answers import load_answers

__all__ = ["enter", "site_connection"]  # fixtures
PANEL = f"/work/surveys/{SLUG}/share"
BANNER = ".govuk-notification-banner"
WRONG = {"name": "answers.csv", "mimeType": "text/csv", "buffer": b"Borough,Answer\nHackney,Yes\n"}


@pytest.fixture
async def elsewhere(server):
    """Another installation: its address, and a connection to its database."""
    settings = {"contact_keys": ",".join(KEYRING.keys), "sends_per_minute": 100_000}
    async with alone.create_database(server, "moved_to_in_a_browser") as dsn:
        async with open_database(dsn) as database, database.connection() as connection:
            await command.ensure_account(connection, *AMINA)
        connection = await connect_to_site(dsn)
        async with serving(build(Settings(database_url=dsn, **settings))) as address:
            yield address, connection
        await connection.close()


async def enter_as_joan(page, connection):
    """Sign the administrator in and open the page by its link."""
    if not await people_store.by_email(connection, JOAN[0]):
        await people_store.insert(connection, *JOAN, None)
    await sign_in_again(page, connection, JOAN)
    await page.goto("/work/surveys")
    await press(page, "Move a survey")


async def download(page):
    """The file of the survey, as a form takes it."""
    async with page.expect_download() as saved:
        await page.focus(f'a[href$="/{SLUG}/survey.zip"]')
        await page.keyboard.press("Enter")
    content = (await (await saved.value).path()).read_bytes()
    return {"name": "survey.zip", "mimeType": "application/zip", "buffer": content}


async def take_in(page, file, act):
    if file is not None:
        await page.set_input_files("#file", [file])
    await page.check(f'input[value="{act}"]', force=True)
    await press(page, "Continue")


async def take_in_with_mistakes(page, file, violations):
    """Without a file, with another kind of file, and after the session ended."""
    await take_in(page, None, "store")
    await expect(page.locator(".govuk-error-summary")).to_contain_text("Choose a file")
    await check_sizes(page, violations)
    await take_in(page, WRONG, "store")
    await expect(page.locator("#file-error")).to_contain_text("not a whole survey package")
    await expect(page.locator('input[value="store"]')).to_be_checked()
    await check_sizes(page, violations)
    await page.goto("/work/move")
    await take_in(page, WRONG, "try")
    await page.go_back()
    await expect(page.locator("h1")).to_have_text("Move a survey")
    await page.context.clear_cookies(name=cookies.SESSION)
    await take_in(page, file, "store")
    await expect(page.locator("h1")).to_have_text("Sign in")


@pytest.mark.slow
async def test_a_survey_is_moved_answered_there_and_moved_back(
    browser, enter, open_page, site_connection, elsewhere, violations
):
    address, there = elsewhere
    amina = await enter(viewport=DESKTOP)
    await publish_survey(amina)
    await amina.check("#proof", force=True)
    await press(amina, "Save the puzzle")
    await answer_survey(await open_page(viewport=DESKTOP), "yes")
    page = await open_page(viewport=DESKTOP)
    await enter_as_joan(page, site_connection)
    await page.locator("main summary").press("Enter")
    await check_sizes(page, violations)
    async with pages_of(browser, address) as opened:
        other = await opened(viewport=DESKTOP)
        await enter_as_joan(other, there)
        file = await download(page)
        await take_in_with_mistakes(other, file, violations)
        await sign_in_again(other, there, JOAN)
        await press(other, "Open the page")
        await take_in(other, file, "try")
        await expect(other.locator(BANNER)).to_contain_text("nothing is stored")
        await check_sizes(other, violations)
        await take_in(other, file, "store")
        await expect(other.locator(BANNER)).to_contain_text("Answers here afterwards: 1.")
        await check_sizes(other, violations)
        await press(other, "Open the survey")
        await expect(other).to_have_url(f"{address}/work/surveys/{SLUG}")
        await other.goto(PANEL)
        await expect(other.locator("#proof")).to_be_checked()
        await answer_survey(await opened(viewport=DESKTOP), "yes")
        await other.goto("/work/move")
        file = await download(other)
    await take_in(page, file, "store")
    await expect(page.locator(BANNER)).to_contain_text("is here already: its settings stay")
    await expect(page.locator(BANNER)).to_contain_text("Answers here afterwards: 2.")
    assert len(await load_answers(site_connection, SLUG)) == 2
