"""Spam reaches the organiser and nothing else, in a real browser; two letters on one device."""

import re

import pytest
from playwright.async_api import expect

from survey.store.surveys import instruments
from tests.browser.conftest import ACCESS_CODE
from tests.browser.sizes import DESKTOP, NARROW, PHONE
from tests.browser.test_builder import SLUG, enter, press, site_connection
from tests.browser.test_sharing import publish_survey

__all__ = ["enter", "site_connection"]  # fixtures
SURVEY = f"/surveys/{SLUG}"
REVIEW = f"/work/surveys/{SLUG}/review"
SECOND = "ABCD-2346"
SENT = f"/api/v1{SURVEY}/responses"


async def send_as_robot(page):
    """Answer, and fill in the field that nobody sees; it takes no focus and no room."""
    await page.goto(SURVEY)
    await page.select_option("#answer", "E09000012")
    await press(page, "Start now")
    await page.check('input[value="no"]', force=True)
    await press(page, "Continue")
    await page.fill("textarea", "Cheap watches at watches.example, call 07700 900123")
    await press(page, "Continue")
    trap = page.locator("#website")
    assert await trap.get_attribute("tabindex") == "-1"
    assert await page.get_by_label("Leave this field empty").count() == 1
    await trap.evaluate("field => { field.value = 'https://watches.example' }")
    await press(page, "Send answers")
    await expect(page.locator("h1")).to_have_text("Answers sent")


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [True, False])
async def test_an_organiser_counts_and_throws_away_what_looks_like_spam(
    enter, open_page, site_connection, violations, scripts
):
    page = await enter(viewport=DESKTOP, java_script_enabled=scripts)
    await publish_survey(page)
    for _ in range(2):
        await send_as_robot(await open_page(java_script_enabled=scripts))
    for _ in range(10):
        sent = {"borough": "Hackney", "answers": {"do_you_feel_safe": "mostly"}}
        assert (await page.request.post(SENT, data=sent)).status == 201
    await site_connection.execute(
        "UPDATE held_answers SET received_at = received_at - interval '1 day'"
    )
    await page.goto(f"/work/surveys/{SLUG}")
    await press(page, "look at them")
    await expect(page.locator("h1")).to_have_text("Answers that look like spam")
    for size in (NARROW, PHONE, DESKTOP):
        await page.set_viewport_size(size)
        if scripts:
            assert await violations(page) == []
            assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    await page.check("#answer-1", force=True)
    await press(page, "Throw away the chosen answers")
    await expect(page.locator(".govuk-error-summary")).to_contain_text("Tick the box")
    await expect(page.locator("#answer-1")).to_be_checked()
    await page.check("#sure", force=True)
    await press(page, "Throw away the chosen answers")
    await expect(page.get_by_text("The answers are deleted.")).to_be_visible()
    await page.check("#all", force=True)
    await press(page, "Count the chosen answers")
    await expect(page.get_by_text("No answers wait.")).to_be_visible()
    count = "SELECT count(*) FROM responses WHERE instrument = $1"
    assert await site_connection.fetchval(count, SLUG) == 11


@pytest.mark.slow
async def test_two_letters_on_one_device(open_page, site_connection, violations):
    """The second person is asked, changes their mind, and then starts again with their code."""
    sampled, _ = await instruments.get(site_connection, "taser-trial")
    await instruments.insert_invitations(site_connection, sampled, [(SECOND, "inner", "u1", 0.01)])
    page = await open_page(viewport=NARROW)
    for code in (ACCESS_CODE, SECOND):
        await page.goto("/")
        await page.fill("#code", code)
        await page.click('form[action="/access-code"] button')
        if code == ACCESS_CODE:
            await page.select_option("#answer", "E09000012")
            await press(page, "Start now")
    await expect(page.locator(".govuk-inset-text")).to_contain_text("You started this")
    assert await violations(page) == []
    await press(page, "Start again")
    await expect(page.locator("h1")).to_have_text("Delete what you entered?")
    assert await violations(page) == []
    await press(page, "Delete it and start again")
    await expect(page.locator("#code")).to_have_value(SECOND)
    await page.select_option("#answer", "E09000005")
    await press(page, "Start now")
    await expect(page).to_have_url(re.compile("/surveys/taser-trial/"))
    await site_connection.execute(
        "DELETE FROM invitations WHERE code_digest = $1", instruments.code_digest(SECOND)
    )
