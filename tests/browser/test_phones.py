"""ODK Web Forms, a program that we did not write, loads a form by OpenRosa and sends it."""

import pytest
from playwright.async_api import expect

from api.security.people import key_digest
from survey.store.surveys import fieldwork
from tests.browser.database_of_site import connect_to_site
from tests.oracles import web_forms
from tests.stored.answers import load_answers

KEY = "k" * 20 + "0123456789" * 2 + "xyz"
PAGE = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Form</title></head>
<body><div id="app" data-address="/key/{KEY}"></div>
<script type="module" src="/web-forms/bundle.js"></script></body></html>"""


@pytest.fixture
async def stored(lived_in):
    connection = await connect_to_site(lived_in)
    await fieldwork.insert_group(connection, "everything", "Web", key_digest(KEY), "sealed")
    yield connection
    await connection.close()


@pytest.fixture
async def page(browser, site):
    """A page of ODK Web Forms at our address, which nothing of ours serves."""
    context = await browser.new_context()
    page = await context.new_page()
    bundle = web_forms.bundle_path()
    await page.route(
        "**/web-forms/", lambda route: route.fulfill(body=PAGE, content_type="text/html")
    )
    await page.route("**/web-forms/bundle.js", lambda route: route.fulfill(path=bundle))
    await page.goto(f"{site}/web-forms/")
    yield page
    await context.close()


@pytest.mark.slow
@pytest.mark.skipif(bool(web_forms.why_not()), reason=web_forms.why_not())
async def test_odk_web_forms_sends_what_was_filled_in(stored, page):
    def question(words):
        return page.locator(".question-container").filter(has_text=words)

    await question("Which borough do you live in?").get_by_role("combobox").click()
    await page.get_by_role("option", name="Hackney").click()
    await question("Which one?").get_by_text("Two & more").click()
    await question("Which ones?").get_by_text("One & more").click()
    for row in ("Being polite", "Coming quickly"):
        await question(row).last.get_by_role("radio").nth(1).click(force=True)
    number = question("How many times?").get_by_role("spinbutton")
    await number.press_sequentially("3")
    await number.press("Tab")
    await question("When?").locator("input").click()
    await page.locator(".p-datepicker-day").get_by_text("1", exact=True).first.click()
    await question("May we?").get_by_text("Okay").click()
    await page.get_by_role("button", name="Send").click()
    await expect(page).to_have_title("sent 201")
    rows = await load_answers(stored, "everything")
    answers = rows[-1].answers
    assert answers.pop("day").endswith("-01")
    assert rows[-1].area == "E09000012"
    assert answers == {
        "which": "two", "several": ["one"], "polite": 2, "quick": 2, "times": 3, "agreed": True,
    }  # fmt: skip
