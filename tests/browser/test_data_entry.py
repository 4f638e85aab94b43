"""Answers that others collected: a spreadsheet with mistakes in it, and a form typed in twice."""

import io

import openpyxl
import pytest
from playwright.async_api import expect

from survey.receipts import form_code
from tests.browser.sizes import DESKTOP, NARROW
from tests.browser.test_builder import SLUG, enter, press, site_connection, type_into
from tests.browser.test_sharing import check_page, publish_survey
from tests.stored.answers import load_answers

__all__ = ["enter", "site_connection"]  # fixtures
PAGES = f"/work/surveys/{SLUG}"
ROWS = [
    ["Borough", "Do you feel safe?", "Why not?"],
    ["Hackney", "No", "The stairs are dark"],
    ["Atlantis", "Yes", ""],
    ["Lambeth", "Perhaps", ""],
    ["Lambeth", "Mostly", ""],
]


def as_workbook(rows):
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def as_csv(rows):
    return "\n".join(",".join(row) for row in rows).encode()


@pytest.mark.slow
@pytest.mark.parametrize(("ending", "write"), [("csv", as_csv), ("xlsx", as_workbook)])
async def test_a_file_with_wrong_rows_is_stored_without_them_and_withdrawn(
    enter, site_connection, violations, ending, write
):
    page = await enter(viewport=NARROW)
    await publish_survey(page)
    await page.goto(f"{PAGES}/uploads")
    await press(page, "Check the file")
    await expect(page.locator(".govuk-error-summary")).to_contain_text("Choose a file")
    await check_page(page, violations)
    sent = {"name": f"answers.{ending}", "mimeType": "text/csv", "buffer": write(ROWS)}
    await page.set_input_files("#file", [sent])
    await press(page, "Check the file")
    await expect(page.locator("h1")).to_have_text("2 rows of this file cannot be stored")
    table = page.get_by_role("table", name="What is wrong")
    await expect(table.get_by_role("row", name="Atlantis")).to_contain_text("Borough")
    await expect(table.get_by_role("row", name="Perhaps")).to_contain_text("Do you feel safe?")
    await check_page(page, violations)
    assert await load_answers(site_connection, SLUG) == []
    await press(page, "Store the 2 good rows and leave out 2")
    assert len(await load_answers(site_connection, SLUG)) == 2
    await check_page(page, violations)
    await press(page, "Withdraw")
    await check_page(page, violations)
    await press(page, "Withdraw")
    assert await load_answers(site_connection, SLUG) == []


async def type_form(page, number, *answers):
    """Type in a form by keyboard alone: Enter goes on, and in the last field sends."""
    await page.goto(f"{PAGES}/paper/typing")
    await expect(page.locator("#form")).to_be_focused()
    for answer in (form_code(number), "Hackney", *answers):
        await page.keyboard.type(answer)
        await page.keyboard.press("Tab")
    await press(page, "Save, then the next form")


@pytest.mark.slow
async def test_a_form_is_typed_in_twice_and_somebody_decides(enter, site_connection, violations):
    page = await enter(viewport=DESKTOP)
    await publish_survey(page)
    await page.goto(f"{PAGES}/paper")
    await page.check("#twice", force=True)
    await type_into(page, "send_to", "Park Lane Youth Club")
    await press(page, "Save the settings")
    await type_into(page, "copies", "2")
    await press(page, "Number the forms")
    await check_page(page, violations)
    await type_form(page, 1, "2", "The stairs are dark")
    await expect(page.get_by_text("counts when it was typed in a second time")).to_be_visible()
    await check_page(page, violations)
    await type_form(page, 1, "3")
    await expect(page.get_by_text("the two copies differ")).to_be_visible()
    assert await load_answers(site_connection, SLUG) == []
    await page.goto(f"{PAGES}/paper")
    await press(page, f"Form {form_code(1)}")
    await page.set_viewport_size(NARROW)
    await check_page(page, violations)
    # However narrow the column is, the number stays on one line.
    heading = page.locator("h1")
    await heading.evaluate("one => { one.style.width = '1px' }")
    lines = "one => one.getClientRects().length"
    assert await heading.locator(".unbroken").evaluate(lines) == 1
    await press(page, "Save and count the form")  # without a decision
    await expect(page.locator(".govuk-error-summary")).to_be_visible()
    for group in await page.locator("fieldset").all():
        await group.locator("label").first.click()
    await press(page, "Save and count the form")
    await expect(page.get_by_text("The form is decided and counts now")).to_be_visible()
    (stored,) = await load_answers(site_connection, SLUG)
    assert stored.answers["do_you_feel_safe"] == "no"
