"""For the meeting: what to raise, and the slides of published editions."""

import datetime

import pytest
from lxml import html

from api import clock
from survey.store import editions
from survey.store.accounts import people
from survey.store.editions import actions
from tests.analysis.editions.full_editions import full_weekly_edition
from tests.analysis.editions.made_up_edition import WEEK
from tests.people import AMINA, CINDY
from tests.stored.complaint_forms import create_case
from tests.stored.published_editions import publish_saved

PAGE = "/work/meeting"
SLIDES = f"/reports/weekly/{WEEK}/slides.pdf"
DUE = "UPDATE complaints SET due_on = $2 WHERE reference = $1"


@pytest.fixture
async def cindy(signed_in):
    return await signed_in(CINDY)


async def meeting_text(client):
    page = html.fromstring((await client.get(PAGE)).text)
    [found] = page.xpath('//*[@class="meeting"]')
    return " ".join(found.text_content().split()), found.xpath(".//a/@href")


async def test_nothing_to_raise_is_said_in_a_few_words(cindy):
    text, _ = await meeting_text(cindy)
    for words in (
        "No open alerts.",
        "No action is due.",
        "No case is overdue.",
        "Nothing is waiting.",
    ):
        assert words in text


async def test_an_alert_comes_with_its_owner_and_a_link_to_the_figures(cindy, db):
    edition = full_weekly_edition()
    await editions.save(db.the_connection, edition)
    [first, *_] = [one for one in edition.alerts if one.standing != "closed"]
    cindy_id = (await people.by_email(db.the_connection, CINDY[0])).id
    await actions.assign(db.the_connection, first.key, "Chair", "Asks them", by=cindy_id)
    text, links = await meeting_text(cindy)
    assert "Owner: Chair, Asks them" in text
    # On paper the facts of an alert follow its sentence on the same line.
    assert ") Since " in text
    assert any("/read#" in link for link in links)
    assert "Draft: Weekly" in text


async def test_case_numbers_are_on_the_screen_and_not_on_paper(cindy, db, monkeypatch):
    monkeypatch.setattr(clock, "today", lambda: datetime.date(2026, 11, 26))
    late = (await create_case(db)).reference
    await db.the_connection.execute(DUE, late, datetime.date(2026, 9, 16))
    page = html.fromstring((await cindy.get(PAGE)).text)
    [line] = page.xpath(f'//li[a[.="{late}"]]')
    assert "Acknowledge by 16 September: 10 weeks late" in line.text_content()
    assert "meeting__screen" in line.xpath("./a/@class")[0]


async def test_only_reviewers_see_what_is_raised(signed_in):
    assert (await (await signed_in(AMINA)).get(PAGE)).status_code == 403


async def test_slides_are_made_of_published_editions_alone(cindy, client, db):
    edition = full_weekly_edition()
    await editions.save(db.the_connection, edition)
    assert (await client.get(SLIDES)).status_code == 404
    assert (await cindy.get(SLIDES)).status_code == 404
    await publish_saved(db.the_connection, edition)
    answer = await client.get(SLIDES)
    assert answer.content.startswith(b"%PDF-")
    name = f"soundings-weekly-{WEEK}-{edition.number}.slides.pdf"
    assert answer.headers["content-disposition"] == f'inline; filename="{name}"'
    assert any(link.startswith(SLIDES) for link in (await meeting_text(cindy))[1])
