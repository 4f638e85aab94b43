"""People the police met are asked from a file, and one of them opens the survey on a phone."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.sizes import DESKTOP, NARROW
from tests.browser.test_editions import fits
from tests.browser.test_staff import enter, press, site_connection  # noqa: F401 - fixtures
from tests.people import JOAN

ROW = "reference,day,kind,borough,age,sex,open complaint,name\n" + "".join(
    f"R{n},2026-01-0{1 + n % 9},Stop,Lambeth,{age},Female,no,Person {n}\n"
    for n, age in enumerate([15, 20, 31, 40, 67, 33, 29, 52, 18, 44, 25, 61])
)


@pytest.mark.slow
async def test_a_file_is_asked_and_one_of_it_answers(enter, open_page, violations, tmp_path):  # noqa: F811
    page = await enter(JOAN, viewport=DESKTOP)
    await page.goto("/work/builder")
    await page.fill("#title", "After a stop")
    await page.get_by_label("People the police met, with an access code").check()
    await page.get_by_role("button", name="Use this template").first.click()
    await page.wait_for_load_state("load")
    await page.click("text=Review and publish")
    await page.click('main button:has-text("Publish")')
    await page.wait_for_load_state("load")
    slug = re.search(r"/surveys/([a-z0-9-]+)", page.url)[1]
    asking = f"/work/surveys/{slug}/encounters"
    await page.goto(f"/work/surveys/{slug}")
    await page.click("text=Ask people the police met")
    await press(page, "Check this file")  # an empty box
    await expect(page.locator(".govuk-error-summary")).to_contain_text("Choose a file")
    assert await violations(page) == []
    file = tmp_path / "people.csv"
    file.write_text(ROW)
    for rule in ("Domestic abuse", "Somebody died", "A medical emergency", "not to be contacted"):
        await page.get_by_label(rule).uncheck()
    await page.set_input_files("#file", file)
    await press(page, "Check this file")
    await expect(page.locator("main")).to_contain_text("11 of 12 people")
    await expect(page.locator("main")).to_contain_text("Under 16")
    assert await violations(page) == []
    await press(page, "Make a code for each")
    link = re.search(r"http\S+#code=[A-Z0-9-]+", await page.input_value("#codes"))[0]
    resident = await open_page(viewport=NARROW)
    await resident.goto(link)
    await expect(resident.locator("main")).to_contain_text("You got a code because")
    assert await fits(resident)
    assert await violations(resident) == []
    await page.goto(asking)
    await expect(page.locator("main")).to_contain_text("11 asked")
    await page.click("text=Remind, send text messages")
    assert await violations(page) == []
    await page.set_viewport_size(NARROW)
    assert await fits(page)
