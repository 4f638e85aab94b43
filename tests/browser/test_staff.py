"""Staff pages in a real browser: by link, by keyboard, on a phone, without scripts."""

import csv

import pytest
from playwright.async_api import expect

from api.jobs.texts import coding
from api.security import people
from survey.store.accounts import people as people_store
from tests.browser.database_of_site import connect_to_site
from tests.browser.sizes import DESKTOP, NARROW, PHONE, SIZES
from tests.conftest import OneConnection
from tests.people import AMINA, CINDY, JOAN
from tests.stored.complaint_forms import create_case

STORY = "Officer John Smith swore at me."


@pytest.fixture
async def site_connection(lived_in):
    """A connection to the browser server's database."""
    connection = await connect_to_site(lived_in)
    yield connection
    await connection.close()


@pytest.fixture
async def case(site_connection):
    receipt = await create_case(
        OneConnection(site_connection), narrative=STORY, allegations=["incivility"]
    )
    async with site_connection.transaction():
        await coding.code_all(site_connection)
    return receipt.reference


@pytest.fixture
def enter(open_page, site_connection):
    """Signs a person in by their link and opens their first page."""

    async def entered(who, **given):
        account = await people_store.by_email(site_connection, who[0])
        ident = account.id if account else await people_store.insert(site_connection, *who, None)
        page = await open_page(**given)
        await page.goto(f"/sign-in/{await people.create_sign_in_link(site_connection, ident)}")
        await page.click("main button")
        await page.wait_for_url("**/work")
        return page

    return entered


async def press(page, name):
    """Press a button and wait for the page that answers."""
    async with page.expect_navigation():
        await page.click(f'main button:has-text("{name}")')


async def close_case(page, case):
    """Handle a case until it is closed; the forms of the usual next steps are already open."""
    await page.goto(f"/work/complaints/{case}")
    if await page.get_by_role("button", name="Take this case").count():
        await press(page, "Take this case")
    await press(page, "Acknowledge")
    await page.check("#outcome-outcome-2")
    await page.fill("#outcome-message", "You should have been told why. We told them so.")
    await press(page, "Record outcome")
    await press(page, "Close the case")


@pytest.mark.slow
async def test_a_reviewer_signs_in_by_link_and_walks_a_complaint_to_closed(enter, case, violations):
    page = await enter(CINDY)
    assert await violations(page) == []
    await page.click("text=All open cases")
    assert await violations(page) == []
    await page.get_by_role("link", name=case).click()
    assert "Smith" not in await page.inner_text("main")
    await press(page, "Take this case")
    await page.click("summary:has-text('Record an outcome')")
    await press(page, "Record outcome")
    await expect(page.locator(".govuk-error-summary")).to_be_focused()
    assert await violations(page) == []
    await page.click(".govuk-error-summary a")
    await expect(page.locator("#outcome-outcome")).to_be_focused()
    await close_case(page, case)
    assert "The case is closed." in await page.inner_text("main")
    assert await violations(page) == []


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [True, False])
async def test_the_menu_is_one_row_and_its_groups_open_by_keyboard(enter, violations, scripts):
    page = await enter(JOAN, java_script_enabled=scripts, viewport=DESKTOP)
    menu = page.get_by_role("navigation", name="Menu")
    places = [await one.bounding_box() for one in await menu.locator("> ul > li").all()]
    assert len({place["y"] for place in places}) == 1
    await menu.get_by_text("Texts").focus()
    await page.keyboard.press("Enter")
    await expect(menu.get_by_role("link", name="Quotes")).to_be_visible()
    if scripts:
        assert await violations(page) == []
        await page.keyboard.press("Escape")
        await expect(menu.get_by_role("link", name="Quotes")).to_be_hidden()


@pytest.mark.slow
async def test_a_complaint_is_walked_to_its_end_without_scripts(enter, case):
    page = await enter(CINDY, java_script_enabled=False, viewport=NARROW)
    await close_case(page, case)
    assert "The case is closed." in await page.inner_text("main")


@pytest.mark.slow
async def test_words_next_step_and_history_of_a_case_are_on_one_screen(enter, case, violations):
    page = await enter(CINDY, viewport=DESKTOP)
    await page.goto(f"/work/complaints/{case}")
    await press(page, "Take this case")
    await page.goto(f"/work/complaints/{case}")
    for shown in ("#words", "#next", "#history", "button:has-text('Acknowledge')"):
        place = await page.locator(shown).bounding_box()
        assert place["y"] + place["height"] <= DESKTOP["height"], shown
    await page.get_by_text("Answers, in the words of the form").click()
    assert await violations(page) == []
    await page.set_viewport_size(PHONE)
    assert (await page.locator("#next").bounding_box())["y"] < 1.5 * PHONE["height"]


@pytest.mark.slow
async def test_the_words_as_written_are_gone_when_the_page_is_read_again(enter, case, violations):
    page = await enter(CINDY)
    await page.goto(f"/work/complaints/{case}")
    await page.click("summary:has-text('Read the text as written')")
    await page.fill("#reason", "To see whether it is urgent")
    await press(page, "Show the text as written")
    assert "Smith" in await page.inner_text("main")
    assert await violations(page) == []
    await page.goto(f"/work/complaints/{case}")
    assert "Smith" not in await page.inner_text("main")


@pytest.mark.slow
async def test_answers_to_our_own_survey_are_exported_by_the_working_group(enter, tmp_path):
    page = await enter(AMINA)
    await page.click("text=All surveys")
    await page.click("text=Feedback about the police")
    assert "only the working group can download its answers" in await page.inner_text("main")
    page = await enter(JOAN)
    await page.goto("/work/surveys/feedback")
    await page.click("text=choose another format")
    await page.get_by_label("CSV").check()
    await page.get_by_label("Codes").check()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Download").click()
    file = await (await download.value).path()
    header = next(csv.reader(file.read_text().splitlines()))
    assert header[:6] == ["row", "version", "mode", "area", "language", "day"]
    assert "story" not in header


async def test_an_administrator_draws_codes_and_keeps_them(enter, violations):
    page = await enter(JOAN)
    await page.goto("/work/surveys/taser-trial")
    await page.fill("#number", "12")
    await page.select_option("#stratum", label="Hackney")
    await page.fill("#psu", "E01000001")
    await page.fill("#probability", "0.002")
    await press(page, "Make access codes")
    assert await violations(page) == []
    async with page.expect_download() as download:
        await page.click("text=Download as CSV")
    rows = (await (await download.value).path()).read_text().splitlines()
    assert len(rows) == 13
    assert rows[1] in await page.input_value("#codes")


async def test_a_person_signs_out_by_keyboard(enter):
    page = await enter(AMINA)
    await page.focus("main form button")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    await page.goto("/work")
    assert "/sign-in" in page.url


PAGES = [
    "",
    "/password",
    "/surveys",
    "/surveys/taser-trial",
    "/surveys/everything",
    "/complaints",
    "/editions",
    "/files",
    "/themes",
    "/themes/proposals",
    "/themes/discovery",
    "/people",
    "/audit",
    "/audit?q=signed&what=accounts&who=command",
    "/jobs",
]


@pytest.mark.slow
@SIZES
async def test_every_page_can_be_used_by_everybody_and_fits(viewport, enter, violations):
    page = await enter(JOAN, viewport=viewport)
    for path in PAGES:
        answer = await page.goto(f"/work{path}")
        assert answer.status == 200, path
        assert await violations(page) == [], path
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"], path


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", ["/surveys", "/editions", "/files", "/people", "/password"], ids=str
)
async def test_a_form_with_mistakes_says_so_to_everybody(path, enter, violations):
    page = await enter(JOAN)
    await page.goto(f"/work{path}")
    if path == "/editions":
        await page.fill("#day-day", "99")
    form = "form:has(#definition)" if path == "/surveys" else "main"
    if path == "/surveys":
        await page.click("summary:has-text('JSON')")
    async with page.expect_navigation():
        await page.click(f"{form} button")
    assert (await page.title()).startswith("Error: ")
    assert await violations(page) == []
    first = page.locator(".govuk-error-summary a").first
    target = await first.get_attribute("href")
    await first.click()
    await expect(page.locator(target)).to_be_focused()
