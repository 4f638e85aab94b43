"""Answers begun on a phone and finished on a laptop."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.sizes import DESKTOP, NARROW
from tests.browser.test_resident import begin_form, fits, press_continue

CODE = re.compile(r"^([A-Z2-9]{4}-){3}[A-Z2-9]{4}$")


async def save_for_later(page):
    await page.get_by_role("button", name="Save and finish later").click()
    await expect(page.locator("h1")).to_have_text("Your answers are saved for later")
    code = await page.locator(".receipt__code").inner_text()
    assert CODE.match(code)
    return code


async def open_with_code(page, code):
    await page.goto("/")
    await page.get_by_role("main").get_by_role("link", name="Continue your answers").click()
    await page.fill("#resume_code", code.lower())
    await page.get_by_role("button", name="Continue", exact=True).click()
    await page.wait_for_load_state("load")


@pytest.mark.slow
async def test_begun_on_a_phone_and_finished_on_a_laptop(open_page):
    phone, laptop = await open_page(java_script_enabled=False), await open_page(viewport=DESKTOP)
    await begin_form(phone, "/surveys/feedback")
    await phone.locator("label", has_text="Taser").click()
    await phone.fill("#q-story", "They explained what they did.")
    code = await save_for_later(phone)
    await open_with_code(laptop, code)
    await expect(laptop.locator("#q-story")).to_have_value("They explained what they did.")
    await laptop.fill("#q-story", "They explained what they did, twice.")
    await press_continue(laptop)
    # The phone shows what is newest and says where it came from.
    await phone.goto("/surveys/feedback/feedback")
    await expect(phone.locator("main")).to_contain_text("on another device")
    await expect(phone.locator("#q-story")).to_have_value("They explained what they did, twice.")
    await laptop.goto("/surveys/feedback/check")
    while await laptop.locator("h1").inner_text() != "Check your answers before you send them":
        skip = laptop.get_by_role("button", name="Skip this question")
        await (skip if await skip.count() else laptop.locator("main form button").first).click()
        await laptop.wait_for_load_state("load")
    await press_continue(laptop)
    await expect(laptop.locator("h1")).to_have_text("Answers sent")
    await open_with_code(phone, code)
    await expect(phone.locator("main")).to_contain_text("These answers were sent already")


@pytest.mark.slow
@pytest.mark.parametrize("locale", ["en-GB", "ar"])
async def test_saving_fits_a_narrow_screen_and_has_no_faults(open_page, locale, violations):
    page = await open_page(viewport=NARROW, locale=locale)
    await begin_form(page, "/surveys/feedback")
    assert await fits(page)
    await page.locator('button[value="save"]').focus()
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    for address in ("/surveys/feedback/saved", "/continue"):
        await page.goto(address)
        assert await fits(page)
        assert await violations(page) == []
