"""Blind coding in a real browser: narrow phone, by keyboard, without scripts, no leaks."""

import re

import pytest
from playwright.async_api import expect

from api.jobs.texts import double_coding as job
from tests.browser.sizes import NARROW, SIZES
from tests.browser.test_staff import CINDY, enter, press, site_connection  # noqa: F401
from tests.stored import coded_twice
from tests.stored.coded_texts import delete_answers
from tests.stored.coded_twice import (
    QUARTER,
    code_as_person,
    insert_answers,
    label,
    save_machine_codes,
)

BASE = "/work/double-coding"
TOKEN = re.compile(r'name="_csrf_token" value="[^"]+"')
LABELS = 130


@pytest.fixture
async def sample(site_connection):  # noqa: F811
    """Texts of a quarter, drawn to be coded; they are deleted after the test."""
    themes = await coded_twice.load_theme_ids(site_connection)
    texts = await insert_answers(
        site_connection, [([themes[n % 3]], "negative") for n in range(LABELS)]
    )
    await job.draw_quarter_sample(site_connection, str(QUARTER))
    yield texts
    await delete_answers(site_connection, texts)
    await site_connection.execute("ALTER TABLE double_coding_samples DISABLE TRIGGER USER")
    await site_connection.execute("DELETE FROM double_coding_samples")
    await site_connection.execute("ALTER TABLE double_coding_samples ENABLE TRIGGER USER")


@pytest.fixture
async def differing(site_connection, sample):  # noqa: F811
    """The same texts, coded by two people who disagree on five."""
    themes = await coded_twice.load_theme_ids(site_connection)
    accounts = await coded_twice.ensure_reviewers(site_connection)
    truth = {text: [themes[n % 3]] for n, text in enumerate(sample)}
    await code_as_person(site_connection, accounts[0], lambda text: label(truth[text], "negative"))
    hard = set(sample[:5])
    await code_as_person(
        site_connection,
        accounts[1],
        lambda text: label([] if text in hard else truth[text], "negative"),
    )
    return sample


async def test_a_text_is_coded_by_keyboard_alone_without_scripts(enter, sample):  # noqa: F811
    page = await enter(CINDY, java_script_enabled=False, viewport=NARROW)
    await page.goto(f"{BASE}/next")
    assert await page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert not await page.is_visible(".code-keys")
    for place in ("#tone", "#themes", "#comment_type"):
        await page.focus(place)
        await page.keyboard.press("Space")
    await page.focus(".code-save button")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert "Saved." in await page.inner_text("main")
    assert f"text 2 of {LABELS}" in await page.inner_text("main")


async def test_the_page_is_the_same_whatever_the_machine_said(enter, sample, site_connection):  # noqa: F811
    """Saves machine codes that nobody else would give, and looks for any trace of them."""
    page = await enter(CINDY)
    worlds = []
    for theme, tone in (("officer-training", "positive"), ("young-people", "negative")):
        await save_machine_codes(
            site_connection, sample, [([theme], tone)] * len(sample), version=f"planted-{tone}"
        )
        await page.goto(f"{BASE}/next")
        assert f"text 1 of {LABELS}" in await page.inner_text("main")
        tree = await page.evaluate(WHOLE_PAGE)
        worlds.append((TOKEN.sub("", await page.content()), TOKEN.sub("", tree)))
        assert "planted" not in tree
    assert worlds[0] == worlds[1]


@pytest.mark.slow
async def test_each_choice_has_a_key_and_keys_can_be_switched_off(enter, sample, violations):  # noqa: F811
    page = await enter(CINDY)
    await page.goto(f"{BASE}/next")
    assert await violations(page) == []
    first, shown = page.url, page.locator(".code-choice__key >> nth=0")
    await expect(shown).to_be_visible()
    for keys in ("Control+1", "Shift+1", "Alt+a"):
        await page.keyboard.press(keys)
    assert await page.locator("main input:checked").count() == 0
    await page.keyboard.down("Insert")
    await page.keyboard.press("1")
    await page.keyboard.up("Insert")
    assert await page.locator("main input:checked").count() == 0
    for key in ("1", "a", "b", "5"):
        await page.keyboard.press(key)
    assert await page.is_checked("#tone")
    assert await page.locator("[name=themes]:checked").count() == 2
    await page.keyboard.press("n")
    assert await page.locator("[name=themes]:checked").count() == 1
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert "Saved." in await page.inner_text("main")
    await page.go_back()
    assert page.url == first
    assert await page.is_checked("#tone")
    await page.click(".code-keys button")
    await page.goto(f"{BASE}/next")
    await expect(shown).to_be_hidden()
    await page.keyboard.press("1")
    assert await page.locator("main input:checked").count() == 0


# Everything that a script of the reader's own could find: the tree with comments, what is stored.
WHOLE_PAGE = """() => new XMLSerializer().serializeToString(document)
  + JSON.stringify([...document.querySelectorAll('input')].map(one => [one.value, one.checked]))
  + JSON.stringify({...localStorage, ...sessionStorage}) + performance.getEntries()
    .filter(one => one.initiatorType).map(one => one.name).join(' ')"""

PAGES = ["", "/next", "/disagreements", "/results", "/examples"]


@pytest.mark.slow
@SIZES
async def test_every_page_can_be_used_by_everybody_and_fits(
    viewport,
    enter,  # noqa: F811
    differing,
    violations,
):
    page = await enter(CINDY, viewport=viewport)
    for path in [*PAGES, f"/texts/{differing[0]}"]:
        answer = await page.goto(f"{BASE}{path}")
        assert answer.status == 200, path
        assert await violations(page) == [], path
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"], path


@pytest.mark.slow
async def test_a_disagreement_is_decided(enter, differing, violations):  # noqa: F811
    page = await enter(CINDY)
    await page.goto(f"{BASE}/disagreements")
    await page.click("main table a >> nth=0")
    await press(page, "Save the decision")
    await expect(page.locator(".govuk-error-summary")).to_be_focused()
    assert await violations(page) == []
    await page.check("#tone-2")
    await page.check("#themes")
    await page.check("#comment_type")
    await page.fill("#note", "It is about what officers did.")
    await press(page, "Save the decision")
    assert "Decision saved." in await page.inner_text("main")
