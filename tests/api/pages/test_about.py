"""The about pages that every page links to: who runs the site, what is stored, whose data."""

import re

import httpx
import pypdfium2
import pytest

from api.app import build
from api.pages.resident.home import ABOUT_PAGES
from api.settings import Settings
from tests.analysis.editions.full_editions import full_weekly_edition
from tests.conftest import OneConnection
from tests.stored.published_editions import save_and_publish

RUN_BY = Settings(
    organisation="The Taser Working Group <of London>",
    contact="group@example.org",
    postal_address="The Taser Working Group; 10 Dean Farrar Street; London SW1H 0NY",
)


@pytest.fixture(scope="module")
def run_by():
    return build(RUN_BY, OneConnection(None))


@pytest.fixture
async def named(run_by, db):
    run_by.state.database = db
    transport = httpx.ASGITransport(run_by)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_every_page_leads_to_them(client):
    for address in ("/", "/nowhere", "/complaints", "/about/privacy"):
        page = (await client.get(address)).text
        for name in ABOUT_PAGES:
            assert f'href="/about/{name}"' in page, address
    for name in ABOUT_PAGES:
        page = await client.get(f"/about/{name}?lang=ar", follow_redirects=True)
        assert page.status_code == 200
        assert 'dir="rtl"' in page.text
    assert (await client.get("/about/nothing")).status_code == 404


async def test_the_operator_is_named_with_a_way_to_be_reached(named):
    page = (await named.get("/about/contact")).text
    assert "The Taser Working Group &lt;of London&gt;" in page
    assert '<a class="govuk-link" href="mailto:group@example.org"' in page
    assert re.search(r"10 Dean Farrar Street\s*<br>\s*London SW1H 0NY", page)
    assert "Run by The Taser Working Group &lt;of London&gt;." in (await named.get("/")).text


async def test_the_newest_figures_are_listed_with_the_size_of_each_file(client, db):
    assert "edition.csv" not in (await client.get("/about/sources")).text
    await save_and_publish(db.the_connection, full_weekly_edition())
    page = (await client.get("/about/sources")).text
    files = re.findall(
        r'<li><a class="govuk-link" href="(/reports/weekly/.+?)">.*</a>, (\d+) kB', page
    )
    assert [address.rpartition("/")[2] for address, _ in files] == [
        "edition.csv", "edition.parquet", "edition.json",
        "members.xlsx", "edition.xlsx", "datapackage.json",
    ]  # fmt: skip
    for address, size in files:
        content = (await client.get(address)).content
        assert int(size) == round(len(content) / 1000), address


async def test_without_a_name_the_pages_say_so(client):
    assert "have not given a name" in (await client.get("/about/contact")).text
    assert "Run by" not in (await client.get("/")).text


async def test_the_form_on_paper_says_where_to_send_it(client, named):
    def words_on(answer):
        pages = pypdfium2.PdfDocument(answer.content)
        return " ".join(page.get_textpage().get_text_range() for page in pages)

    assert "10 Dean Farrar Street" in words_on(await named.get("/complaints/form.pdf"))
    assert "by post" not in words_on(await client.get("/complaints/form.pdf"))


async def test_nobody_is_offered_emails_that_cannot_be_sent(client, db):
    transport = httpx.ASGITransport(
        build(Settings(smtp_host="127.0.0.1", smtp_sender="a@example.org"), db)
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as able:
        for address in ("/", "/reports"):
            assert "/subscribe" in (await able.get(address)).text
            assert "/subscribe" not in (await client.get(address)).text
