"""The front page, read in twenty seconds, and the list of reports with a finding and a picture."""

import datetime

import msgspec
import pytest

from api.editions.summary import days_in_words
from api.pages.public_copies import static_address
from api.pages.reports import history
from api.pages.resident import home
from api.settings import Settings
from survey.editions.actions import EditionKey
from survey.problems import Unavailable
from survey.store import editions
from survey.store.accounts import people
from survey.store.editions import edition_work
from tests.analysis.editions.full_editions import full_weekly_edition
from tests.analysis.editions.made_up_edition import WEEK, bare_edition, sample
from tests.people import CINDY
from tests.stored.published_editions import save_and_publish

MOST_BYTES = 60_000  # what a slow phone opens in a second and a half
SENTENCE = "How residents of London see the police: "


async def test_without_an_edition_the_front_page_has_the_ways_in_and_no_finding(client):
    page = (await client.get("/")).text
    for address in ("/surveys/feedback", "/complaints", "/case", "/reports", "/work/builder"):
        assert f'href="{address}"' in page
    assert "What we found" not in page


async def test_the_front_page_tells_the_newest_finding_with_the_tile_grid(client, db):
    edition = full_weekly_edition()
    async with db.connection() as connection:
        await save_and_publish(connection, sample(number=1))
        await save_and_publish(connection, edition)
    page = (await client.get("/")).text
    assert f"{SENTENCE}{edition.index[0].value:.1f} out of 100" in page
    assert f"using a Taser {edition.this_period.events} times" in page
    assert f'href="/reports/weekly/{WEEK}"' in page
    assert page.count("tile--col-") == len(edition.tiles) == 33
    assert 'href="/reports/boroughs/E09000026"' in page
    assert 'href="/method/perception_index"' in page
    assert "Barking and Dagenham:" in page
    arabic = (await client.get("/", headers={"accept-language": "ar"})).text
    assert f"{edition.index[0].value:.1f} من 100" in arabic


async def test_the_front_page_shows_nothing_that_is_a_draft_or_was_withdrawn(client, db):
    async with db.connection() as connection:
        await save_and_publish(connection, sample(number=1))
        await save_and_publish(connection, sample(number=2, headline=("Second",), index=()))
        await editions.save(connection, sample(number=3, headline=("A draft",), index=()))
        cindy = await people.by_email(connection, CINDY[0])
        assert "Second" in (await client.get("/")).text
        second = EditionKey("weekly", WEEK, 2)
        await edition_work.insert_mark(
            connection, second, "withdrawn", by=cindy.id, reason="Wrong."
        )
    page = (await client.get("/")).text
    assert "Second" not in page
    assert "A draft" not in page
    assert SENTENCE in page


async def test_the_front_page_says_who_runs_it_with_contact_and_logo(client, app, tmp_path):
    assert (await client.get("/logo")).status_code == 404
    drawing = tmp_path / "logo.svg"
    drawing.write_text("<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>")
    before = app.state.settings
    named = {"organisation": "Taser <group>", "contact": "hello@example.org", "logo": str(drawing)}
    app.state.settings = msgspec.structs.replace(before, **named)
    app.state["logo"] = home.load_logo(app.state.settings)
    page = (await client.get("/")).text
    picture = await client.get("/logo")
    app.state.settings = before
    assert "run by Taser &lt;group&gt;" in page
    assert 'href="mailto:hello@example.org"' in page
    assert '<img src="/logo" alt="Taser &lt;group&gt;"' in page
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert "sandbox" in picture.headers["content-security-policy"]


@pytest.mark.parametrize("content", [None, b"%PDF-1.7", b"\x89PNG\r\n\x1a\n" + bytes(60_000)])
def test_a_logo_that_cannot_be_shown_is_refused_in_a_sentence(tmp_path, content):
    file = tmp_path / "logo"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Unavailable, match="SOUNDINGS_LOGO"):
        home.load_logo(Settings(logo=str(file)))


async def test_a_finding_is_read_once(client, db, monkeypatch):
    async with db.connection() as connection:
        await save_and_publish(connection, sample(headline=("Read once.",)))
    await client.get("/")
    monkeypatch.setattr(history, "summarise", None)
    assert (await client.get("/")).status_code == 200
    assert (await client.get("/reports")).status_code == 200


async def test_the_first_visit_brings_few_bytes(client, db):
    async with db.connection() as connection:
        await save_and_publish(connection, full_weekly_edition())
    wanted = ["/", *map(static_address, ("app.css", "app.js", "atkinson.woff2"))]
    sizes = {}
    for address in wanted:
        answer = await client.get(address, headers={"accept-encoding": "br"})
        sizes[address] = int(answer.headers["content-length"])
    assert sum(sizes.values()) < MOST_BYTES, sizes


async def test_the_newest_report_of_each_kind_has_its_finding_and_its_chart(client, db):
    edition = msgspec.structs.replace(full_weekly_edition(), lead=("Nothing clearly changed.",))
    async with db.connection() as connection:
        await save_and_publish(connection, edition)
        await save_and_publish(
            connection, msgspec.structs.replace(bare_edition(), headline=("Too few answers.",))
        )
    page = (await client.get("/reports")).text
    assert "<strong>Nothing clearly changed.</strong>" in page
    assert "<strong>Too few answers.</strong>" in page
    assert page.count('<div class="figure__picture"><svg') == 1
    assert f"Perception index: {edition.index[0].value:.1f} out of 100" in page


async def test_a_replaced_and_a_withdrawn_report_say_so_in_the_list(client, db):
    async with db.connection() as connection:
        await save_and_publish(connection, sample(number=1))
        await save_and_publish(connection, sample(number=2))
        page = (await client.get("/reports")).text
        assert page.count("Replaced") == 1
        cindy = await people.by_email(connection, CINDY[0])
        first = EditionKey("weekly", WEEK, 1)
        await edition_work.insert_mark(connection, first, "withdrawn", by=cindy.id, reason="Wrong.")
    page = (await client.get("/reports")).text
    assert "Withdrawn" in page
    assert page.count("(95% interval ") == 1


def test_days_say_month_and_year_once():
    def day(*parts):
        return datetime.date(*parts)

    assert days_in_words(day(2026, 11, 16), day(2026, 11, 22)) == "16 to 22 November 2026"
    assert days_in_words(day(2026, 10, 26), day(2026, 11, 1)) == "26 October to 1 November 2026"
    assert days_in_words(day(2026, 12, 28), day(2027, 1, 3)) == "28 December 2026 to 3 January 2027"
