"""The owner of a case changes the passphrase and leaves quickly, by key and without scripts."""

import msgspec
import pytest
from playwright.async_api import expect

from api.app import build
from api.settings import Settings
from tests.browser.conftest import pages_of, serving
from tests.browser.sizes import NARROW
from tests.browser.test_case_lives import check, open_case, skip_check, submit_complaint_as
from tests.browser.test_staff import press
from tests.stored.complaint_forms import KEYRING

__all__ = ["check"]
AWAY = "/about/privacy"  # the website that opens on leaving, here one of our own pages

pytestmark = pytest.mark.slow


@pytest.fixture
async def guarded(lived_in, browser):
    """Opens pages of a server of its own, which leads to a page of ours on leaving."""
    keys = ",".join(KEYRING.keys)
    limits = {"sends_per_minute": 100_000, "sign_ins_per_minute": 100_000}
    app = build(Settings(database_url=lived_in, contact_keys=keys, secret="0f" * 20, **limits))
    async with serving(app) as address, pages_of(browser, address) as opened:
        settings = app.state.settings
        app.state.settings = msgspec.structs.replace(settings, exit_url=address + AWAY)
        yield opened


async def change_passphrase(page, phrase, check):
    await page.click("main a[href='/case/passphrase']")
    await check(page)
    await page.fill("#passphrase", phrase + "x")
    await press(page, "Change the passphrase")
    await expect(page.locator("#passphrase-error")).to_be_visible()
    await check(page)
    await page.fill("#passphrase", phrase)
    await press(page, "Change the passphrase")
    await check(page)
    new = await page.inner_text(".passphrase")
    await press(page, "I have saved it: hide it")
    await expect(page.locator("main")).to_contain_text("Your passphrase is changed")
    return new


async def press_three_times(page, key):
    for _ in range(3):
        await page.keyboard.press(key)
    await page.wait_for_url(f"**{AWAY}")


@pytest.mark.parametrize("key", ["Escape", "Shift"])
async def test_a_case_whose_owner_changes_the_passphrase_and_leaves_by_key(guarded, check, key):
    page = await guarded(viewport=NARROW)
    number, phrase = await submit_complaint_as(page, check)
    await open_case(page, number, phrase)
    await check(page)
    new = await change_passphrase(page, phrase, check)
    await page.click("main a[href='/case/copy']")
    await check(page)
    await press_three_times(page, key)
    # Back shows nothing of the case: it is closed in this browser.
    await page.go_back()
    await expect(page.locator("h1")).to_have_text("Follow a complaint")
    await page.fill("#number", number)
    await page.fill("#passphrase", phrase)
    await press(page, "Open the case")
    await expect(page.locator(".govuk-error-summary")).to_be_visible()
    await open_case(page, number, new)


async def test_what_is_being_written_is_gone_after_leaving_without_scripts(guarded):
    page = await guarded(viewport=NARROW, java_script_enabled=False)
    await page.goto("/complaints")
    await page.select_option("#answer", label="Hackney")
    await press(page, "Start now")
    await page.fill("#q-narrative", "They were here.")
    await press(page, "Continue")
    await page.click(".govuk-exit-this-page a")
    await page.wait_for_url(f"**{AWAY}")
    await page.goto("/complaints/what")
    assert "They were here." not in await page.content()


async def test_escape_twice_or_slowly_stays_on_the_page(guarded):
    page = await guarded()
    await page.goto("/complaints")
    await page.wait_for_load_state("load")
    for key in ("Escape", "Escape", "a", "Escape"):
        await page.keyboard.press(key)
    assert page.url.endswith("/complaints")


async def test_a_receipt_is_checked_by_page_in_arabic_and_without_scripts(guarded, check):
    page = await guarded(viewport=NARROW, java_script_enabled=False)
    number, phrase = await submit_complaint_as(page, skip_check)
    await open_case(page, number, phrase)
    receipt = await (await page.request.get("/case/receipt.txt")).text()
    other = await guarded(viewport=NARROW)
    await other.goto("/receipts?lang=ar")
    await check(other)
    await other.fill("#receipt", receipt.replace(number, "AAAA-AAAA"))
    await other.click("main form button")
    await expect(other.locator("#receipt-error")).to_be_visible()
    await check(other)
    await other.fill("#receipt", receipt)
    await other.click("main form button")
    await expect(other.locator("main")).to_contain_text(number)
    await check(other)
