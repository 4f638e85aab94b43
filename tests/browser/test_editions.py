"""A draft until it is published, in a real browser: axe, phone, keyboard, without scripts."""

import datetime

import pypdfium2
import pytest
from playwright.async_api import expect

from api.security import people
from survey.store import editions
from survey.store.accounts import people as people_store
from survey.store.editions import mails
from tests.analysis.editions.made_up_edition import sample
from tests.browser.database_of_site import connect_to_site
from tests.browser.sizes import DESKTOP, NARROW, SIZES
from tests.people import CINDY, JOAN


@pytest.fixture
async def site_connection(lived_in):
    """A connection to the browser server's database."""
    connection = await connect_to_site(lived_in)
    yield connection
    await connection.close()


@pytest.fixture
async def draft(site_connection):
    """A draft of a new week each time: what is published cannot be removed after a test."""
    weeks = await site_connection.fetchval("SELECT count(*) FROM editions")
    start = datetime.date(2012, 1, 2) + datetime.timedelta(weeks=weeks)
    end = start + datetime.timedelta(days=6)
    await editions.save(site_connection, sample(number=1, start=start, end=end))
    return start


@pytest.fixture
def enter(open_page, site_connection):
    """Signs a person in, the reviewer unless another is named, and opens their first page."""

    async def entered(who=CINDY, **given):
        account = await people_store.by_email(site_connection, who[0])
        ident = account.id if account else await people_store.insert(site_connection, *who, None)
        page = await open_page(**given)
        await page.goto(f"/sign-in/{await people.create_sign_in_link(site_connection, ident)}")
        await page.click("main button")
        await page.wait_for_url("**/work")
        return page

    return entered


async def fits(page):
    return await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def press(page, name):
    async with page.expect_navigation():
        await page.get_by_role("button", name=name).press("Enter")


async def fill_in_action(page, what):
    await page.get_by_label("What needs to be done?").fill(what)
    await page.get_by_label("Who does it?").fill("Met liaison")
    for part, words in (("Day", "1"), ("Month", "3"), ("Year", "2030")):
        await page.get_by_label(part, exact=True).fill(words)


@pytest.mark.slow
async def test_a_draft_is_discussed_reviewed_and_published_without_scripts(enter, open_page, draft):
    page = await enter(java_script_enabled=False, viewport=NARROW)
    reader = await open_page(java_script_enabled=False)
    public = f"/reports/weekly/{draft}"
    await page.goto(f"/work/editions/weekly/{draft}/1")
    assert (await reader.goto(public)).status == 404
    await page.get_by_role("link", name="Read the whole edition").click()
    await page.get_by_role("heading", name="How far to rely on these figures").click()
    await page.locator("#comments-caveats > details > summary").click()
    await page.locator("#words-caveats").fill("Say which boroughs are missing.")
    async with page.expect_navigation():
        await page.locator("#comments-caveats button[type=submit]").click()
    await expect(page.get_by_text("Say which boroughs are missing.")).to_be_visible()
    await page.goto(f"/work/editions/weekly/{draft}/1")
    await fill_in_action(page, "Ask the Met for the missing week")
    await press(page, "Agree on this action")
    await expect(page.get_by_role("link", name="Ask the Met for the missing week")).to_be_visible()
    await press(page, "Mark as reviewed")
    assert (await reader.goto(public)).status == 404
    page = await enter(JOAN, java_script_enabled=False, viewport=NARROW)
    await page.goto(f"/work/editions/weekly/{draft}/1")
    await press(page, "Publish this edition")
    await expect(page.get_by_text("Everyone can read it.", exact=False).first).to_be_visible()
    assert (await reader.goto(public)).status == 200
    await expect(reader.get_by_text("Say which boroughs are missing.")).to_have_count(0)


@pytest.mark.slow
@SIZES
async def test_every_page_passes_axe_and_fits(enter, violations, draft, viewport):
    page = await enter(viewport=viewport)
    address = f"/work/editions/weekly/{draft}/1"
    await page.goto(address)
    await page.get_by_label("Comment on the whole edition").fill("One word\nand another.")
    await press(page, "Comment")
    await press(page, "Strike out")
    await fill_in_action(page, "Write to the boroughs")
    await press(page, "Agree on this action")
    for place in (address, f"{address}/read", "/work/editions", "/work/actions"):
        await page.goto(place)
        assert await violations(page) == []
        assert await fits(page), place
    await page.get_by_role("link", name="Write to the boroughs").first.click()
    await page.get_by_label("Done").check()
    await press(page, "Save")
    await expect(page.get_by_role("alert").first).to_contain_text("Say what the result was")
    assert await violations(page) == []
    assert await fits(page)
    await page.get_by_label("What was the outcome?").fill("They answered.")
    await press(page, "Save")
    await expect(page.get_by_text("The action is changed.")).to_be_visible()


@SIZES
@pytest.mark.parametrize(
    "step",
    [
        "published",
        *(pytest.param(one, marks=pytest.mark.slow) for one in ("reviewed", "withdrawn")),
    ],
)
async def test_every_status_passes_axe_and_fits(enter, violations, draft, viewport, step):
    page = await enter(viewport=viewport)
    await page.goto(f"/work/editions/weekly/{draft}/1")
    await press(page, "Mark as reviewed")
    if step != "reviewed":
        page = await enter(JOAN, viewport=viewport)
        await page.goto(f"/work/editions/weekly/{draft}/1")
        await press(page, "Publish this edition")
    if step == "withdrawn":
        await page.get_by_text("Withdraw it").click()
        await page.get_by_label("Reason, which everyone can read").fill("Two boroughs mixed up.")
        await press(page, "Withdraw this edition")
    assert await violations(page) == []
    assert await fits(page)
    if step == "withdrawn":
        await page.goto(f"/reports/weekly/{draft}")
        await expect(page.get_by_text("Two boroughs mixed up.")).to_be_visible()
        assert await violations(page) == []
        assert await fits(page)


@pytest.mark.slow
@SIZES
async def test_an_address_subscribes_and_leaves_without_scripts(
    open_page, site_connection, viewport
):
    """Another test checks the mail itself: here the link is read from the database."""
    page = await open_page(viewport=viewport, java_script_enabled=False)
    email = f"reader{viewport['width']}@example.org"
    await page.goto("/reports")
    await page.get_by_role("link", name="Get an email when a report is published").click()
    await press(page, "Subscribe")
    await expect(page.get_by_role("alert")).to_contain_text("Select which reports you want")
    await page.get_by_label("Email address").fill(email)
    await page.get_by_label("The monthly report").check()
    await press(page, "Subscribe")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Check your email")
    key = await site_connection.fetchval("SELECT key FROM subscribers WHERE email = $1", email)
    await page.goto(f"/subscribe/{key}")
    await press(page, "Confirm")
    await page.get_by_role("link", name="Unsubscribe").click()
    await press(page, "Delete my address")
    await expect(page.get_by_role("heading", level=1)).to_have_text("You have unsubscribed")
    assert not await site_connection.fetchval(
        "SELECT count(*) FROM subscribers WHERE email = $1", email
    )


@pytest.mark.slow
@SIZES
async def test_the_pages_for_subscribers_pass_axe_and_fit(
    open_page, violations, site_connection, viewport
):
    page = await open_page(viewport=viewport)
    key = "k" * 43
    await mails.save_request(site_connection, "axe@example.org", ["weekly", "monthly"], key)
    key = await site_connection.fetchval(
        "SELECT key FROM subscribers WHERE email = 'axe@example.org'"
    )
    for place in ("/subscribe", "/subscribe/sent", f"/subscribe/{key}", f"/unsubscribe/{key}"):
        await page.goto(place)
        assert await violations(page) == []
        assert await fits(page), place
    await page.goto("/subscribe")
    await press(page, "Subscribe")
    assert await violations(page) == []


@pytest.mark.slow
async def test_the_page_for_the_meeting_is_one_sheet_of_paper(enter, violations, draft):
    page = await enter(viewport=DESKTOP)
    await page.goto("/work/meeting")
    assert await violations(page) == []
    printed = pypdfium2.PdfDocument(await page.pdf(prefer_css_page_size=True))
    assert len(printed) == 1
    assert [round(side) for side in printed[0].get_size()] == [595, 842]
    text = printed[0].get_textpage().get_text_bounded()
    assert "For the meeting" in text
    assert "/work/editions" not in text
