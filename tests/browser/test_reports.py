"""The report in a browser: by axe, on a phone, at 320 px, without scripts, right to left."""

import re

import pytest
from playwright.async_api import expect

from tests.analysis.editions.made_up_edition import WEEK
from tests.api.pages.reports.test_listing import in_week
from tests.browser.sizes import DESKTOP, NARROW, PHONE, WIDE
from tests.stored.published_editions import save_and_publish

SHEET = {"width": 718, "height": 1016}  # A4 with margins, in pixels of a page
ADDRESS = f"/reports/weekly/{WEEK}?number=2"
FULL_WEEK = f"/reports/weekly/{WEEK}?number=3"
FULL_MONTH = "/reports/monthly/2008-06-01"
ADDRESSES = [
    "/reports",
    "/method",
    "/method/texts",
    ADDRESS,
    f"/reports/weekly/{WEEK}?number=1",
    "/reports/monthly/2026-10-01",
    FULL_WEEK,
    FULL_MONTH,
    "/method/disparity_ratio",
    "/reports/boroughs",
    "/reports/boroughs/E09000012",
    "/reports/boroughs/E09000012?kind=monthly",
    "/reports/themes",
    "/reports/themes/taser",
    "/about/sources",
    "/explore",
    "/recommendations",
    "/reports/places",
]
BOROUGH = "/reports/boroughs/E09000012"
QUICK = ("/reports", ADDRESS, BOROUGH)
MOSTLY_SLOW = [
    pytest.param(one, marks=() if one in QUICK else pytest.mark.slow) for one in ADDRESSES
]


pytestmark = pytest.mark.usefixtures("published_reports")


async def fits(page):
    return await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("address", MOSTLY_SLOW)
@pytest.mark.parametrize("viewport", [PHONE, WIDE], ids=["phone", "desktop"])
async def test_axe_finds_nothing(open_page, violations, address, viewport):
    page = await open_page(viewport=viewport)
    await page.goto(address)
    assert await violations(page) == []


@pytest.mark.slow
async def test_axe_finds_nothing_with_every_table_open(open_page, violations):
    page = await open_page()
    await page.goto(ADDRESS)
    await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert await violations(page) == []


@pytest.mark.slow
async def test_axe_finds_nothing_for_an_arabic_reader(open_page, violations):
    page = await open_page(locale="ar")
    await page.goto(ADDRESS)
    assert await violations(page) == []
    assert await fits(page)


@pytest.mark.slow
@pytest.mark.parametrize("address", ADDRESSES)
async def test_nothing_is_wider_than_a_narrow_screen(open_page, address):
    page = await open_page(viewport=NARROW)
    await page.goto(address)
    assert await fits(page)


@pytest.mark.slow
async def test_from_the_list_to_the_tables_without_scripts(open_page):
    page = await open_page(java_script_enabled=False)
    await page.goto("/reports")
    await page.get_by_role("main").get_by_role("link", name="Week 27 of 2008").first.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Week 27 of 2008")
    await page.locator("#index ~ div").get_by_text("The figures in this chart").click()
    table = page.get_by_role("table", name="Perception index over time")
    await expect(table).to_be_visible()
    await expect(table.get_by_role("row")).to_have_count(41)


@pytest.mark.slow
async def test_the_charts_are_images_with_names(open_page):
    page = await open_page()
    await page.goto(ADDRESS)
    await expect(page.locator("main svg[role=img]")).to_have_count(7)
    await page.get_by_role("heading", name="What residents think of the police").click()
    chart = page.get_by_role("img", name="Perception index by borough, ordered by name")
    await expect(chart).to_be_visible()


@pytest.mark.slow
async def test_the_tile_grid_is_a_list_that_can_be_heard(open_page):
    page = await open_page(viewport=NARROW)
    await page.goto(ADDRESS)
    tiles = page.locator(".tile-grid").first.get_by_role("listitem")
    await expect(tiles).to_have_count(33)
    hidden = tiles.filter(has_text="City of London:")
    await expect(hidden).to_contain_text("withheld")
    shown = tiles.filter(has_text="Hammersmith and Fulham:")
    await expect(shown).to_contain_text("56.3")


@pytest.mark.slow
async def test_a_wide_table_is_reached_and_scrolled_by_keyboard(open_page):
    page = await open_page(viewport=NARROW)
    await page.goto(ADDRESS)
    await page.get_by_role("heading", name="Deployments and complaints").click()
    await page.get_by_text("Complaints and deployments by borough", exact=True).first.click()
    region = page.get_by_role("region", name="Table: Complaints and deployments by borough")
    await region.focus()
    await expect(region).to_be_focused()
    await expect(region).to_have_css("overflow-x", "auto")


@pytest.mark.parametrize("address", [FULL_WEEK, FULL_MONTH])
@pytest.mark.slow
async def test_a_full_page_weighs_little_without_scripts(open_page, address):
    page = await open_page(java_script_enabled=False)
    sizes = []

    async def weigh(request):
        sizes.append((await request.sizes())["responseBodySize"])

    page.on("requestfinished", weigh)
    await page.goto(address)
    await page.wait_for_load_state("networkidle")
    assert 40_000 < sum(sizes) < 300_000


@pytest.mark.slow
async def test_axe_finds_nothing_in_a_full_month_with_every_table_open(open_page, violations):
    page = await open_page(viewport=DESKTOP)
    await page.goto(FULL_MONTH)
    await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert await violations(page) == []
    assert await fits(page)


@pytest.mark.slow
async def test_in_forced_colours_alerts_and_charts_can_still_be_distinguished(
    open_page, violations
):
    page = await open_page(forced_colors="active")
    await page.goto(FULL_WEEK)
    assert await violations(page) == []
    await expect(page.locator(".alert-line .alert__level")).to_have_text(
        ["◆ Red", "▲ Amber", "● Data"]
    )
    # The words of a chart are dark, so its ground has to stay white.
    chart = page.locator("svg[aria-labelledby^=index-series]")
    await expect(chart).to_have_css("background-color", "rgb(255, 255, 255)")


@pytest.mark.slow
async def test_on_paper_chapters_are_open_and_menus_are_gone(open_page):
    page = await open_page()
    await page.goto(FULL_WEEK)
    await page.emulate_media(media="print")
    await expect(
        page.get_by_role("heading", name="Complaints and deployments", exact=True)
    ).to_be_visible()
    await expect(page.locator(".alert").first).to_have_css("break-inside", "avoid")


@pytest.mark.slow
async def test_no_table_is_wider_than_a_sheet_and_links_have_no_addresses(open_page):
    page = await open_page(viewport=SHEET)
    await page.goto(FULL_MONTH)
    await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    await page.emulate_media(media="print")
    assert await fits(page)
    tables = page.locator(".table-scroll")
    wide = "every => every.filter(one => one.scrollWidth > one.clientWidth + 1).length"
    assert await tables.evaluate_all(wide) == 0
    address = "one => getComputedStyle(one, '::after').content"
    assert await page.locator("main a.govuk-link").first.evaluate(address) == "none"


async def test_from_the_map_of_boroughs_to_a_report_without_scripts(open_page):
    page = await open_page(java_script_enabled=False)
    await page.goto("/reports/boroughs")
    await page.locator(".tile-grid").get_by_role("link", name="Hackney").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Hackney")
    await page.locator(".place-about > p").get_by_role("link").click()
    await page.get_by_role("link", name="All weekly reports").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Weekly reports")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("viewport", "first", "whole"),
    # One screen of a desk, two and a half of a phone, with the links around it.
    [(DESKTOP, 900, 6_000), (PHONE, 1_900, 6_000)],
    ids=["desk", "phone"],
)
@pytest.mark.parametrize(("address", "changed"), [(FULL_WEEK, "changed"), (FULL_MONTH, "summary")])
async def test_what_changed_and_what_to_raise_are_read_first(
    open_page, viewport, first, whole, address, changed
):
    page = await open_page(viewport=viewport)
    await page.goto(address)
    for name in ("figures", "alerts", changed):
        assert (
            await page.evaluate(f"document.getElementById('{name}').getBoundingClientRect().top")
            < first
        )
    assert await page.evaluate("document.documentElement.scrollHeight") <= whole


@pytest.mark.parametrize(
    ("viewport", "line", "whole"),
    # The line over time begins on the first screen. Fonts differ between machines: 5% more are
    # allowed.
    [(DESKTOP, 680, 1_200), (PHONE, 1_150, 1_900)],
    ids=["desk", "phone"],
)
async def test_a_borough_is_one_screen(open_page, client, db, viewport, line, whole):
    async with db.connection() as connection:
        for week in range(5):
            await save_and_publish(connection, in_week(week, number=1))
    body = (await client.get(BOROUGH)).text
    page = await open_page(viewport=viewport)
    await page.route(f"**{BOROUGH}", lambda route: route.fulfill(body=body))
    await page.goto(BOROUGH)
    drawn = await page.locator("[aria-details=index-figures] svg").bounding_box(timeout=5_000)
    assert drawn["y"] <= 1.05 * line
    assert await page.evaluate("document.documentElement.scrollHeight") <= 1.05 * whole


async def test_a_phone_explores_in_four_screens_and_opens_all_places(open_page):
    page = await open_page(viewport=PHONE)
    await page.goto("/explore?figure=index&kind=weekly")
    places = page.locator("#index-places")
    lines = places.locator(".panels__one")
    assert await lines.count() > 12
    await expect(lines.first).to_be_hidden()
    assert await page.evaluate("document.documentElement.scrollHeight") <= 4 * PHONE["height"]
    await places.locator("summary").press("Enter")
    await expect(lines.last).to_be_visible()


async def test_a_list_of_choices_opens_within_a_narrow_phone(open_page):
    page = await open_page(viewport=NARROW)
    await page.goto("/explore")
    for several in await page.locator(".explore__several > summary").all():
        await several.click()
        assert await fits(page)


async def test_the_boroughs_come_before_the_city_on_a_short_page(open_page):
    page = await open_page(viewport=PHONE)
    await page.goto("/reports/boroughs")
    figures = await page.locator(".place").bounding_box()
    assert figures["y"] <= 1.05 * 1_650
    assert await page.evaluate("document.documentElement.scrollHeight") <= 1.05 * 2_800


async def test_all_questions_of_the_method_are_on_two_screens_of_a_desk(open_page):
    page = await open_page(viewport=DESKTOP)
    await page.goto("/method")
    last = await page.locator("#withheld").bounding_box()
    assert last["y"] <= 1.05 * 1_000


async def test_all_places_are_open_without_scripts(open_page):
    page = await open_page(viewport=PHONE, java_script_enabled=False)
    await page.goto("/explore?figure=index&kind=weekly")
    await expect(page.locator("#index-places .panels__one").last).to_be_visible()


@pytest.mark.parametrize("viewport", [NARROW, PHONE], ids=["narrow", "phone"])
async def test_no_figure_of_a_theme_is_cut_on_a_phone(open_page, viewport):
    page = await open_page(viewport=viewport)
    await page.goto("/reports/themes?kind=weekly")
    tables = page.locator(".theme-streams .table-scroll")
    assert await tables.count()
    for table in await tables.all():
        assert await table.evaluate("one => one.scrollWidth <= one.clientWidth")


@pytest.mark.slow
async def test_a_link_to_a_heading_opens_its_chapter(open_page):
    page = await open_page()
    await page.goto(f"{FULL_WEEK}#rates")
    await expect(
        page.get_by_role("heading", name="Complaints and deployments", exact=True)
    ).to_be_visible()


@pytest.mark.slow
async def test_a_report_offers_the_languages_of_its_first_screen(open_page):
    """An older report, whose sentences cannot be translated, stays in English in each of them."""
    page = await open_page()
    await page.goto(FULL_WEEK)
    await page.locator(".languages__current").click()
    await page.get_by_role("link", name="العربية").click()
    await expect(page.locator("html")).to_have_attribute("dir", "rtl")
    await expect(page.locator(".edition-lead")).to_have_text("Nothing clearly changed for London.")
    in_english = page.locator("[lang=en][dir=ltr]").filter(has=page.locator(".edition-lead"))
    await expect(in_english).to_have_count(1)
    await expect(page.locator(".edition-language")).to_have_count(0)


async def test_a_figure_leads_to_its_measure_and_back_by_keyboard(open_page):
    page = await open_page()
    await page.goto(FULL_MONTH)
    await page.get_by_role("heading", name="Deployments and complaints").click()
    link = page.get_by_role("link", name="On whom force was used: ratios")
    await link.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "On whom force was used: ratios"
    )
    await page.get_by_role("link", name="All measures").click()
    await expect(page).to_have_url(re.compile("/method$"))
