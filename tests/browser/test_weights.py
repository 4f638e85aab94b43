"""How much a slow line has to carry: the first page of every kind in every language, and the next.

Each is counted as it comes over the line, compressed, with everything that the page fetches.
"""

import pytest

from api.pages.filters import LANGUAGES
from survey.store.surveys import instruments, sharing
from survey.store.surveys.sharing import Kiosk
from survey.surveys.ready import load_templates
from tests.browser.database_of_site import connect_to_site
from tests.browser.test_resident import press_continue
from tests.parts import slow_and_long

FIRST, NEXT = 60_000, 5_000
TOKEN = "kiosk-of-the-weights--"
AFTER_INCIDENT = "after-incident"
FETCHED = """[...performance.getEntriesByType("navigation"),
  ...performance.getEntriesByType("resource")].map(one => [one.name, one.%s])"""
SURVEYS = ("/surveys/feedback", "/complaints", "/surveys/everything", f"/surveys/{AFTER_INCIDENT}")
FIRST_PAGES = ("/", *SURVEYS, "/surveys/taser-trial")


@pytest.fixture
async def published(lived_in):
    """A survey made from a template, and a kiosk of the one with every kind of question."""
    connection = await connect_to_site(lived_in)
    template = next(one for one in load_templates() if one.slug == AFTER_INCIDENT)
    await instruments.insert(connection, template)
    await sharing.insert_kiosk(connection, Kiosk("everything", TOKEN, "123456"))
    yield
    await connection.execute("DELETE FROM kiosks WHERE survey = 'everything'")
    await connection.execute("DELETE FROM instruments WHERE slug = $1", AFTER_INCIDENT)
    await connection.execute("DELETE FROM surveys WHERE slug = $1", AFTER_INCIDENT)
    await connection.close()


async def weigh(page, field="encodedBodySize"):
    """The bytes of each thing that the page fetched, by its address."""
    await page.wait_for_load_state("networkidle")
    found = {}
    # An address may have been asked twice, as a kiosk asks whether its link still holds.
    for name, size in await page.evaluate(FETCHED % field):
        found[name] = found.get(name, 0) + size
    return found


@pytest.mark.slow
@pytest.mark.parametrize("language", slow_and_long(LANGUAGES, 3))
async def test_a_first_page_has_60_kb_and_the_next_5(open_page, published, language):
    for address in FIRST_PAGES:
        page = await open_page(locale=language)
        await page.goto(address)
        first = await weigh(page)
        assert any(name.endswith(".woff2") for name in first), "the font had not come yet"
        assert sum(first.values()) <= FIRST, first
        if address in SURVEYS:
            if await page.locator("#answer").count():
                await page.select_option("#answer", "E09000012")
            await press_continue(page)
            then = await weigh(page, "transferSize")
            assert sum(then.values()) <= NEXT, then
        await page.context.close()


@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("/reports", 60_000),
        ("/reports/boroughs", 60_000),
        ("/reports/boroughs/E09000012", 60_000),
        ("/reports/themes?kind=weekly", 60_000),
        ("/explore", 70_000),
        ("/method", 50_000),
        ("/about/sources", 50_000),
    ],
)
async def test_a_page_of_figures_is_hardly_heavier_than_a_first_page(
    open_page, published_reports, address, most
):
    page = await open_page()
    await page.goto(address)
    assert sum((await weigh(page)).values()) <= most


@pytest.mark.slow
@pytest.mark.parametrize("language", slow_and_long(LANGUAGES, 3))
async def test_a_kiosk_has_the_whole_survey_in_60_kb(open_page, published, language):
    page = await open_page(locale=language)
    await page.goto(f"/kiosk/{TOKEN}/{language}")
    first = await weigh(page)
    assert sum(first.values()) <= FIRST, first
