"""A resident with a phone: without scripts, on a narrow screen, by keyboard, in Arabic."""

import re

import pytest
from playwright.async_api import expect

from tests.api.pages.survey_of_everything import FILLED, WRONG
from tests.browser.conftest import ACCESS_CODE
from tests.browser.sizes import NARROW, SIZES
from tests.files.uploads import plain_jpeg

REFERENCE = re.compile(r"^[A-Z2-9]{4}-[A-Z2-9]{4}$")
PICTURE = {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": plain_jpeg()}
KINDS = [step for step in FILLED if step != "borough"]

ADDRESSES = [
    *("/", "/surveys", "/surveys/feedback", "/complaints", "/surveys/taser-trial", "/nowhere"),
    *("/surveys/none", "/surveys/feedback/feedback", "/sign-in"),
]


async def press_continue(page):
    """Press the button that goes on: the first one, unless that adds something."""
    onward = page.locator('main form button[value="go"]')
    await (onward if await onward.count() else page.locator("main form button").first).click()
    await page.wait_for_load_state("load")


async def begin_form(page, base, *, area="E09000012"):
    await page.goto(base)
    if await page.locator("#code").count():
        await page.fill("#code", ACCESS_CODE)
    await page.select_option("#answer", area)
    await press_continue(page)


async def choose_answer(page, text):
    await page.locator("label", has_text=text).first.click()
    await press_continue(page)


async def fits(page):
    """Whether the page is no wider than the screen."""
    return await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def focused_name(page):
    return await page.evaluate(
        "(document.activeElement.id || document.activeElement.textContent).trim()"
    )


def record_pages(page):
    """A list that grows by every page that loads."""
    seen = []
    page.on("load", lambda loaded: seen.append(loaded.url))
    return seen


@pytest.mark.parametrize("scripts", [False, True])
async def test_feedback_to_the_reference(open_page, scripts):
    """Seven pages from the home page to the reference."""
    page = await open_page(java_script_enabled=scripts)
    seen = record_pages(page)
    await page.goto("/")
    await page.get_by_role("main").get_by_text("Give feedback").click()
    await page.wait_for_load_state("load")
    await page.select_option("#answer", "E09000012")
    await press_continue(page)
    await page.locator("label", has_text="Taser").click()
    await page.fill("#q-story", "They explained what they did.")
    await press_continue(page)
    await choose_answer(page, "Agree")
    for text in ("25 to 34", "Female", "White"):
        await page.get_by_label(text, exact=True).check(force=True)
    await press_continue(page)
    await expect(page.locator("h1")).to_have_text("Check your answers before you send them")
    await expect(page.locator("main")).to_contain_text("They explained what they did.")
    await press_continue(page)
    await expect(page.locator("h1")).to_have_text("Answers sent")
    await expect(page.locator(".govuk-panel strong")).to_have_text(REFERENCE)
    assert len(seen) == 7, seen


@pytest.mark.slow
async def test_a_complaint_with_a_photo_for_somebody_else(open_page):
    """Eleven pages from the home page to the passphrase."""
    page = await open_page()
    seen = record_pages(page)
    await page.goto("/")
    await page.get_by_role("main").get_by_role("link", name="Complain", exact=True).click()
    await page.wait_for_load_state("load")
    await page.fill("#postcode", "E8 1EA")
    await press_continue(page)
    await page.fill("#q-narrative", "They searched my son outside the bakery.")
    await page.get_by_label("I am not sure of the exact day").check(force=True)
    await press_continue(page)
    await choose_answer(page, "Being stopped")
    await page.get_by_label("Someone else, and I am writing for them").check(force=True)
    await press_continue(page)
    await expect(page.locator("h1")).to_have_text("Who it happened to")
    await page.get_by_label("They are a child").check(force=True)
    await press_continue(page)
    await page.set_input_files("#files", PICTURE)
    async with page.expect_navigation():
        await press_continue(page)
    await press_continue(page)
    await press_continue(page)
    await expect(page.locator("main")).to_contain_text("IMG_1.jpg")
    await press_continue(page)
    await expect(page.locator("h1")).to_have_text("Complaint sent")
    assert len(seen) == 11, seen
    await page.get_by_role("button", name="Copy", exact=True).click()
    await expect(page.locator("#copied")).to_have_text("Copied")


async def test_a_complaint_in_arabic_without_scripts_on_a_narrow_screen(open_page):
    page = await open_page(java_script_enabled=False, viewport=NARROW)
    await page.goto("/complaints")
    await page.locator(".languages__current").click()
    await page.get_by_role("link", name="العربية").click()
    await page.wait_for_load_state("load")
    await expect(page.locator("html")).to_have_attribute("dir", "rtl")
    await begin_form(page, "/complaints")
    await press_continue(page)
    await expect(page.locator(".govuk-error-summary")).to_contain_text("أخبرنا بما حدث")
    await page.fill("#q-narrative", "حدث ذلك أمام المحطة.")
    await press_continue(page)
    await choose_answer(page, "التيزر")
    for _ in range(4):
        assert await fits(page)
        await press_continue(page)
    await expect(page.locator("main")).to_contain_text("حدث ذلك أمام المحطة.")
    await press_continue(page)
    await expect(page.locator(".govuk-panel strong")).to_have_text(REFERENCE)


@pytest.mark.slow
async def test_axe_finds_nothing_on_the_pages_about_files_and_the_passphrase(open_page, violations):
    """On a narrow screen: with a file, with a refused file, before the passphrase is hidden."""
    page = await open_page(viewport=NARROW)
    for address in ("contact", "privacy", "cookies", "accessibility", "sources"):
        await page.goto(f"/about/{address}")
        assert await violations(page) == [], address
        assert await fits(page), address
    await begin_form(page, "/complaints")
    await page.fill("#q-narrative", "They searched my son outside the bakery.")
    await press_continue(page)
    await choose_answer(page, "Being stopped")
    await page.goto("/complaints/evidence")
    await page.set_input_files("#files", [PICTURE, PICTURE | {"name": "x", "buffer": b"words"}])
    await page.get_by_role("button", name="Upload and add more").click()
    await expect(page.locator(".govuk-error-summary")).to_be_focused()
    await expect(page.get_by_role("button", name="Remove IMG_1.jpg")).to_be_visible()
    assert await violations(page) == []
    assert await fits(page)
    await page.goto("/complaints/check")
    await press_continue(page)
    assert await violations(page) == []
    assert await fits(page)
    await page.get_by_role("button", name="Hide the passphrase").click()
    await page.wait_for_load_state("load")
    assert await violations(page) == []


@pytest.mark.slow
async def test_two_clicks_on_send_give_one_receipt(open_page):
    page = await open_page(java_script_enabled=False)
    await begin_form(page, "/surveys/feedback")
    await page.locator("label", has_text="Something else").click()
    await page.fill("#q-story", "Twice.")
    for _ in range(3):
        await press_continue(page)
    await page.get_by_role("button", name="Send answers").dblclick()
    await expect(page.locator("h1")).to_have_text("Answers sent")
    first = await page.locator(".govuk-panel strong").text_content()
    await page.go_back()
    await expect(page.locator(".govuk-panel strong")).to_have_text(first)


async def test_an_error_takes_the_focus_and_leads_to_the_field(open_page):
    page = await open_page()
    await begin_form(page, "/surveys/feedback")
    await press_continue(page)
    await expect(page).to_have_title(re.compile("^Error: "))
    await expect(page.locator(".govuk-error-summary")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#q-subject")).to_be_focused()


@pytest.mark.slow
async def test_back_and_reload_after_an_error_find_what_was_typed(open_page):
    """Chromium answered ERR_CACHE_MISS and asked to confirm that the form is sent again."""
    page = await open_page(java_script_enabled=False)
    await begin_form(page, "/surveys/feedback")
    await page.fill("#q-story", "Half a story.")
    await press_continue(page)
    await expect(page.locator(".govuk-error-summary")).to_be_visible()
    await page.get_by_role("link", name="Privacy", exact=True).click()
    await page.go_back()
    await expect(page.locator("#q-story")).to_have_value("Half a story.")
    await page.reload()
    await expect(page.locator("#q-story")).to_have_value("Half a story.")
    await expect(page.locator(".govuk-error-summary")).to_be_visible()


@pytest.mark.slow
async def test_the_keyboard_goes_from_top_to_bottom(open_page):
    page = await open_page()
    await begin_form(page, "/surveys/feedback")
    seen = []
    for _ in range(9):
        await page.keyboard.press("Tab")
        seen.append(await focused_name(page))
    ways_out = ["Skip to main content", "Exit this page", "Soundings", "Exit this page"]
    assert seen == [*ways_out, "Back", "Language: English", "q-subject", "q-story", "Continue"]
    await page.locator("#q-subject").focus()
    await page.keyboard.press("ArrowDown")
    assert await focused_name(page) == "q-subject-2"
    await page.locator("#q-story").fill("By the keys.")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/rating$"))


@pytest.mark.slow
async def test_the_way_back_keeps_what_was_said(open_page):
    page = await open_page(java_script_enabled=False)
    await begin_form(page, "/surveys/feedback")
    await page.locator("label", has_text="Stop and search").click()
    await page.fill("#q-story", "A word.")
    await press_continue(page)
    await page.get_by_role("link", name="Back", exact=True).click()
    await expect(page.locator("input[value=stop_and_search]")).to_be_checked()


async def test_an_open_draft_can_be_left_and_found_again_in_the_same_browser(open_page):
    page = await open_page()
    await begin_form(page, "/surveys/taser-trial")
    await page.goto("/")
    await page.goto("/surveys/taser-trial/check")
    await expect(page.locator("main")).to_contain_text("Hackney")
    cookies = await page.context.cookies()
    assert {cookie["expires"] for cookie in cookies} == {-1}


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "ar"])
@SIZES
async def test_axe_finds_nothing_on_any_page(open_page, violations, viewport, language):
    page = await open_page(viewport=viewport)
    await page.goto(f"/?lang={language}")
    for address in ADDRESSES:
        await page.goto(address)
        assert await violations(page) == [], address
        assert await fits(page), address
    await begin_form(page, "/complaints")
    assert await violations(page) == []


@pytest.mark.slow
@SIZES
async def test_axe_finds_nothing_on_any_kind_of_question(open_page, violations, viewport):
    page = await open_page(viewport=viewport)
    await begin_form(page, "/surveys/everything")
    for step in KINDS:
        await page.goto(f"/surveys/everything/{step}")
        assert await violations(page) == [], step
        assert await fits(page), step
        if any(wrong[:2] == (step, {}) for wrong in WRONG) or step == "rates":
            await press_continue(page)
            await expect(page.locator(".govuk-error-summary")).to_be_visible()
            assert await violations(page) == [], f"{step} with its error"
            assert await fits(page), f"{step} with its error"


@pytest.mark.slow
async def test_forced_colours_and_long_words_fit(open_page, violations):
    page = await open_page(viewport=NARROW, forced_colors="active")
    await begin_form(page, "/surveys/feedback")
    await page.locator("label", has_text="Something else").click()
    await page.fill("#q-story", "x" * 300)
    for _ in range(3):
        await press_continue(page)
    await expect(page.locator("h1")).to_have_text("Check your answers before you send them")
    assert await fits(page)
    assert await violations(page) == []


async def test_the_first_page_is_light(open_page):
    page = await open_page()
    weights = """[...performance.getEntriesByType("navigation"),
                  ...performance.getEntriesByType("resource")].map(one => one.encodedBodySize)"""
    await page.goto("/", wait_until="networkidle")
    first = await page.evaluate(weights)
    assert 4 <= len(first) <= 6
    assert sum(first) <= 60_000, first
    await page.goto("/surveys/feedback", wait_until="networkidle")
    assert (await page.evaluate(weights))[0] <= 4_000


@pytest.mark.slow
async def test_characters_are_counted_as_the_server_counts_them(open_page):
    page = await open_page()
    await begin_form(page, "/complaints")
    status = page.locator(".govuk-character-count__status").first
    before = await status.text_content()
    most = int("".join(filter(str.isdigit, before)))
    await page.fill("#q-narrative", "\N{GRINNING FACE}" * 300 + "e\u0301 \n")
    await expect(status).to_contain_text(f"{most - 301:,}")
