"""What anybody can read: the list of reports, and an edition as page, PDF, CSV, Parquet, JSON."""

import csv
import datetime
import gzip
import hashlib
import html
import io
import re
import shutil

import jsonschema
import lxml.html
import msgspec
import polars
import pytest

from analysis import measures
from api import clock, locales
from api.pages.reports import method
from api.process import installation
from survey.editions import Edition
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.made_up_edition import WEEK, bare_edition, sample
from tests.files.made_up_language import write_editions_catalogue
from tests.stored.published_editions import save_and_publish

ADDRESS = f"/reports/weekly/{WEEK}"


@pytest.fixture
async def digests(db):
    """Two published editions of one week and one of a month; digests of the first two."""
    async with db.connection() as connection:
        first = await save_and_publish(connection, sample(number=1))
        second = await save_and_publish(connection, sample())
        await save_and_publish(connection, bare_edition())
    return first, second


def plain_text(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split()).replace("\N{NO-BREAK SPACE}", " ")


async def test_before_the_first_edition_the_list_says_so(client):
    answer = await client.get("/reports")
    assert answer.status_code == 200
    assert "There are no reports yet." in answer.text


async def test_the_list_has_the_newest_period_first(client, digests):
    answer = await client.get("/reports")
    found = re.findall(r'href="(/reports/[^"]+\?number=\d)"', answer.text)
    assert found == [
        "/reports/monthly/2026-10-01?number=1",
        f"{ADDRESS}?number=2",
        f"{ADDRESS}?number=1",
    ]


async def test_a_long_list_is_paged_and_the_cursor_leads_on(client, db):
    async with db.connection() as connection:
        for week in range(15):
            start = WEEK - datetime.timedelta(weeks=week)
            await save_and_publish(
                connection, msgspec.structs.replace(bare_edition(), start=start, end=start)
            )
    first = await client.get("/reports")
    after = re.search(r'href="(/reports\?after=[^"]+)"', first.text).group(1)
    second = await client.get(after)
    assert second.text.count('href="/reports/monthly/') == 3
    assert 'href="/reports?after=' not in second.text


async def test_a_broken_cursor_is_refused(client):
    assert (await client.get("/reports?after=x")).status_code == 400


async def test_an_edition_is_read_in_the_order_of_the_method(client, digests):
    answer = await client.get(ADDRESS)
    assert answer.status_code == 200
    text = plain_text(answer)
    order = (
        "Week 27 of 2008",
        "Edition 2, data as of 9 July 2008",
        "Perception index over time",
        "Boroughs at a glance",
        "The figures in full",
        "58.4 of 100 in the four weeks to 6 July 2008",
        "They do not represent Londoners, so there is no margin of error",
        "Complaints and deployments by borough",
        "Too few deployments (n=96) to tell",
        "36 figures are withheld in the tables of the index",
        digests[1],
        "Contains OS data",
    )
    places = [text.index(part) for part in order]
    assert places == sorted(places)


@pytest.fixture
def arabic_editions(tmp_path, monkeypatch):
    shutil.copytree(locales.FOLDER / "ar", tmp_path / "ar")
    write_editions_catalogue(tmp_path / "ar")
    monkeypatch.setattr(locales, "FOLDER", tmp_path)
    locales.load_catalogue.cache_clear()
    yield
    locales.load_catalogue.cache_clear()


async def test_an_edition_is_in_the_readers_language_where_it_is_translated(
    client, digests, arabic_editions
):
    found = await client.get(ADDRESS, headers={"accept-language": "ar"})
    assert "⟦Boroughs at a glance⟧" in found.text
    assert "What to keep in mind" in found.text  # chapters are in English
    assert "⟦" not in (await client.get(ADDRESS)).text


async def test_an_edition_is_in_english_where_it_is_not_translated(client, digests):
    found = await client.get(ADDRESS, headers={"accept-language": "ar"})
    assert 'lang="ar"' in found.text
    assert "What to keep in mind" in found.text


async def test_withheld_is_said_and_nothing_within_a_table_looks_like_it(client, digests):
    text = (await client.get(ADDRESS)).text
    assert '<span class="withheld">withheld</span>' in text
    assert "none recorded" not in text
    assert ">None<" not in text
    assert "nan" not in plain_text(await client.get(ADDRESS)).split()


async def test_an_older_edition_points_to_the_newer(client, digests):
    older = await client.get(f"{ADDRESS}?number=1")
    assert "edition 2</a>" in older.text
    assert "There is a later edition" not in (await client.get(ADDRESS)).text


async def test_the_smallest_edition_has_a_page(client, digests):
    answer = await client.get("/reports/monthly/2026-10-01")
    assert answer.status_code == 200
    assert "October 2026" in answer.text
    assert "Synthetic data" not in answer.text


async def test_a_page_is_light_and_keeps_the_policy(client, digests):
    answer = await client.get(ADDRESS)
    assert len(answer.content) < 185_000
    assert len(gzip.compress(answer.content)) < 25_000
    assert "style=" not in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]


async def test_an_arabic_reader_gets_the_report_in_english_and_marked_so(client, digests):
    answer = await client.get(ADDRESS, headers={"Accept-Language": "ar"})
    assert '<html lang="ar" dir="rtl"' in answer.text
    assert '<div lang="en" dir="ltr">' in answer.text


async def test_a_hostile_caveat_is_only_text(client, db):
    hostile = "<img src=x onerror=alert(1)>"
    async with db.connection() as connection:
        await save_and_publish(connection, sample(headline=(hostile,), caveats=(hostile,)))
    answer = await client.get(ADDRESS)
    assert "<img" not in answer.text
    assert answer.text.count("&lt;img") == 2


async def test_an_edition_as_pdf(client, digests):
    answer = await client.get(f"{ADDRESS}/edition.pdf")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    named = 'inline; filename="soundings-weekly-2008-06-30-2.pdf"'
    assert answer.headers["content-disposition"] == named


async def test_an_edition_as_csv(client, digests):
    answer = await client.get(f"{ADDRESS}/edition.csv?number=1")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    assert next(csv.reader(io.StringIO(answer.text)))[:3] == ["table", "period", "domain"]


async def test_the_bytes_are_those_that_were_kept(client, digests):
    for number, sha256 in enumerate(digests, start=1):
        answer = await client.get(f"{ADDRESS}/edition.json?number={number}")
        assert hashlib.sha256(answer.content).hexdigest() == sha256
        assert answer.headers["etag"] == f'"{sha256}"'
        assert msgspec.json.decode(answer.content, type=Edition).number == number


async def test_a_client_with_the_same_etag_gets_304(client, digests):
    tag = {"If-None-Match": f'W/"x", "{digests[1]}"'}
    answer = await client.get(f"{ADDRESS}/edition.json", headers=tag)
    assert answer.status_code == 304
    assert answer.content == b""


@pytest.mark.parametrize(
    "address",
    [
        "/reports/weekly/1999-01-04",
        f"{ADDRESS}?number=9",
        f"{ADDRESS}/edition.pdf?number=9",
        f"{ADDRESS}/slides.pdf?number=9",
        f"{ADDRESS}/edition.csv?number=9",
        f"{ADDRESS}/edition.parquet?number=9",
        "/method/no_such_measure",
        f"{ADDRESS}/edition.json?number=9",
    ],
)
async def test_what_is_not_there_is_not_found(client, digests, address):
    assert (await client.get(address)).status_code == 404


@pytest.mark.parametrize("address", ["/reports/yearly/2008-06-30", f"{ADDRESS}?number=0"])
async def test_an_impossible_kind_or_number_is_refused(client, address):
    assert (await client.get(address)).status_code == 400


async def test_the_method_page_lists_each_measure_under_the_question_that_it_answers(client):
    page = lxml.html.fromstring((await client.get("/method")).text)
    sections = page.xpath("//main//section")
    assert [one.get("aria-labelledby") for one in sections] == [*method.QUESTIONS, "withheld"]
    listed = {
        address: section.get("aria-labelledby")
        for section in sections
        for address in section.xpath(".//a/@href")
    }
    assert listed == {
        f"/method/{name}": measure.question for name, measure in measures.load_measures().items()
    } | {"/method/texts": "wrote", "/about/privacy": "withheld"}


async def test_a_measure_page_shows_what_the_newest_report_says_by_it(client, full):
    """The first rows as the page of the report has them, and whose answers they are."""
    month = lxml.html.fromstring((await client.get(MONTH)).text)
    for name in ("perception_index", "disparity_ratio", "theme_share", "weighting", "uses"):
        page = lxml.html.fromstring((await client.get(f"/method/{name}")).text)
        [address] = page.xpath("//section[@aria-labelledby='example']//a/@href")
        [section] = month.xpath(f"//*[@id='{address.partition('#')[2]}']/ancestor::section[1]")
        shown = cells_of(page.xpath("//section[@aria-labelledby='example']")[0])
        assert len(shown) > 2, name
        assert set(shown) <= set(cells_of(section)), name


def cells_of(element):
    return [
        " ".join(cell.text_content().split())
        for cell in element.xpath(".//tbody//*[self::td or self::th]")
    ]


async def test_without_a_report_a_measure_page_has_no_example(client):
    assert "In the newest report" not in (await client.get("/method/uses")).text


async def test_every_word_that_is_read_in_its_own_way_stands_with_its_reason(client):
    from analysis.text import word_lists

    page = html.unescape((await client.get("/method/texts")).text)
    for words in word_lists.word_lists():
        assert words.does in page
        for group in words.groups:
            assert group.reason
            assert group.reason[1:] in page
            assert ", ".join(group.words) in page
    assert "/method/texts" in (await client.get("/method")).text


@pytest.mark.parametrize(
    ("module", "said", "unsaid"),
    [
        ("json", "It is installed here.", "It is not installed here"),
        ("no_such_module", "It is not installed here, so such texts get no theme.", "It is inst"),
    ],
)
async def test_the_page_says_whether_other_languages_are_read_here(
    module, said, unsaid, client, monkeypatch
):
    monkeypatch.setattr(installation, "OTHER_LANGUAGES", module)
    page = (await client.get("/method/texts")).text
    assert said in page
    assert unsaid not in page


@pytest.fixture
async def full(db):
    async with db.connection() as connection:
        await save_and_publish(connection, full_weekly_edition())
        await save_and_publish(connection, full_monthly_edition())


MONTH = "/reports/monthly/2008-06-01"


async def test_from_any_figure_a_link_leads_to_the_page_of_its_measure(client, full):
    for address in (ADDRESS, MONTH):
        text = (await client.get(address)).text
        links = set(re.findall(r'href="/method/(\w+)"', text))
        assert len(links) > 10
        for name in links:
            page = await client.get(f"/method/{name}")
            assert page.status_code == 200
            assert measures.load_measures()[name].title in html.unescape(page.text)


async def test_a_measure_page_says_all_that_is_known_of_it(client):
    measure = measures.load_measures()["disparity_ratio"]
    page = html.unescape((await client.get("/method/disparity_ratio")).text)
    for words in (measure.why, measure.numerator, measure.denominator, measure.method):
        assert words in page
    for words in (measure.limits, measure.source, measure.author, measure.checker):
        assert words in page
    assert "1 May 2027" in page
    assert "Review overdue" not in page


async def test_a_review_that_is_overdue_is_marked(client, monkeypatch):
    monkeypatch.setattr(clock, "today", lambda: datetime.date(2027, 5, 2))
    assert "Review overdue" in (await client.get("/method/disparity_ratio")).text
    assert (await client.get("/method")).text.count("Review overdue") == len(
        measures.load_measures()
    )


async def test_what_was_planted_is_said_before_the_figures_in_full(client, full):
    text = plain_text(await client.get(ADDRESS))
    assert "What we built into this demo" in text
    assert text.index("What we built into this demo") < text.index("The figures in full")


async def test_rows_under_a_figure_are_not_shown_to_everybody(client, full):
    for address in (ADDRESS, MONTH):
        assert "/work/" not in (await client.get(address)).text


async def test_every_chart_of_a_full_month_has_its_table(client, full):
    text = (await client.get(MONTH)).text
    assert text.count('role="img"') == 21
    figures = re.findall(r'<figure class="figure">.*?</figure>', text, re.DOTALL)
    assert all('role="img"' in figure for figure in figures)
    for key in re.findall(r'<section aria-labelledby="([^"]+)"', text):
        section = text[text.index(f'<section aria-labelledby="{key}"') :].partition("</section>")[0]
        assert section.count('role="img"') <= section.count("<table")


async def test_an_edition_as_parquet(client, full):
    answer = await client.get(f"{MONTH}/edition.parquet")
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    named = 'attachment; filename="soundings-monthly-2008-06-01-1.parquet"'
    assert answer.headers["content-disposition"] == named
    assert polars.read_parquet(io.BytesIO(answer.content)).height > 1000


async def test_the_schema_describes_an_edition_and_refuses_other_json(client, full):
    schema = (await client.get("/reports/schema.json")).json()
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    for address in (ADDRESS, MONTH):
        validator.validate((await client.get(f"{address}/edition.json")).json())
    assert not validator.is_valid({"kind": "weekly"})
    body = (await client.get(f"{MONTH}/edition.json")).json()
    assert not validator.is_valid(body | {"alerts": [{"level": "purple"}]})
