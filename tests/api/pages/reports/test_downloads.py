"""The files of a section: its tables as CSV, its chart as a picture with title and source."""

import csv
import io
import re
import struct
from xml.etree import ElementTree

import pytest

from api import editions
from api.editions import files as export
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.made_up_edition import WEEK
from tests.api.pages.reports.test_listing import in_week
from tests.stored.published_editions import save_and_publish

ADDRESS = f"/reports/weekly/{WEEK}"
FILES = re.compile(rf'href="({ADDRESS}/(?:tables|charts)/[^"]+)"')


@pytest.fixture
async def published(db):
    async with db.connection() as connection:
        await save_and_publish(connection, full_weekly_edition())


async def test_a_table_is_the_rows_of_that_name(client, published):
    answer = await client.get(f"{ADDRESS}/tables/index-series.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    named = 'attachment; filename="soundings-weekly-2008-06-30-2-index-series.csv"'
    assert answer.headers["content-disposition"] == named
    whole = csv.reader(io.StringIO((await client.get(f"{ADDRESS}/edition.csv")).text))
    head, *rows = whole
    mine = [row for row in rows if row[0] == "index series"]
    assert list(csv.reader(io.StringIO(answer.text))) == [head, *mine]


async def test_every_file_that_the_page_links_to_is_there(client, published):
    links = set(FILES.findall((await client.get(ADDRESS)).text))
    assert len(links) > 15
    for link in sorted(links):
        # The files of a chart are on its own page.
        assert "/tables/" in link
        assert (await client.get(link)).status_code == 200, link


@pytest.mark.parametrize("edition", [full_weekly_edition(), full_monthly_edition()])
def test_every_section_with_a_table_has_it_as_csv(edition):
    view = editions.report_view(edition, "0" * 64)
    files = dict(export.files_of_sections(edition, view.every_section, ()))
    for section in view.every_section:
        if section.tables or section.folded or section.figure:
            assert files[section.key].tables, f"{section.key}: name its tables in SECTION_TABLES"


async def test_a_chart_says_what_it_is_and_where_it_is_from(client, published):
    answer = await client.get(f"{ADDRESS}/charts/index-series.svg?number=2")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    words = " ".join(ElementTree.fromstring(answer.content).itertext())
    for part in (
        "Perception index over time",
        "Perception index, London",
        "Synthetic data: every figure was made up.",
        "Source: Weekly report: London, Week 27 of 2008",
        "Edition 2, data as of 9 July 2008.",
        f"{ADDRESS}?number=2",
        "Contains OS data",
    ):
        assert part in re.sub(r"\s+", " ", words), part


async def test_a_chart_as_png(client, published):
    answer = await client.get(f"{ADDRESS}/charts/uses.png")
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", answer.content[16:24])
    assert width > 800
    assert height > 400


async def test_a_line_over_time_as_a_picture(client, db):
    async with db.connection() as connection:
        for week in range(3):
            await save_and_publish(connection, in_week(week, number=1))
    answer = await client.get("/reports/boroughs/E09000012/charts/index.svg?kind=weekly")
    words = " ".join(ElementTree.fromstring(answer.content).itertext())
    assert "Hackney: Perception index" in words
    assert "0 to 100, 30 Jun 2008 to 20 Jul 2008" in words
    assert "14 Jul" in words
    assert "weekly reports, newest: Week 29 of 2008" in words


@pytest.mark.parametrize("file", ["tables/none.csv", "tables/index", "charts/none.svg"])
async def test_a_part_that_is_not_there_is_not_found(client, published, file):
    assert (await client.get(f"{ADDRESS}/{file}")).status_code == 404
