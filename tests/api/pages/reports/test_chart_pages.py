"""A chart has a page of its own: its table, files and address, and lines for other pages."""

import html
import re
from xml.etree import ElementTree

import pytest

from api.editions import report_view
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.made_up_edition import WEEK
from tests.stored.published_editions import save_and_publish

ADDRESS = f"/reports/weekly/{WEEK}"
LINKS = re.compile(r'href="([^"]+)"')
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
async def published(db):
    async with db.connection() as connection:
        await save_and_publish(connection, full_weekly_edition())
        await save_and_publish(connection, full_monthly_edition())


@pytest.mark.slow
@pytest.mark.parametrize("make_edition", [full_weekly_edition, full_monthly_edition])
async def test_every_chart_and_grid_of_an_edition_has_a_page(client, published, make_edition):
    edition = make_edition()
    address = f"/reports/{edition.kind}/{edition.start}"
    sections = report_view(edition, "0" * 64).every_section
    names = {section.figure.chart for section in sections if section.figure}
    names |= {section.key for section in sections if section.tiles}
    linked = set(re.findall(rf'{address}/chart/([^?"]+)', (await client.get(address)).text))
    assert linked == names
    for name in sorted(names):
        answer = await client.get(f"{address}/chart/{name}")
        assert answer.status_code == 200, name
        page = answer.text
        assert f'id="{name}-figures"' in page
        assert f"{address}/charts/{name}.png" in page
        # The words for people who do not see it are those of the chart.
        said = re.search(rf'<desc id="{name}-desc">(.*?)</desc>', page, re.S)[1]
        alt = re.search(r'alt="(.*)"></a>', html.unescape(page))[1]
        assert html.unescape(said) in html.unescape(alt), name
        # Framing stays refused: the lines for other pages are a link and a picture.
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_the_page_of_a_chart_has_its_files_and_its_address(client, published):
    page = (await client.get(f"{ADDRESS}/chart/index-series?number=2")).text
    for link in LINKS.findall(page):
        if link.startswith(f"{ADDRESS}/tables/"):
            assert (await client.get(html.unescape(link))).status_code == 200, link
    assert f"{ADDRESS}/tables/index-series.csv?number=2" in page
    assert f"{ADDRESS}/chart/index-series?number=2</a>" in page
    # What others show leads to the newest number of the period, so that a correction reaches it.
    code = html.unescape(re.search(r"<code[^>]*>(.*?)</code>", page, re.S)[1])
    assert "number=" not in code
    root = ElementTree.fromstring(code.replace('"></a>', '"/></a>'))
    assert root.get("href").endswith(f"{ADDRESS}/chart/index-series")
    assert root[0].get("src").endswith(f"{ADDRESS}/charts/index-series.png")


async def test_a_map_has_the_boundary_of_each_borough_and_a_sign_outside_the_limits(
    client, published
):
    answer = await client.get(f"{ADDRESS}/charts/boroughs.svg")
    assert answer.status_code == 200
    root = ElementTree.fromstring(answer.content)
    shapes = [path.get("data-row") for path in root.iter(f"{SVG}path")]
    tiles = next(
        section.tiles
        for section in report_view(full_weekly_edition(), "0" * 64).every_section
        if section.key == "boroughs"
    )
    assert sorted(shapes) == sorted(tile.name for tile in tiles)
    outside = {tile.short for tile in tiles if tile.standing in ("above", "below")}
    words = " ".join(root.itertext())
    assert {code for tile in tiles if (code := tile.short) in words.split()} == outside
    # The lines that the owners of the boundaries ask for.
    assert "contains os data © crown copyright" in re.sub(r"\s+", " ", words).casefold()
    assert len(answer.content) < 30_000


async def test_a_chart_that_is_not_there_has_no_page(client, published):
    for address in (f"{ADDRESS}/chart/none", "/reports/weekly/2001-01-01/chart/index-series"):
        assert (await client.get(address)).status_code == 404
