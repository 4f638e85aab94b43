"""A survey is handed out and answered in a real browser: panel, password, who asks, a card."""

import io

import pytest
from PIL import Image
from playwright.async_api import expect

from tests.browser.sizes import DESKTOP, NARROW, SIZES
from tests.browser.test_builder import SLUG, enter, make_survey, press, site_connection, type_into

__all__ = ["enter", "site_connection"]  # fixtures
PANEL = f"/work/surveys/{SLUG}/share"
SURVEY = f"/surveys/{SLUG}"
PASSWORD = "otter river lamp"


def make_picture():
    picture = io.BytesIO()
    Image.new("RGB", (600, 400), "teal").save(picture, "PNG")
    return {"name": "logo.png", "mimeType": "image/png", "buffer": picture.getvalue()}


async def publish_survey(page):
    await make_survey(page)
    await page.goto(f"/work/builder/{SLUG}/publish")
    await press(page, "Publish version 1")
    await expect(page).to_have_url(f"{page.url.partition('/work')[0]}{PANEL}?done=published")


async def fill_in_panel(page):
    """Name a way, set a password, and say who asks, with a logo."""
    await type_into(page, "way", "Youth club stall")
    await press(page, "Add this way")
    await type_into(page, "password", PASSWORD)
    await press(page, "Set this password")
    await type_into(page, "organisation", "Park Lane Youth Club")
    await type_into(page, "contact", "club@example.org")
    await page.set_input_files("#logo", [make_picture()])
    await type_into(page, "thanks-en", "Thank you for your time.")
    await type_into(page, "next_step-en", "We show the results at our meeting on 3 March.")
    await press(page, "Save who asks")
    await type_into(page, "origins", "https://club.example")
    await press(page, "Save the websites")


async def answer_with_password(page, link):
    """Come by a short link, forget the password once, and answer."""
    await page.goto(link)
    await page.select_option("#answer", "E09000012")
    await press(page, "Start now")
    await expect(page.locator("#password-error")).to_contain_text("Enter the password")
    await type_into(page, "password", "Otter river  LAMP")
    await press(page, "Start now")
    await expect(page.get_by_text("Park Lane Youth Club is asking.")).to_be_visible()
    await page.check('input[value="yes"]', force=True)
    await press(page, "Continue")
    await press(page, "Send answers")
    await page.wait_for_url("**/done/*")


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [False, True], ids=["without", "with"])
async def test_a_survey_is_shared_and_answered_by_its_link(enter, open_page, scripts):
    page = await enter(viewport=NARROW, java_script_enabled=scripts)
    await publish_survey(page)
    link = await page.input_value("#short-link")
    copy = page.locator('[data-copies="short-link"]')
    await (expect(copy).to_be_visible() if scripts else expect(copy).to_be_hidden())
    await fill_in_panel(page)
    assert await page.input_value("#organisation") == "Park Lane Youth Club"
    resident = await open_page(viewport=NARROW, java_script_enabled=scripts)
    await answer_with_password(resident, link)
    said = await resident.inner_text("main")
    assert "Thank you for your time." in said
    assert "We show the results at our meeting on 3 March." in said


@pytest.mark.slow
@SIZES
async def test_axe_finds_nothing_on_the_pages_of_sharing(enter, open_page, violations, viewport):
    page = await enter(viewport=viewport)
    await publish_survey(page)
    await fill_in_panel(page)
    await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    code = (await page.input_value("#embed-en")).partition('src="')[2].partition('"')[0]
    await check_page(page, violations)
    await press(page, "Add this way")  # without a name
    await check_page(page, violations)
    resident = await open_page(viewport=viewport)
    for address in (SURVEY, code, f"{SURVEY}?lang=ar"):
        await resident.goto(address)
        await check_page(resident, violations)
    await resident.goto(f"{SURVEY}?lang=en")
    await answer_with_password(resident, SURVEY)
    await check_page(resident, violations)


async def check_page(page, violations):
    assert await violations(page) == [], page.url
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, page.url


@pytest.mark.slow
async def test_a_copied_address_is_in_the_clipboard(enter):
    page = await enter(viewport=DESKTOP)
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await publish_survey(page)
    await page.click('[data-copies="address"]')
    await expect(page.locator("#copied")).to_have_text("Copied")
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied == await page.input_value("#address")
