"""Charts answer the pointer and the keyboard, with the words of their own tables."""

import re

import pytest
from playwright.async_api import expect

from tests.analysis.editions.made_up_edition import WEEK
from tests.browser.sizes import DESKTOP, NARROW

pytestmark = pytest.mark.usefixtures("published_reports")
ADDRESS = f"/reports/weekly/{WEEK}?number=2"
FULL_WEEK = f"/reports/weekly/{WEEK}?number=3"
FULL_MONTH = "/reports/monthly/2008-06-01"
ROW = "row => [...row.cells].map(cell => cell.textContent.trim())"
HEADS = "table => [...table.tHead.rows[0].cells].map(cell => cell.textContent.trim())"


def keys_of(page, title):
    """The control that reads the figures of a chart."""
    return page.get_by_role("slider", name=f"Figures of this chart: {title}", exact=True)


def label_of(page):
    return page.locator(".reading__label")


async def table_lines(table, name):
    """The row of this name in a table, as a label says it: each heading with its cell."""
    heads = await table.evaluate(HEADS)
    row = table.locator("tbody tr").filter(has=table.page.get_by_text(name, exact=True))
    return [f"{head}: {cell}" for head, cell in zip(heads, await row.evaluate(ROW), strict=True)]


@pytest.mark.slow
async def test_the_trend_and_the_tiles_say_what_their_tables_say(open_page):
    page = await open_page(viewport=DESKTOP)
    await page.goto(ADDRESS)
    keys = keys_of(page, "Perception index over time")
    await keys.focus()
    table = page.locator("#index-series-figures table")
    newest = await table_lines(table, "30 Jun 2008")
    assert await keys.get_attribute("aria-valuetext") == "; ".join(newest)
    assert newest[1].startswith("Index (95% interval): ")
    await expect(label_of(page)).to_contain_text(newest[1])
    await page.keyboard.press("Escape")
    await expect(label_of(page)).to_have_count(0)
    await keys.blur()

    marks = page.locator("svg[aria-labelledby^=index-series] [data-row]")
    await marks.nth(3).hover(force=True)
    hovered = await table_lines(table, await marks.nth(3).get_attribute("data-row"))
    assert (await label_of(page).inner_text()).splitlines() == hovered

    tiles = page.locator(".edition-front .tile-grid")
    await tiles.get_by_role("listitem").filter(has_text="Hackney:").hover()
    figure = (await table_lines(page.locator("#index-by-area-figures table"), "Hackney"))[1]
    value, interval = figure.removeprefix("Index (95% interval): ").rstrip(")").split(" (")
    lines = (await label_of(page).inner_text()).splitlines()
    assert lines[0].startswith(f"Hackney: {value}, 95% interval {interval}, ")
    assert lines[1:] == ["9 Jun 2008 to 6 Jul 2008"]


@pytest.mark.slow
async def test_keys_go_through_a_line_and_between_the_rows_of_a_grid(open_page):
    page = await open_page(viewport=DESKTOP)
    await page.goto(ADDRESS)
    keys = keys_of(page, "Perception index over time")
    await keys.focus()
    said = []
    for key in ("ArrowLeft", "Home", "ArrowRight", "ArrowDown", "ArrowUp", "End"):
        await page.keyboard.press(key)
        said.append((await keys.get_attribute("aria-valuetext")).split(";")[0])
    assert said[0] == "Week from: 23 Jun 2008"
    assert said[1:] == [
        "Week from: 1 Oct 2007",
        "Week from: 8 Oct 2007",
        "Week from: 15 Oct 2007",
        "Week from: 8 Oct 2007",
        "Week from: 30 Jun 2008",
    ]

    grid = keys_of(page, "Boroughs at a glance")
    await grid.focus()
    names = []
    for key in ("ArrowDown", "ArrowDown", "Home", "ArrowRight"):
        await page.keyboard.press(key)
        names.append((await grid.get_attribute("aria-valuetext")).split(":")[0])
    assert len(set(names)) == len(names)
    await expect(label_of(page)).to_contain_text("Arrow keys: next figure. Escape: close.")


@pytest.mark.slow
@pytest.mark.parametrize("address", [FULL_WEEK, FULL_MONTH])
async def test_every_chart_of_a_report_is_one_stop_and_says_its_period(open_page, address):
    page = await open_page(viewport=DESKTOP)
    await page.goto(address)
    await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    charts = page.locator(".reading")
    assert await charts.count() > 8
    for chart in await charts.all():
        keys = chart.locator(".reading__keys")
        await expect(keys).to_have_count(1)
        lines = (await keys.get_attribute("aria-valuetext")).split("; ")
        assert len(lines) > 1
        period = await chart.get_attribute("data-period")
        # Where the chart has no period of its own, each mark names its own: a day, or so many weeks
        # before or after.
        assert lines[-1] == period if period else re.search(r"\d{4}|^Weeks ", lines[0])


@pytest.mark.slow
async def test_a_tap_opens_a_label_within_the_screen_and_a_tap_elsewhere_closes_it(open_page):
    page = await open_page(viewport=NARROW, has_touch=True)
    await page.goto(ADDRESS)
    picture = page.locator("svg[aria-labelledby^=index-series]")
    await picture.scroll_into_view_if_needed()
    box = await picture.bounding_box()
    await page.touchscreen.tap(box["x"] + box["width"] - 12, box["y"] + box["height"] / 2)
    await expect(label_of(page)).to_contain_text("30 Jun 2008")
    shown = await label_of(page).bounding_box()
    assert shown["x"] >= 0
    assert shown["x"] + shown["width"] <= NARROW["width"]
    await page.get_by_role("heading", level=1).tap()
    await expect(label_of(page)).to_have_count(0)


@pytest.mark.slow
@pytest.mark.parametrize("given", [{}, {"locale": "ar"}, {"forced_colors": "active"}])
async def test_axe_finds_nothing_while_a_label_is_open(open_page, violations, given):
    page = await open_page(**given)
    for address, stop in (
        (ADDRESS, ".reading__keys"),
        ("/reports/boroughs", ".tile__link"),
        ("/explore?figure=index", ".reading__keys"),
    ):
        await page.goto(address)
        for places in await page.locator("#index-places > summary").all():
            await places.click()  # a phone has the small lines closed
        await page.locator(stop).first.focus()
        await expect(label_of(page)).to_have_count(1)
        assert await violations(page) == []


@pytest.mark.slow
async def test_the_map_of_boroughs_is_read_by_its_links(open_page):
    page = await open_page(viewport=DESKTOP)
    await page.goto("/reports/boroughs")
    await page.locator(".tile-grid").get_by_role("link", name="Lambeth").focus()
    await page.keyboard.press("Tab")
    await expect(label_of(page)).to_contain_text("Lewisham: ")
    await page.keyboard.press("Shift+Tab")
    await expect(label_of(page)).to_contain_text("Lambeth: ")
    await expect(label_of(page)).to_contain_text("95% interval")


@pytest.mark.slow
async def test_small_pictures_are_one_stop_with_a_line_each(open_page):
    page = await open_page(viewport=NARROW)
    await page.goto("/explore?figure=index&kind=weekly")
    await page.locator("#index-places > summary").click()
    await page.get_by_text("The figures as a table").click()
    keys = page.locator(".panels").locator("..").locator(".reading__keys")
    await keys.focus()
    first = await keys.get_attribute("aria-valuetext")
    await page.keyboard.press("ArrowDown")
    second = await keys.get_attribute("aria-valuetext")
    assert first.split(": ")[0] != second.split(": ")[0]
    for said in (first, second):
        name = said.split(": ")[0]
        head = page.get_by_role("rowheader", name=name, exact=True)
        cell = page.get_by_role("row").filter(has=head).locator("td").last
        assert said == f"{name}: {await cell.inner_text()}; Week 27 of 2008"
    for _down in range(20):
        await page.keyboard.press("ArrowDown")
    await expect(label_of(page)).to_be_in_viewport(ratio=1)


@pytest.mark.slow
async def test_without_scripts_nothing_of_it_is_there_and_the_tables_are(open_page):
    page = await open_page(java_script_enabled=False)
    await page.goto(ADDRESS)
    await expect(page.locator(".reading__keys")).to_have_count(0)
    await expect(page.locator("#index-series-figures table")).to_have_count(1)
