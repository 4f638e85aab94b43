"""An organiser sends interviewers to sample points; one of them records visits on a phone."""

import pytest
from playwright.async_api import expect

from tests.browser.sizes import DESKTOP, NARROW
from tests.browser.test_editions import fits
from tests.browser.test_staff import enter, press, site_connection  # noqa: F401 - fixtures
from tests.conftest import OneConnection
from tests.people import JOAN
from tests.stored import fieldwork

FILE = "reference,code,interviewer\n" + "".join(
    f"{point},{fieldwork.code_of(point)},Team A\n" for point in fieldwork.POINTS
)


async def save_points(page, file, violations):
    """Add an interviewer and the points of a file, with the mistakes that people make."""
    await page.goto(f"/work/surveys/{fieldwork.DOOR.slug}")
    await page.click("text=Send interviewers to sample points")
    await page.fill("#name", "Team A")
    await press(page, "Add")
    assert await violations(page) == []
    address = await page.input_value("#address")
    await page.goto(fieldwork.FOLDER)
    await press(page, "Save these points")  # an empty box
    await expect(page.locator(".govuk-error-summary")).to_contain_text("Choose a file")
    for content, said in ((FILE.replace("A002", "Ann Other", 1), "Never use a name"),
                          (FILE, "12 points: 12 assigned, 0 visited")):  # fmt: skip
        file.write_text(content)
        await page.set_input_files("#points_file", file)
        await press(page, "Save these points")
        await expect(page.locator("main")).to_contain_text(said)
        assert await violations(page) == []
    return address


async def record_refusal(phone, address):
    """Record a visit on a phone without scripts, after two mistakes."""
    await phone.goto(address)
    assert await fits(phone)
    await phone.click("text=A002")
    await press(phone, "Save the visit")  # nothing chosen
    await expect(phone.locator(".govuk-error-summary")).to_contain_text("Choose what came")
    await phone.get_by_label("Refused").check()
    await phone.fill("#day-year", "2099")
    await press(phone, "Save the visit")
    await expect(phone.locator(".govuk-error-summary")).to_contain_text("in the future")
    await expect(phone.get_by_label("Refused")).to_be_checked()
    assert await fits(phone)
    await phone.goto(f"{address}/points/A002")
    await phone.get_by_label("Refused").check()
    await press(phone, "Save the visit")
    await expect(phone.locator("main")).to_contain_text("The visit to A002 is saved.")
    await expect(phone.locator("main")).to_contain_text("11 of 12 to go to")


async def send_back(page, violations):
    await page.goto(fieldwork.FOLDER)
    await expect(page.locator("main")).to_contain_text("1 visited")
    await press(page, "Send back")  # nothing chosen
    await expect(page.locator(".govuk-error-summary")).to_contain_text("Choose why")
    assert await violations(page) == []
    await page.select_option("#point", "A001")
    await page.select_option("#reason", label="Another person was asked than the one chosen")
    await press(page, "Send back")
    await expect(page.locator("main")).to_contain_text("Sent back, not done again yet")
    await page.click("text=All rates, from these outcomes")
    await expect(page.locator("main")).to_contain_text("REF1: refused, of all points")


@pytest.mark.slow
async def test_points_are_assigned_visited_sent_back_and_counted(
    enter,  # noqa: F811
    open_page,
    site_connection,  # noqa: F811
    violations,
    tmp_path,
):
    await fieldwork.insert_survey(site_connection)
    page = await enter(JOAN, viewport=DESKTOP)
    address = await save_points(page, tmp_path / "points.csv", violations)
    phone = await open_page(viewport=NARROW, java_script_enabled=False)
    await record_refusal(phone, address)
    await fieldwork.answer_at(OneConnection(site_connection), "A001")
    await send_back(page, violations)
    await phone.goto(address)
    await expect(phone.locator("main dd").first).to_contain_text("Another person was asked")
    await page.set_viewport_size(NARROW)
    assert await fits(page)
    for end in ("", "/points/A002"):
        await page.goto(address + end)
        assert await violations(page) == []
