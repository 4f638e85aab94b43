"""Themes in a real browser: from a figure to a text, from a candidate to the draft."""

import msgspec
import pytest
from playwright.async_api import expect

from api.security import people
from survey.store.accounts import people as people_store
from survey.store.themes import codebooks, codes
from survey.themes.codebooks import CandidateTheme, Coding, Sentiment, ThemeCode
from survey.themes.proposals import Discovery, MergeThemes, NewTheme
from tests.browser.database_of_site import connect_to_site
from tests.browser.sizes import SIZES
from tests.conftest import OneConnection
from tests.people import CINDY
from tests.stored.coded_texts import delete_answers, send_coded_answer
from tests.stored.complaint_forms import create_case

THEMES = "/work/themes"
REDACTED = "Ring me on [phone]. They stopped my son on his way home from school."
STADIUM = CandidateTheme(
    label="stadium, match day", words=("stadium", "match day"), quotes=("Too rough.",), size=31
)


@pytest.fixture
async def site_connection(lived_in):
    connection = await connect_to_site(lived_in)
    yield connection
    await connection.close()


@pytest.fixture
async def text(site_connection):
    """The id of a coded text, quoted in a discovery; with two proposals of different kinds."""
    receipt = await create_case(
        OneConnection(site_connection), narrative="raw 07700 900123", allegations=["other"]
    )
    ident = await site_connection.fetchval(
        "SELECT t.id::text FROM texts t JOIN complaints c ON c.id = t.complaint"
        " WHERE c.reference = $1",
        receipt.reference,
    )
    await codes.save(site_connection, [ident], [coding_of_text()])
    found = CandidateTheme(label="way home, school", words=("way home",), quotes=(ident,), size=44)
    candidates = (found, msgspec.structs.replace(STADIUM, quotes=()))
    at_cuts = {6: (0,), 7: (0, 1)}
    discovery = Discovery(texts=75, reader="r", proposed=6, candidates=candidates, cuts=at_cuts)
    await codebooks.insert_discovery(site_connection, discovery)
    merge = MergeThemes(theme="officer-training", into="message-to-communities", likeness=0.93)
    await codebooks.insert_proposals(
        site_connection, [NewTheme(theme=STADIUM), merge], codebook=1, key="week"
    )
    return ident


def coding_of_text():
    return Coding(
        language="en",
        redacted=REDACTED,
        spans=(),
        sentiment=Sentiment(label="negative", polarity=-0.3, subjectivity=0.5, words=()),
        themes=(ThemeCode("mental-health-crisis", 0.91, 20, len(REDACTED)),),
        coder="soundings.text",
        coder_version="1",
        codebook=1,
    )


@pytest.fixture
def enter(open_page, site_connection):
    """Signs the reviewer in and opens the page of themes."""

    async def entered(**given):
        account = await people_store.by_email(site_connection, CINDY[0])
        ident = account.id if account else await people_store.insert(site_connection, *CINDY, None)
        page = await open_page(**given)
        await page.goto(f"/sign-in/{await people.create_sign_in_link(site_connection, ident)}")
        await page.click("main button")
        await page.wait_for_url("**/work")
        await page.goto(THEMES)
        return page

    return entered


async def follow(page, words):
    async with page.expect_navigation():
        await page.get_by_role("link", name=words).first.click()


async def press(page, words):
    async with page.expect_navigation():
        await page.get_by_role("button", name=words).first.click()


async def test_a_figure_is_opened_to_its_texts_and_a_text_to_its_coder(enter, text, violations):
    page = await enter(java_script_enabled=False)
    await follow(page, "Mental-health crisis")
    await page.fill("#words", "school")
    await press(page, "Show these texts")
    assert "They stopped my son" in await page.inner_text("mark >> nth=0")
    await page.click(f'a[href="/work/texts/{text}"]')
    assert "soundings.text, version 1" in await page.inner_text("main")
    await page.click("text=Read the text as written")
    await page.fill("#reason", "To ring the mother back")
    await press(page, "Show the text as written")
    assert "07700 900123" in await page.inner_text("main")
    await page.goto(f"/work/texts/{text}")
    assert "07700" not in await page.inner_text("main")


@pytest.mark.slow
async def test_a_theme_on_a_phone_names_no_source_without_its_texts(enter, text, site_connection):
    _, sent = await send_coded_answer(OneConnection(site_connection))
    page = await enter(viewport={"width": 390, "height": 844})
    cells = page.locator("td.cell-none")
    assert {cell.strip() for cell in await cells.all_inner_texts()} <= {"", "None"}
    assert await cells.count() >= 2
    await expect(cells.first).to_be_hidden()
    await page.set_viewport_size({"width": 1280, "height": 844})
    await expect(cells.first).to_be_visible()
    await delete_answers(site_connection, [sent])


async def test_the_cut_is_moved_and_a_candidate_selected_by_keyboard(enter, text, violations):
    page = await enter()
    await follow(page, "Look for new themes")
    assert "tadium" not in await page.inner_text("main")
    await page.focus("#k")
    await page.keyboard.press("ArrowUp")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert "Stadium, match day" in await page.inner_text("main")
    await page.focus("section:has(#candidate-1) summary:has-text('Select as a theme')")
    await page.keyboard.press("Enter")
    await page.fill("#name-0-1", "")
    await page.fill("#description-0-1", "Policing of football.")
    await press(page, "Add it to the draft")
    assert await violations(page) == []
    await page.click(".govuk-error-summary a")
    await expect(page.locator("#name-0-1")).to_be_focused()
    await page.fill("#name-0-1", "Match day")
    await press(page, "Add it to the draft")
    assert page.url.split("?")[0].endswith("/codebook/draft")


@pytest.mark.slow
@SIZES
async def test_the_pages_can_be_used_by_everybody_and_fit(viewport, enter, text, violations):
    page = await enter(viewport=viewport)
    listed = f"{THEMES}/mental-health-crisis/texts"
    for path in (
        THEMES,
        listed,
        f"{listed}?tone=positive",
        f"/work/texts/{text}",
        f"{THEMES}/proposals",
        f"{THEMES}/discovery?k=7",
    ):
        answer = await page.goto(path)
        assert answer.status == 200, path
        await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert await violations(page) == [], path
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"], path
