"""The inbox and a case in a real browser: phone and desktop, by keyboard, without scripts."""

import contextlib
import datetime

import pytest

from api.jobs.texts import coding
from api.operations import cases
from api.operations.cases import CaseCommand
from api.security import people
from survey.cases import CaseEvent
from survey.cases.contacts import Contact
from survey.deployments import DeploymentCount, Import
from survey.problems import Conflict
from survey.store import deployments
from survey.store.accounts import people as people_store
from survey.store.cases import complaints
from tests.browser.database_of_site import connect_to_site
from tests.browser.sizes import NARROW, SIZES
from tests.browser.test_staff import press
from tests.conftest import OneConnection
from tests.people import CINDY
from tests.stored.complaint_forms import create_case

STORY = (
    "Sergeant John Smith shone a red dot on my brother by the bakery in Mare Street and shouted at"
    " him to lie down. Ring me on 07700 900123. The florist saw all of it."
)
DAY = datetime.date(2026, 1, 7)


@pytest.fixture
async def site_connection(lived_in):
    connection = await connect_to_site(lived_in)
    yield connection
    await connection.close()


@pytest.fixture
async def cindy(site_connection):
    account = await people_store.by_email(site_connection, CINDY[0])
    return account.id if account else await people_store.insert(site_connection, *CINDY, None)


@pytest.fixture
async def case(site_connection, cindy):
    """A case that Cindy handles and asked a question about, and a second case that is similar."""
    answers = {"narrative": STORY, "happened_on": str(DAY)}
    receipt = await create_case(
        OneConnection(site_connection), contact=Contact(phone="020 7946 0000"), **answers
    )
    await create_case(
        OneConnection(site_connection), **(answers | {"narrative": STORY + " So did I."})
    )
    async with site_connection.transaction():
        await coding.code_all(site_connection)
        await apply_event(
            site_connection, receipt.reference, CaseEvent(kind="assigned", to=cindy), cindy
        )
        await apply_event(site_connection, receipt.reference, CaseEvent(kind="acknowledged"), cindy)
        asked = CaseEvent(kind="asked")
        await apply_event(
            site_connection, receipt.reference, asked, cindy, message="Which evening was it?"
        )
    await insert_count(site_connection)
    return receipt.reference


async def apply_event(connection, reference, event, by, **more):
    version = (await complaints.get(connection, reference)).version
    deed = CaseCommand(event=event, side="reviewer", expected=version, by=by, **more)
    await cases.apply_command(connection, reference, deed)


async def insert_count(connection):
    """Insert a published count that covers the day, once for all tests."""
    week = DAY - datetime.timedelta(days=DAY.weekday())
    count = DeploymentCount(
        area="E09000012",
        start=week,
        end=week + datetime.timedelta(days=6),
        measure="incidents",
        tactic="red_dotted",
        count=3,
    )
    found = Import(
        source="met_tables", file="f.csv", sha256="f" * 64, known_on=DAY, counts=(count,)
    )
    with contextlib.suppress(Conflict):
        await deployments.save(connection, found)


@pytest.fixture
def enter(open_page, site_connection, cindy):
    async def entered(**given):
        page = await open_page(**given)
        await page.goto(f"/sign-in/{await people.create_sign_in_link(site_connection, cindy)}")
        await page.click("main button")
        await page.wait_for_url("**/work")
        return page

    return entered


async def unfold_all(page):
    """Open everything that is folded."""
    await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")


async def check_page(page, violations, viewport, where):
    assert await violations(page) == [], where
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= viewport["width"], where


@pytest.mark.slow
@SIZES
async def test_the_inbox_and_a_case_can_be_used_by_everybody_and_fit(
    viewport, enter, case, violations
):
    page = await enter(viewport=viewport)
    for path in ("/work/complaints", "/work/complaints?status=all&q=bakery&overdue=yes"):
        await page.goto(path)
        await unfold_all(page)
        await check_page(page, violations, viewport, path)
    await page.goto(f"/work/complaints/{case}")
    await check_page(page, violations, viewport, "a case")
    await unfold_all(page)
    await check_page(page, violations, viewport, "a case, unfolded")
    await page.fill("#reason", "To decide what is masked")
    await press(page, "Show the text as written")
    await check_page(page, violations, viewport, "the text as written")
    await page.fill("#more-narrative", "Nobody's name")
    await press(page, "Save these redactions")
    assert (await page.title()).startswith("Error: ")
    await check_page(page, violations, viewport, "a mistake")


@pytest.mark.slow
async def test_what_is_masked_is_decided_by_keyboard_and_without_scripts(enter, case):
    page = await enter(java_script_enabled=False, viewport=NARROW)
    await page.goto(f"/work/complaints/{case}")
    await page.click("summary:has-text('Read the text as written')")
    await page.fill("#reason", "To decide what is masked")
    await page.focus("button:has-text('Show the text as written')")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    await page.focus("#span-narrative-1")
    await page.keyboard.press("Space")
    await page.fill("#more-narrative", "florist")
    await press(page, "Save these redactions")
    shown = await page.inner_text("main")
    assert "John Smith" in shown
    assert "The [masked] saw all of it" in shown
    assert "900123" not in shown


@pytest.mark.slow
async def test_a_complaint_is_merged_linked_and_read_by_its_handler(enter, case, violations):
    page = await enter()
    await page.goto(f"/work/complaints/{case}")
    await page.click("summary:has-text('Contact')")
    await press(page, "Show the contact")
    assert "020 7946 0000" in await page.inner_text("main")
    await page.click("summary:has-text('Messages: 1')")
    assert "Which evening was it?" in await page.inner_text("main")
    await page.goto(f"/work/complaints/{case}")
    await page.click("summary:has-text('Record of a deployment')")
    await page.click("summary:has-text('Link it to a record')")
    await page.click("label:has-text('Red-dotted: 3 incidents')")
    await page.fill("#linked-note", "The dart was seen")
    await press(page, "Link to this record")
    assert "The case is linked to the record." in await page.inner_text("main")
    assert await violations(page) == []
    await page.click("summary:has-text('Complaints about the same event')")
    await page.click("summary:has-text('Merge this complaint')")
    await press(page, "Merge")
    assert await violations(page) == []
    await page.click(".govuk-error-summary a >> nth=0")
    await page.click("form[action$='/merge'] .govuk-radios__label >> nth=0")
    await page.click("label:has-text('Another person, about the same event')")
    await page.fill("#merged-note", "The same evening, the same dot")
    await press(page, "Merge")
    assert "Both numbers still work" in await page.inner_text("main")
    assert await violations(page) == []


@pytest.mark.slow
async def test_the_inbox_is_searched_and_a_view_saved_by_keyboard(enter, case, violations):
    page = await enter()
    await page.goto("/work/complaints")
    await page.focus("#q")
    await page.keyboard.type('"red dot" bakery')
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert case in await page.inner_text("main")
    await page.fill("#name", "Red dots")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert "The view is saved." in await page.inner_text("main")
    assert await violations(page) == []
    await page.goto("/work/complaints")
    await page.click("nav >> text=Red dots")
    assert case in await page.inner_text("main")
    await press(page, "Delete")
    assert "Red dots" not in await page.inner_text("main")
