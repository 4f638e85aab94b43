"""An organiser lets a program of theirs be notified, in a real browser and by keyboard."""

import re

import pytest
from playwright.async_api import expect

from api.operations import webhooks
from api.security import cookies, people
from survey.store.accounts import people as people_store
from tests.browser.sizes import DESKTOP, NARROW, PHONE
from tests.browser.test_builder import SLUG, enter, press, site_connection, type_into
from tests.browser.test_sharing import check_page, publish_survey
from tests.conftest import KEYRING
from tests.people import AMINA
from tests.receivers import open_receiver

__all__ = ["enter", "site_connection"]  # fixtures
SURVEY = f"/work/surveys/{SLUG}"


@pytest.fixture
async def receiver(monkeypatch):
    monkeypatch.setattr(webhooks, "CHOSEN", webhooks.Sender(KEYRING, to_loopback=True))
    async with open_receiver() as opened:
        yield opened


async def check_sizes(page, violations):
    """axe finds nothing and nothing is wider than the screen, on phones and a desktop."""
    for size in (NARROW, PHONE, DESKTOP):
        await page.set_viewport_size(size)
        await check_page(page, violations)


async def sign_in_again(page, connection, who):
    """Sign in by a link, in a browser whose session had ended."""
    account = await people_store.by_email(connection, who[0])
    await page.goto(f"/sign-in/{await people.create_sign_in_link(connection, account.id)}")
    await press(page, "Sign in")


async def add_with_mistakes(page, violations, address):
    """Type an address that no message may go to, then choose no event, then go back once."""
    await press(page, "Add the webhook")
    await expect(page.locator(".govuk-error-summary")).to_contain_text("Enter an https:// address")
    await check_sizes(page, violations)
    await page.go_back()
    await expect(page.locator("h1")).to_have_text("Notify other programs")
    await type_into(page, "address", "http://10.0.0.1/hook")
    await press(page, "Add the webhook")
    await expect(page.locator("#address")).to_have_value("http://10.0.0.1/hook")
    await type_into(page, "address", address)
    for box in await page.locator('input[name="events"]').all():
        await box.focus()
        await page.keyboard.press("Space")
    await press(page, "Add the webhook")
    await expect(page.locator(".govuk-error-summary")).to_contain_text("Select when to send")
    await page.locator('input[name="events"]').first.focus()
    await page.keyboard.press("Space")


async def deliver(connection):
    """Send what waits, as the worker does."""
    (ident,) = await connection.fetchrow("SELECT id::text FROM webhooks WHERE survey = $1", SLUG)
    async with connection.transaction():
        await webhooks.send_messages(connection, ident)


async def try_and_send_again(page, connection, violations, receiver):
    """Send a test message that fails at first, and then the same once more."""
    await press(page, "Try it out")
    await press(page, "Send a test message")
    await expect(page.get_by_text("A test message is on its way")).to_be_visible()
    await check_sizes(page, violations)
    receiver.statuses = [500]
    await deliver(connection)
    await page.reload()
    await expect(page.get_by_role("row", name="A test message")).to_contain_text("Answered 500")
    await connection.execute("UPDATE webhooks SET next_try_at = now()")
    await deliver(connection)
    await page.reload()
    await expect(page.get_by_role("row", name="A test message")).to_contain_text("Received")
    await check_sizes(page, violations)
    await press(page, "Send again")
    await deliver(connection)
    assert len(receiver.received) == 3


@pytest.mark.slow
async def test_a_webhook_is_added_tried_sent_again_and_deleted(
    enter, site_connection, violations, receiver
):
    page = await enter(viewport=DESKTOP)
    await publish_survey(page)
    await page.goto(SURVEY)
    await press(page, "Notify other programs")
    await check_sizes(page, violations)
    await add_with_mistakes(page, violations, receiver.address)
    await page.context.clear_cookies(name=cookies.SESSION)
    await press(page, "Add the webhook")
    await sign_in_again(page, site_connection, AMINA)
    await press(page, "Do it now")
    await expect(page.locator("#secret")).to_have_value(re.compile("^whsec_"))
    await check_sizes(page, violations)
    await try_and_send_again(page, site_connection, violations, receiver)
    await press(page, "Switch off")
    await expect(page.get_by_text("The webhook is switched off.")).to_be_visible()
    await check_sizes(page, violations)
    await page.locator("main summary").press("Enter")
    await check_sizes(page, violations)
    await press(page, "Delete this webhook")
    await expect(page.get_by_text("Nothing more is sent to it.")).to_be_visible()
    await page.go_back()
    await expect(page.locator("h1")).to_have_text("There is no such webhook or message.")
    await check_sizes(page, violations)
