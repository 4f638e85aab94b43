"""Boroughs and themes over time: every figure on these pages stands in a published edition."""

import csv
import html
import io
import re

import msgspec
import pytest

from api.editions.history.theme_list import change_word, withheld_themes
from survey.editions.actions import ChangeDecomposition, EditionKey
from survey.store import editions
from tests.analysis.editions.full_editions import full_monthly_edition
from tests.analysis.editions.made_up_edition import THEMES, WEEK, sample, theme
from tests.api.pages.reports.test_listing import A_WEEK, in_week, withdraw
from tests.stored.published_editions import save_and_publish

HACKNEY = "E09000012"
PAGE = f"/reports/boroughs/{HACKNEY}"
WEEKS = 4


def with_moved_figures(edition, by):
    """The edition with an index that differs from week to week, and a theme of a borough."""
    moved = [
        one
        if one.value is None
        else msgspec.structs.replace(
            one, value=one.value + by, low=one.low + by, high=one.high + by
        )
        for one in edition.index
    ]
    of_area = msgspec.structs.replace(theme(THEMES[1], "open", 80 + by), domain=HACKNEY)
    return msgspec.structs.replace(edition, index=tuple(moved), themes=(*edition.themes, of_area))


@pytest.fixture
async def published(db):
    """Four weeks, the third one corrected, and a month."""
    async with db.connection() as connection:
        for week in range(WEEKS):
            await save_and_publish(connection, with_moved_figures(in_week(week, number=1), week))
        await save_and_publish(connection, with_moved_figures(in_week(2, number=2), 9))
        await save_and_publish(connection, full_monthly_edition())


def table_rows(page):
    """The rows of the tables of a page: the address of the report, and the text of the cells."""
    for row in re.findall(r'<tr class="govuk-table__row">(<th scope="row".*?)</tr>', page, re.S):
        link = re.search(r'href="(/reports/(?:weekly|monthly)/[^"]+)"', row)
        cells = re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)
        yield link and link[1], [html.unescape(re.sub("<[^>]+>", "", one)) for one in cells]


def as_written(row):
    """The figures of a row of the CSV as a page may write them."""
    for name in ("n", "value", "low", "high"):
        if row[name]:
            number = abs(float(row[name]))  # a page writes a minus sign, which is no hyphen
            yield from (f"{number:.1f}", f"{number:.2f}", f"{round(number):,}", f"{round(number)}%")
            yield from (f"{round(100 * number)}%", f"{round(100 * number)}")


async def figures_of_edition(client, link, domains):
    address, _, query = link.partition("?")
    text = (await client.get(f"{address}/edition.csv?{query}")).text
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["domain"] in domains]
    return {written for row in rows for written in as_written(row)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "domain"),
    [
        (PAGE, HACKNEY),
        (f"{PAGE}?kind=monthly", HACKNEY),
        ("/reports/boroughs", "London"),
        ("/reports/themes/taser", "London"),
    ],
)
async def test_every_figure_stands_in_the_edition_that_its_row_names(
    client, published, page, domain
):
    rows = list(table_rows((await client.get(page)).text))
    assert rows
    for link, cells in rows:
        known = await figures_of_edition(client, link, (domain,)) if link else set()
        for cell in cells:
            for number in re.findall(r"\d[\d,.]*\d%?|\d%?", cell.replace("95%", "")):
                assert not link or number in known, (link, cell)


async def test_each_line_says_what_its_band_and_its_gaps_are(client, published):
    for page in (PAGE, "/reports/themes/taser"):
        reports = (await client.get(page)).text.split('id="published"')[0]
        every = re.findall(
            r'<p class="figure__subtitle">(.*?)</p></figcaption>\n<div class="reading"', reports
        )
        notes = [note for note in every if "Each stroke is a borough" not in note]
        assert notes
        assert all("Band: 95% interval." in note for note in notes)
        scale = "The scale does not begin at 0; a gap is withheld or has no report."
        assert reports.count(scale) == len(notes)


@pytest.mark.slow
async def test_each_point_of_a_line_is_named_as_its_row(client, published):
    for page in (PAGE, "/reports/themes/taser"):
        shown = (await client.get(page)).text
        named = re.findall(r'data-row="([^"]+)"', shown)
        assert len(named) > 1
        for name in named:
            assert re.search(f'<th scope="row"[^>]*>(?:<a [^>]*>)?{name}<', shown)


async def test_the_key_figures_stand_in_the_newest_edition(client, published):
    known = await figures_of_edition(
        client, f"/reports/weekly/{WEEK + (WEEKS - 1) * A_WEEK}?number=1", (HACKNEY,)
    )
    page = (await client.get(PAGE)).text
    shown = re.findall(r'<p class="stat__(?:value|meaning|base)">(.*?)</p>', page, re.S)
    assert len(shown) > 3
    for words in shown:
        own = re.sub("<span>.*|95%|of 100|10,000", "", words)
        for number in re.findall(r"\d[\d,.]*", own):
            assert number in known, words


@pytest.mark.parametrize("address", [PAGE, "/reports/boroughs", "/reports/themes",
                                     "/reports/themes/taser"])  # fmt: skip
async def test_an_unknown_kind_of_report_is_named_and_another_is_shown(client, published, address):
    page = await client.get(f"{address}?kind=daily")
    assert page.status_code == 200
    assert "No report has what this address asks for: daily." in page.text
    assert 'aria-current="true"' in page.text
    assert "No report has" not in (await client.get(f"{address}?kind=monthly")).text


@pytest.mark.slow
async def test_the_rows_to_download_stand_in_the_editions(client, published):
    for address in (f"{PAGE}/figures.csv", "/reports/themes/taser/figures.csv"):
        head, *rows = csv.reader(io.StringIO((await client.get(address)).text))
        assert head[:3] == ["kind", "number", "table"]
        assert len(rows) > WEEKS
        published_rows = set()
        for start, numbers in ((WEEK, (1,)), (WEEK + 2 * A_WEEK, (2,))):
            for number in numbers:
                file = f"/reports/weekly/{start}/edition.csv?number={number}"
                every = csv.reader(io.StringIO((await client.get(file)).text))
                published_rows |= {("weekly", str(number), *row) for row in every}
        of_these = [row for row in rows if tuple(row) in published_rows]
        assert len(of_these) >= 4


@pytest.mark.slow
async def test_a_corrected_week_has_the_figures_of_its_newest_edition(client, published):
    page = (await client.get(PAGE)).text
    corrected = f"/reports/weekly/{WEEK + 2 * A_WEEK}"
    assert f"{corrected}?number=2" in page
    assert f"{corrected}?number=1" not in page


@pytest.mark.slow
async def test_a_withdrawn_edition_and_a_draft_have_no_figures_here(client, db, published):
    async with db.connection() as connection:
        await withdraw(connection, EditionKey("weekly", WEEK + A_WEEK, 1))
        await editions.save(connection, in_week(WEEKS, number=1))
    for address in (PAGE, f"{PAGE}/figures.csv", "/reports/themes/taser"):
        text = (await client.get(address)).text
        assert str(WEEK + A_WEEK) not in text
        assert str(WEEK + WEEKS * A_WEEK) not in text


async def test_a_borough_has_its_name_its_lines_and_its_themes(client, published):
    page = (await client.get(PAGE)).text
    assert re.search(r"<h1[^>]*>Hackney</h1>", page)
    assert page.count('role="img"') >= 2
    for key in ("index", "deployments", "complaints", "themes"):
        assert f'id="{key}"' in page
    assert 'href="?kind=monthly"' in page
    assert "Use of Taser and other force" in page


async def test_a_borough_has_its_twelve_months_and_every_published_quarter(client, published):
    for kind in ("weekly", "monthly"):
        page = (await client.get(f"{PAGE}?kind={kind}")).text
        assert 'id="twelve-months"' in page
        assert 'id="past-good-job-local"' in page
        assert page.count("10 December 2007: Pilot begins.") == 1
        assert f'{PAGE}/charts/past-good-job-local.svg?kind={kind}"' in page
        picture = await client.get(f"{PAGE}/charts/past-good-job-local.svg?kind={kind}")
        assert picture.status_code == 200
    rows = [*csv.DictReader(io.StringIO((await client.get(f"{PAGE}/figures.csv")).text))]
    quarters = [row for row in rows if row["table"] == "published perception, all quarters"]
    assert (len(quarters), {row["domain"] for row in quarters}) == (12, {HACKNEY})
    city = (await client.get("/reports/boroughs")).text
    assert 'id="past-good-job-local"' in city


async def test_boroughs_are_chosen_on_the_map_in_the_list_or_by_name(client, published):
    page = (await client.get("/reports/boroughs")).text
    assert page.count(f'href="{PAGE}"') == 2
    by_name = await client.get("/reports/boroughs/tower-hamlets")
    assert by_name.headers["location"] == "/reports/boroughs/E09000030"


async def test_a_renamed_borough_goes_on_under_its_newest_name(client, db):
    async with db.connection() as connection:
        for week in range(2):
            one = in_week(week, number=1)
            tiles = tuple(
                msgspec.structs.replace(tile, name="Old Hackney")
                if tile.area == HACKNEY and week == 0
                else tile
                for tile in one.tiles
            )
            await save_and_publish(connection, msgspec.structs.replace(one, tiles=tiles))
    listed = html.unescape((await client.get("/reports/boroughs")).text)
    assert "Old Hackney" not in listed
    for name in ("old-hackney", "hackney"):
        answer = await client.get(f"/reports/boroughs/{name}")
        assert answer.headers["location"] == PAGE
    rows = list(table_rows((await client.get(f"{PAGE}?kind=weekly")).text))
    assert {address for address, _ in rows if address} >= {
        f"/reports/weekly/{in_week(week, number=1).start}?number=1" for week in range(2)
    }


async def test_a_theme_has_a_section_for_each_stream(client, published):
    listed = (await client.get("/reports/themes")).text
    for key, name, *_rest in THEMES:
        assert f'href="/reports/themes/{key}">{name}</a>' in html.unescape(listed)
    page = (await client.get("/reports/themes/taser")).text
    for stream in ("sampled", "open", "complaints"):
        assert f'id="theme-{stream}"' in page
    assert f'href="{PAGE}"' in page  # the borough with enough texts


async def test_a_new_codebook_is_said_where_figures_may_differ(client, db):
    async with db.connection() as connection:
        for week, codebook in ((0, 3), (1, 3), (2, 4)):
            await save_and_publish(connection, in_week(week, number=1, codebook=codebook))
    page = (await client.get("/reports/themes/taser")).text
    assert "The codebook changed with Week 29 of 2008." in page


@pytest.mark.parametrize(
    "address",
    [
        "/reports/boroughs/E09000099",
        "/reports/boroughs/E09000099/figures.csv",
        "/reports/themes/no-such-theme",
        "/reports/themes/no-such-theme/figures.csv",
        f"{PAGE}/charts/nothing.svg",
        f"{PAGE}/charts/index.exe",
        "/reports/themes/taser/charts/theme-sampled",
    ],
)
async def test_what_no_edition_has_is_not_found(client, published, address):
    assert (await client.get(address)).status_code == 404


async def test_before_the_first_report_the_pages_say_so(client):
    assert (await client.get("/reports/boroughs")).status_code == 404
    assert "No report has figures on themes yet." in (await client.get("/reports/themes")).text


async def test_an_edition_is_read_once(client, published, monkeypatch):
    await client.get(PAGE)
    monkeypatch.setattr("api.pages.reports.history.read_figures", None)
    assert (await client.get("/reports/themes/taser")).status_code == 200


async def test_themes_that_a_machine_reads_too_badly_are_on_no_page(client, db):
    async with db.connection() as connection:
        await save_and_publish(connection, sample(number=1, reading="dropped"))
    assert (await client.get("/reports/themes/taser")).status_code == 404


async def test_a_page_that_is_not_translated_offers_no_other_language(client, published):
    for address in (PAGE, "/reports/themes", "/reports/themes/taser"):
        assert "govuk-language-navigation" not in (await client.get(address)).text
    assert "govuk-language-navigation" in (await client.get("/reports")).text


async def test_the_whole_city_is_a_place_too(client, published):
    page = (await client.get("/reports/boroughs/London")).text
    assert re.search(r"<h1[^>]*>London</h1>", page)


async def test_themes_side_by_side_have_the_newest_share_its_change_and_a_line(client, db):
    """The word is by the interval of the edition's own list of changes."""
    month = full_monthly_edition()
    name = THEMES[0][1]
    change = ChangeDecomposition(
        table="themes",
        figure=f"{name} (sampled answers)",
        domain="London",
        unit="share",
        was=0.1,
        now=0.2,
        answers=0.1,
        restated=0.0,
        recoded=0.0,
        method=0.0,
    )
    before = msgspec.structs.replace(month, start=month.compared_start)
    async with db.connection() as connection:
        await save_and_publish(connection, before)
        for number, (low, high) in enumerate([(0.02, 0.2), (-0.02, 0.2)], 2):
            moved = msgspec.structs.replace(change, low=low, high=high, allowed=0.1, looked=9)
            edition = msgspec.structs.replace(month, number=number, moved=(moved,))
            await save_and_publish(connection, edition)
            page = html.unescape((await client.get("/reports/themes")).text)
            row = next(one for one in re.findall(r"<tr.*?</tr>", page, re.S) if f">{name}<" in one)
            assert (">rose<" in row) == (low > 0)
            assert (">about the same<" in row) == (low < 0)
            assert re.search(r"\d+%\s\(", row)
            assert 'class="panels__picture"' in row


@pytest.mark.parametrize(("apart", "word"), [(0.01, "about the same"), (0.03, "not compared")])
def test_a_theme_that_moved_by_one_step_of_rounding_is_about_the_same(apart, word):
    """Found: the list of changes leaves it out, and the page said that it was not compared."""
    month = msgspec.structs.replace(full_monthly_edition(), moved=())
    share = next(one for one in month.themes if one.share is not None and one.share > apart)
    earlier = msgspec.structs.replace(share, share=share.share - apart)
    before = msgspec.structs.replace(month, start=month.compared_start, themes=(earlier,))
    assert change_word([before, month], share) == word


async def test_a_borough_without_published_themes_says_so(client, db):
    async with db.connection() as connection:
        await save_and_publish(connection, in_week(0, number=1))
    page = (await client.get(PAGE)).text
    assert "Not published for one borough" in page
    assert "among-all" in page


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"share": None, "texts": None}, "withheld before"),
        ({"corrected": True}, "counted another way before"),
        ({"theme": "another"}, "not compared"),
    ],
)
def test_why_nothing_is_said_of_a_theme_since_the_report_before(changes, word):
    month = msgspec.structs.replace(full_monthly_edition(), moved=())
    share = next(one for one in month.themes if one.share is not None and not one.corrected)
    earlier = msgspec.structs.replace(share, **changes)
    before = msgspec.structs.replace(month, start=month.compared_start, themes=(earlier,))
    assert change_word([before, month], share) == word


@pytest.mark.parametrize(
    ("missing", "why"),
    [("", "1 theme is not shown: it has fewer than 10 texts"), ("reading", "reads it too bad")],
)
def test_a_withheld_theme_is_listed_with_the_reason(missing, why):
    month = full_monthly_edition()
    share = next(one for one in month.themes if (one.stream, one.domain) == ("open", "London"))
    hidden = msgspec.structs.replace(
        share, texts=None, voices=None, share=None, corrected=False, missing=missing
    )
    edition = msgspec.structs.replace(month, themes=(hidden,))
    ((words, (link,)),) = withheld_themes(edition, "open")
    assert why in words
    assert link.name == share.name
