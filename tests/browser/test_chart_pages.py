"""The page of a chart fits a phone, is complete without scripts, and its west stays west."""

import pytest
from playwright.async_api import expect

from tests.analysis.editions.made_up_edition import WEEK
from tests.browser.sizes import DESKTOP, NARROW

pytestmark = [pytest.mark.usefixtures("published_reports"), pytest.mark.slow]
REPORTS = (f"/reports/weekly/{WEEK}?number=3", "/reports/monthly/2008-06-01")
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def chart_links(page, report):
    """The pages of all charts of a report."""
    await page.goto(report)
    links = await page.locator("a[href*='/chart/']").evaluate_all(
        "found => found.map(one => one.getAttribute('href'))"
    )
    assert len(set(links)) > 5
    return sorted(set(links))


@pytest.mark.parametrize("report", REPORTS)
async def test_the_page_of_each_chart_fits_a_narrow_phone_and_axe_finds_nothing(
    open_page, violations, report
):
    page = await open_page(viewport=NARROW)
    for link in await chart_links(page, report):
        await page.goto(link)
        assert await page.evaluate(WIDE) == 0, link
    # The map and its tiles, and a line: the parts of the others are on the page of the report.
    for name in ("boroughs", "index-series"):
        await page.goto(f"{report.partition('?')[0]}/chart/{name}")
        assert await violations(page) == [], name


async def test_west_stays_west_where_the_page_runs_from_the_right(open_page):
    places = {}
    for language in ("en", "ar"):
        page = await open_page(viewport=DESKTOP, locale=language)
        await page.goto(f"/reports/weekly/{WEEK}/chart/boroughs?number=3")
        for name in ("Hillingdon", "Havering"):
            box = await page.locator(f"path[data-row='{name}']").bounding_box()
            tile = await page.get_by_role("listitem").filter(has_text=f"{name}:").bounding_box()
            places[language, name] = box["x"], tile["x"]
    for language in ("en", "ar"):
        west, east = places[language, "Hillingdon"], places[language, "Havering"]
        assert west[0] < east[0], language
        assert west[1] < east[1], language


async def test_a_chart_is_complete_without_scripts(open_page):
    page = await open_page(java_script_enabled=False)
    await page.goto(f"/reports/weekly/{WEEK}/chart/index-series?number=3")
    await expect(page.locator("#index-series-figures table")).to_have_count(1)
    await expect(page.locator("svg[aria-labelledby^=index-series]")).to_be_visible()
    code = await page.locator("p code").inner_text()
    assert "<script" not in code
    assert "<iframe" not in code
    assert 'alt="' in code
