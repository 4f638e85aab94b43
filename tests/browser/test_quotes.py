"""A quote from the form to the report, and a campaign, in a real browser: phone, keyboard, axe."""

import pytest

from api import clock
from api.jobs import kinds
from api.jobs.edition_inputs import editions
from api.jobs.texts import discoveries
from api.security import people
from survey.store.accounts import people as people_store
from tests.api.pages.staff.test_campaigns import LETTER
from tests.browser.database_of_site import connect_to_site
from tests.browser.sizes import NARROW
from tests.conftest import OneConnection
from tests.people import CINDY, JOAN
from tests.stored.coded_texts import STORY, load_first_theme, save_hand_coding, send_coded_answer
from tests.stored.published_editions import publish_saved


@pytest.fixture
async def site_database(lived_in):
    connection = await connect_to_site(lived_in)
    yield OneConnection(connection)
    await connection.close()


@pytest.fixture
async def cindy(open_page, site_database):
    return await open_signed_in(open_page, site_database, CINDY)


async def open_signed_in(open_page, site_database, who):
    """Sign somebody in on a narrow phone without scripts; their page."""
    connection = site_database.the_connection
    account = await people_store.by_email(connection, who[0])
    ident = account.id if account else await people_store.insert(connection, *who, None)
    page = await open_page(viewport=NARROW, java_script_enabled=False)
    await page.goto(f"/sign-in/{await people.create_sign_in_link(connection, ident)}")
    await page.click("main button")
    return page


async def fill_in_feedback(page):
    """Answer the open form up to the page that shows the answers."""
    await page.goto("/surveys/feedback")
    while not page.url.endswith("/check"):
        for field, value in (("input[name=postcode]", "E8 1EA"), ("textarea", STORY)):
            box = page.locator(f"main {field}")
            if await box.count():
                await box.first.fill(value)
        radio = page.locator("main input[type=radio]")
        if await radio.count():
            await radio.last.check()  # not the youngest: they are not asked to be quoted
        await page.click("main form button")


async def test_a_resident_is_asked_and_says_nothing_by_default(
    open_page, violations, site_database
):
    page = await open_page(viewport=NARROW)
    await fill_in_feedback(page)
    assert await violations(page) == []
    assert not await page.is_checked("#may_quote")
    await page.check("#may_quote")
    await page.click("text=Send answers")
    reference = page.url.rsplit("/", 1)[1]
    consent = await site_database.the_connection.fetchval(
        "SELECT may_quote FROM responses WHERE reference = $1", reference
    )
    assert consent == "yes"


@pytest.mark.slow
async def test_the_question_is_asked_in_arabic_too(open_page, violations):
    page = await open_page(viewport=NARROW, locale="ar")
    await fill_in_feedback(page)
    assert await page.is_visible("text=يجوز لكم اقتباس كلماتي")
    assert await violations(page) == []


@pytest.mark.slow
async def test_a_quote_is_chosen_approved_and_printed_without_scripts(
    cindy, site_database, open_page
):
    theme = await load_first_theme(site_database)
    for n in range(10):
        await send_coded_answer(site_database, f"Story number {n} of its own, at house {n * 7}.")
    await send_coded_answer(site_database, may_quote=True)
    await cindy.goto(f"/work/quotes/new?theme={theme.id}")
    await cindy.locator("main input[type=radio]").first.check()
    await cindy.click("main button:has-text('Propose')")
    joan = await open_signed_in(open_page, site_database, JOAN)
    await joan.goto("/work/quotes")
    await joan.click("main button:has-text('Approve')")
    assert "The quote is approved" in await joan.inner_text("main")
    start = kinds.this_week(clock.today())
    await code_waiting_texts(site_database)
    async with site_database.the_connection.transaction():
        edition, _ = await editions.make_edition(site_database.the_connection, "weekly", start)
        await publish_saved(site_database.the_connection, edition)
    page = await open_page(viewport=NARROW)
    await page.goto(f"/reports/weekly/{start}")
    await page.get_by_role("heading", name="What people wrote", exact=True).click()
    assert await page.is_visible(f"text=“{STORY[:49]}”")


async def code_waiting_texts(site_database):
    """Code by hand whatever texts other tests of this site left."""
    rows = await site_database.the_connection.fetch("SELECT id, body FROM texts WHERE due")
    for row in rows:
        await save_hand_coding(site_database, row["id"], row["body"])


@pytest.mark.slow
@pytest.mark.parametrize("address", ["/work/quotes", "/work/quotes/new", "/work/campaigns"])
async def test_the_pages_fit_a_narrow_phone(open_page, site_database, violations, address, cindy):
    for n in range(6):
        await send_coded_answer(
            site_database, LETTER.replace("ordinary", f"ordinary street {n}"), may_quote=True
        )
    await discoveries.save_campaigns(site_database.the_connection, clock.today())
    page = await open_page(viewport=NARROW)
    await page.context.add_cookies(await cindy.context.cookies())
    await page.goto(f"{address}?theme={(await load_first_theme(site_database)).id}")
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
