"""The survey builder in a real browser: with and without scripts, by keyboard, checked by axe."""

import pytest
from playwright.async_api import expect

from api.security import cookies, people
from survey.store import surveys
from survey.store.accounts import people as people_store
from survey.store.surveys import instruments
from survey.surveys.instruments.versions import HarmonisedVersions
from tests.browser.database_of_site import connect_to_site
from tests.browser.sizes import DESKTOP, NARROW, PHONE, SIZES
from tests.browser.test_resident import press_continue
from tests.people import AMINA
from tests.stored.answers import load_answers
from tests.waiting import until

BASE = "/work/builder"
SLUG = "police-in-our-estate"
CLUB = f"{BASE}/{SLUG}"
ENTERED = ("answer_uploads", "paper_forms", "paper_batches", "paper_settings", "survey_erasures")


@pytest.fixture
async def site_connection(lived_in):
    """A connection to the browser server's database; the survey made here is deleted afterwards."""
    connection = await connect_to_site(lived_in)
    yield connection
    await surveys.delete_draft(connection, SLUG)
    await connection.execute("DELETE FROM responses WHERE instrument = $1", SLUG)
    for table in ENTERED:
        await connection.execute(f"DELETE FROM {table} WHERE survey = $1", SLUG)
    await connection.execute("DELETE FROM instruments WHERE slug = $1", SLUG)
    await connection.execute("DELETE FROM surveys WHERE slug = $1", SLUG)
    await connection.close()


@pytest.fixture
def enter(open_page, site_connection):
    """Signs the organiser in and opens the builder."""

    async def entered(**given):
        account = await people_store.by_email(site_connection, AMINA[0])
        ident = account.id if account else await people_store.insert(site_connection, *AMINA, None)
        page = await open_page(**given)
        await page.goto(f"/sign-in/{await people.create_sign_in_link(site_connection, ident)}")
        await page.click("main button")
        await page.goto(BASE)
        return page

    return entered


async def press(page, words):
    """Focus a button or a link and press Enter."""
    await focus_on(page, words)
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


async def focus_on(page, words):
    await page.locator(f'main >> :is(button, a):has-text("{words}") >> visible=true').first.focus()


async def type_into(page, field, words):
    await page.focus(f"#{field}")
    await page.keyboard.press("Control+A")
    await page.keyboard.type(words)


async def choose_option(page, field, letters):
    """Pick an option of a list by typing its first letters."""
    await page.focus(f"#{field}")
    await page.keyboard.type(letters)


async def make_survey(page):
    """Make a survey of two questions, the second asked only if the first is answered "No"."""
    await type_into(page, "title", "Police in our estate")
    await press(page, "Create")
    await type_into(page, "words", "Do you feel safe?")
    await press(page, "Add and edit")
    await type_into(page, "option-3-en", "Mostly")
    await press(page, "Save")
    await type_into(page, "words", "Why not?")
    await choose_option(page, "kind", "Own")
    await press(page, "Add and edit")
    await type_into(page, "when-1", "safe is no")
    await press(page, "Save")


async def move_question(page, button, scripts):
    """Press a move button; with scripts the list changes in place and says the new position."""
    await page.focus(button)
    if not scripts:
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
        return
    await page.keyboard.press("Enter")
    await page.locator("#moved", has_text="Now number").wait_for(state="attached")


async def load_question_names(connection):
    return [part.name for part in (await surveys.get_draft(connection, SLUG)).instrument.items]


async def answer_survey(page, choice):
    """Answer the survey on its public page, as a resident does."""
    await page.goto(f"/surveys/{SLUG}")
    await page.select_option("#answer", "E09000012")
    await press(page, "Start now")
    await page.check(f'input[value="{choice}"]', force=True)
    await press(page, "Continue")
    if choice == "no":
        await type_into(page, "answer", "The stairs are dark")
        await press(page, "Continue")
    await press(page, "Send answers")
    await page.wait_for_url("**/done/*")


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [False, True], ids=["without", "with"])
async def test_a_survey_is_made_run_and_changed_by_keyboard(enter, site_connection, scripts):
    page = await enter(java_script_enabled=scripts, viewport=NARROW)
    await make_survey(page)
    assert "Only asked if" in await page.inner_text("#part-why_not")
    await move_question(page, "#up-why_not", scripts)
    assert await load_question_names(site_connection) == ["why_not", "do_you_feel_safe"]
    assert "is asked later" in await page.text_content("#warnings")
    await move_question(page, "#down-why_not", scripts)
    await page.goto(f"{CLUB}/preview")
    assert "Mostly" in await page.inner_text(".phones")
    await page.goto(f"{CLUB}/publish")
    await press(page, "Publish version 1")
    for choice in ("no", "mostly"):
        await answer_survey(page, choice)
    await page.goto(f"/work/surveys/{SLUG}")
    await press(page, "Change this survey")
    await page.focus("#part-do_you_feel_safe .builder__text")
    await page.keyboard.press("Enter")
    await page.locator("#option-3-en").wait_for()
    await type_into(page, "option-3-en", " ")
    await page.select_option("#option-3-into", label="count as Yes")
    await page.click("summary:has-text('Advanced')")
    await type_into(page, "name", "feels_safe")
    await press(page, "Save")
    await page.goto(f"{CLUB}/publish")
    assert "continues under a new column name: feels_safe" in await page.inner_text("main")
    await press(page, "Publish version 2")
    chain = await instruments.load_history(site_connection, SLUG)
    rows = await load_answers(site_connection, SLUG)
    read = [HarmonisedVersions(chain).answers(row.version, row.answers) for row in rows]
    assert sorted(one["feels_safe"] for one in read) == ["no", "yes"]
    assert await site_connection.fetchval("SELECT count(*) FROM texts WHERE item = 'why_not'") == 1
    await answer_survey(page, "yes")


@pytest.mark.slow
async def test_with_scripts_the_list_changes_in_place_and_can_be_dragged(
    enter, site_connection, violations
):
    page = await enter(viewport=DESKTOP)
    await make_survey(page)
    await page.evaluate("window.stayed = true")
    await page.click("#down-do_you_feel_safe")
    await page.locator("#moved", has_text="Now number 2 of 2").wait_for(state="attached")
    assert await load_question_names(site_connection) == ["why_not", "do_you_feel_safe"]
    assert await page.evaluate("window.stayed")
    handle = page.locator("#part-do_you_feel_safe .builder__handle")
    await handle.drag_to(page.locator("#part-why_not"), target_position={"x": 20, "y": 5})
    await page.locator("li.builder__part:first-child#part-do_you_feel_safe").wait_for()

    async def moved_back():
        return await load_question_names(site_connection) == ["do_you_feel_safe", "why_not"]

    await until(moved_back)
    assert await page.evaluate("window.stayed")
    await page.click("#part-why_not .builder__text")
    await page.locator("#edit-why_not #text-en").wait_for()
    await type_into(page, "text-en", "Why is that?")
    await press(page, "Save")
    assert "Why is that?" in await page.inner_text("#part-why_not")
    await page.click("#part-why_not .builder__text")
    await page.locator("#edit-why_not #text-en").wait_for()
    assert await violations(page) == []
    await page.click("#part-why_not .builder__text")
    await page.locator("#edit-why_not #text-en").wait_for(state="detached")
    await page.click("#remove-do_you_feel_safe")  # the other one is asked by its answer
    await page.locator("#builder .govuk-error-summary").wait_for()
    await expect(page.locator(".govuk-error-summary")).to_be_focused()
    assert await load_question_names(site_connection) == ["do_you_feel_safe", "why_not"]
    await page.click("#remove-why_not")
    await page.locator("#part-why_not").wait_for(state="detached")
    assert await load_question_names(site_connection) == ["do_you_feel_safe"]


@pytest.mark.slow
async def test_with_scripts_a_change_is_undone_in_place(enter, site_connection, violations):
    page = await enter(viewport=DESKTOP)
    await make_survey(page)
    await page.click("#remove-why_not")
    await page.locator("#part-why_not").wait_for(state="detached")
    await page.click("#undo")
    await page.locator("#part-why_not").wait_for()
    await expect(page.locator("#undo")).to_be_focused()
    await page.click("#redo")
    await page.locator("#part-why_not").wait_for(state="detached")
    await page.click("#undo")
    await page.locator("#part-why_not").wait_for()
    await page.click("#duplicate-why_not")
    await page.locator("#part-why_not_2").wait_for()
    assert await load_question_names(site_connection) == [
        "do_you_feel_safe",
        "why_not",
        "why_not_2",
    ]
    await page.click("#undo")
    await page.locator("#part-why_not_2").wait_for(state="detached")
    await page.click("#part-do_you_feel_safe .builder__between a")
    await expect(page.locator("#words")).to_be_focused()
    await page.fill("#words", "Anything else?")
    await press(page, "Add and edit")
    assert await load_question_names(site_connection) == [
        "do_you_feel_safe",
        "anything_else",
        "why_not",
    ]


@pytest.mark.slow
async def test_an_edit_that_was_sent_too_late_is_saved_after_signing_in_again(
    enter, site_connection
):
    page = await enter(java_script_enabled=False)
    await type_into(page, "title", "Police in our estate")
    await press(page, "Create")
    await type_into(page, "words", "Why?")
    await choose_option(page, "kind", "Own")
    await press(page, "Add and edit")
    await type_into(page, "text-en", "Why is that?")
    await page.context.clear_cookies(name=cookies.SESSION)
    await press(page, "Save")
    assert "your last change is not saved yet" in await page.inner_text("main")
    account = await people_store.by_email(site_connection, AMINA[0])
    await page.goto(f"/sign-in/{await people.create_sign_in_link(site_connection, account.id)}")
    await press(page, "Sign in")
    await press(page, "Save it now")
    assert "Why is that?" in await page.inner_text("#part-why")


@pytest.mark.slow
@SIZES
async def test_axe_finds_nothing_on_any_page_of_the_builder(
    enter, site_connection, violations, viewport
):
    page = await enter(viewport=viewport)
    assert await violations(page) == []
    await type_into(page, "title", "Police in our estate")
    async with page.expect_navigation():
        await page.click('button[value="after-incident"]')
    addresses = [CLUB, f"{CLUB}/about", f"{CLUB}/preview", f"{CLUB}/publish", f"{CLUB}/report"]
    for name in await load_question_names(site_connection):
        addresses.append(f"{CLUB}/questions/{name}")
    for address in addresses[:10]:
        await page.goto(address)
        assert await violations(page) == [], address
        wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, address


async def test_a_broken_file_is_refused_on_the_page(enter, violations):
    page = await enter()
    await page.set_input_files(
        "#file", {"name": "broken.xlsx", "mimeType": "application/zip", "buffer": b"PK nonsense"}
    )
    await press(page, "Import")
    assert "not a workbook, or it is damaged" in await page.inner_text(".govuk-error-summary")
    assert await violations(page) == []


@pytest.mark.slow
@pytest.mark.parametrize(("scripts", "viewport"), [(False, PHONE), (True, DESKTOP)])
async def test_a_draft_with_a_condition_is_tried_out(
    enter, site_connection, violations, scripts, viewport
):
    page = await enter(java_script_enabled=scripts, viewport=viewport)
    await make_survey(page)
    await press(page, "Try it out")
    await press(page, "Start the test")
    await page.select_option("#answer", "E09000012")
    await press_continue(page)
    await page.check('input[value="no"]', force=True)
    await press_continue(page)
    await expect(page.locator("main")).to_contain_text("Why not?")
    if scripts:
        assert await violations(page) == []
    assert (
        await site_connection.fetchval("SELECT count(*) FROM responses WHERE instrument = $1", SLUG)
        == 0
    )
