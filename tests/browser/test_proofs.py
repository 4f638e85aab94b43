"""The puzzle of a survey's last page: solved by the device, or the answers wait."""

import pytest
from playwright.async_api import expect

from survey.store.surveys import sharing
from tests.browser.database_of_site import connect_to_site
from tests.browser.test_resident import press_continue
from tests.waiting import until

SENT = """SELECT (SELECT count(*) FROM responses WHERE instrument = 'feedback'),
                 (SELECT count(*) FROM held_answers WHERE why = 'unproven')"""


@pytest.fixture
async def connection(lived_in):
    connection = await connect_to_site(lived_in)
    await sharing.save_asks_proof(connection, "feedback", asks=True)
    yield connection
    await sharing.save_asks_proof(connection, "feedback", asks=False)
    await connection.execute("DELETE FROM held_answers")
    await connection.close()


async def answer_feedback(page):
    await page.goto("/surveys/feedback")
    await page.select_option("#answer", "E09000012")
    await press_continue(page)
    await page.locator("label", has_text="Taser").click()
    await page.fill("#q-story", "They explained what they did.")
    for _ in range(3):
        await press_continue(page)


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [True, False])
async def test_a_device_with_scripts_solves_it_and_nobody_is_locked_out(
    open_page, connection, violations, scripts
):
    before = tuple(await connection.fetchrow(SENT))
    page = await open_page(java_script_enabled=scripts)
    for at_once in (True, False) if scripts else (True,):
        await answer_feedback(page)
        field = page.locator("#proof")
        if scripts and not at_once:
            await until(field.input_value)
            assert await violations(page) == []
        await page.get_by_role("button", name="Send answers").click()
        await expect(page.locator("h1")).to_have_text("Answers sent")
    counted, waiting = await connection.fetchrow(SENT)
    assert (counted - before[0], waiting - before[1]) == ((2, 0) if scripts else (0, 1))
