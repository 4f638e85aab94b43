"""The codebook in a real browser: by keyboard without scripts, and every page by axe."""

import pytest

from api.jobs.texts import coding
from api.security import people
from survey.store.accounts import people as people_store
from survey.store.themes import codebooks
from tests.browser.database_of_site import connect_to_site
from tests.browser.sizes import NARROW, SIZES
from tests.conftest import OneConnection
from tests.people import CINDY
from tests.stored.complaint_forms import create_case

BASE = "/work/themes/codebook"
DRAFT = f"{BASE}/draft"
YOUNG = f"{DRAFT}/themes/young-people"
SAID = (
    "They stopped and searched my son, who is 14, on his way home from school.",
    "The officer swore at me and would not give his number.",
    "Nobody came when I rang about the drunk people on the night bus.",
)


@pytest.fixture
async def site_connection(lived_in):
    """A connection to the browser server's database, with texts that the machine has coded."""
    connection = await connect_to_site(lived_in)
    async with connection.transaction():
        for text in SAID:
            await create_case(OneConnection(connection), narrative=text, allegations=["incivility"])
        await coding.code_all(connection)
    yield connection
    await codebooks.discard_draft(connection)
    await connection.close()


@pytest.fixture
def enter(open_page, site_connection):
    """Signs the reviewer in and starts a draft."""

    async def entered(**given):
        account = await people_store.by_email(site_connection, CINDY[0])
        ident = account.id if account else await people_store.insert(site_connection, *CINDY, None)
        page = await open_page(**given)
        await page.goto(f"/sign-in/{await people.create_sign_in_link(site_connection, ident)}")
        await page.click("main button")
        await page.goto(BASE)
        await press(page, "Start a draft")
        return page

    return entered


async def press(page, words):
    """Focus a button or a link and press Enter."""
    found = page.locator(f'main >> :is(button, a):has-text("{words}") >> visible=true').first
    await found.focus()
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


async def type_into(page, field, words):
    await page.focus(f"#{field}")
    await page.keyboard.press("Control+A")
    await page.keyboard.type(words)


@pytest.mark.slow
async def test_a_reviewer_changes_the_codebook_by_keyboard_without_scripts(enter, site_connection):
    page = await enter(java_script_enabled=False, viewport=NARROW)
    before = (await codebooks.get_newest(site_connection)).version
    await press(page, "Young people")
    await type_into(page, "name-en", "Children and young people")
    await press(page, "Save the name")
    await type_into(page, "example", "My daughter is afraid of the officers at school")
    await press(page, "Add the text")
    await press(page, "Merge it into another theme")
    await page.focus("#into")
    await page.keyboard.type("Older")
    await press(page, "Merge")
    assert "The themes are merged in the draft." in await page.inner_text("main")
    await press(page, "See the effect before accepting")
    assert "What it would change" in await page.inner_text("main")
    await type_into(page, "note", "Decided at the meeting of March")
    await press(page, f"Accept as version {before + 1}")
    assert f"Version {before + 1} is in use" in await page.inner_text("main")
    book = await codebooks.get_newest(site_connection)
    assert [type(edit).__name__ for edit in book.edits] == ["Rename", "Exemplify", "Merge"]


PAGES = ["", "/add", "/import", "/discard", "/effect"]
THEME_PAGES = ["", "/merge", "/split?parts=3", "/retire"]


@pytest.fixture
async def pages(site_connection):
    theme = (await codebooks.get_newest(site_connection)).themes[0].id
    return [BASE, f"{BASE}/versions/1", *(DRAFT + end for end in PAGES)] + [
        f"{DRAFT}/themes/{theme}{end}" for end in THEME_PAGES
    ]


@pytest.mark.slow
@SIZES
async def test_axe_finds_nothing_on_any_page_of_the_codebook(viewport, enter, pages, violations):
    page = await enter(viewport=viewport)
    for address in pages:
        await page.goto(address)
        assert await violations(page) == [], address
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"], address


@pytest.mark.slow
async def test_the_second_of_two_editors_sees_that_the_draft_changed(
    enter, pages, site_connection, violations
):
    page = await enter()
    await page.goto(f"{DRAFT}/add")
    await type_into(page, "name-en", "Buses at night")
    await type_into(page, "description", "Says that buses at night feel unsafe.")
    seen = await codebooks.find_draft(site_connection)
    await codebooks.save_draft(site_connection, seen.book, revision=seen.revision, by=None)
    await press(page, "Add the theme")
    words = await page.inner_text("main")
    assert "Someone else changed the draft" in words
    assert "Buses at night" in words
    assert await violations(page) == []
