"""The lists of reports, the newest one at a stable address, the feed, and an edition's
neighbours.
"""

import datetime
import re
from xml.etree import ElementTree

import msgspec
import pytest

from survey.editions.actions import EditionKey
from survey.store import editions
from survey.store.accounts import people
from survey.store.editions import edition_work
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.made_up_edition import WEEK, bare_edition, sample
from tests.people import CINDY
from tests.stored.published_editions import save_and_publish

A_WEEK = datetime.timedelta(weeks=1)
ATOM = "{http://www.w3.org/2005/Atom}"


def in_week(week, **changes):
    """The edition of a week, counted from WEEK."""
    start = WEEK + week * A_WEEK
    return sample(start=start, end=start + datetime.timedelta(days=6), **changes)


@pytest.fixture
async def three_weeks(db):
    """The editions of three weeks, and of a month; the week in between has none."""
    async with db.connection() as connection:
        for week in (0, 1, 3):
            await save_and_publish(connection, in_week(week, number=1))
        await save_and_publish(connection, bare_edition())


async def withdraw(connection, which):
    cindy = await people.by_email(connection, CINDY[0])
    await edition_work.insert_mark(connection, which, "withdrawn", by=cindy.id, reason="Wrong.")


def links(answer):
    return re.findall(r'href="(/reports/[^"]+)"', answer.text)


async def test_the_list_begins_with_what_the_newest_report_of_each_kind_says(client, three_weeks):
    newest = f'href="/reports/weekly/{WEEK + 3 * A_WEEK}"'
    page = (await client.get("/reports")).text
    assert newest in page.partition('id="newest-weekly"')[2].partition("</section>")[0]
    monthly = page.partition('id="newest-monthly"')[2].partition("</section>")[0]
    assert 'href="/reports/monthly/2026-10-01"' in monthly
    weekly = (await client.get("/reports/weekly")).text
    assert newest in weekly
    assert "The perception index for London was 58.4 of 100" in weekly
    assert 'id="newest-monthly"' not in weekly


async def test_two_newest_reports_show_two_charts(client, db):
    async with db.connection() as connection:
        await save_and_publish(connection, full_weekly_edition())
        await save_and_publish(connection, full_monthly_edition())
    shown = re.findall('class="figure__title">([^<]+)<', (await client.get("/reports")).text)
    assert len(set(shown)) == 2, shown


async def test_a_list_of_one_kind_has_no_other(client, three_weeks):
    weekly = await client.get("/reports/weekly")
    assert len([one for one in links(weekly) if "?number=" in one]) == 3
    monthly = links(await client.get("/reports/monthly"))
    assert [one for one in monthly if "?number=" in one] == ["/reports/monthly/2026-10-01?number=1"]


async def test_a_long_list_of_one_kind_leads_on_to_its_end(client, db):
    async with db.connection() as connection:
        for week in range(15):
            one = msgspec.structs.replace(bare_edition(), start=WEEK + week * A_WEEK)
            await save_and_publish(connection, one)
            await save_and_publish(connection, msgspec.structs.replace(one, kind="weekly"))
    first = await client.get("/reports/weekly")
    after = re.search(r'href="(/reports/weekly\?after=[^"]+)"', first.text)[1]
    second = await client.get(after)
    numbered = [one for one in (*links(first), *links(second)) if "?number=1" in one]
    assert len(set(numbered)) == 15
    assert all("/weekly/" in one for one in numbered)
    assert 'id="newest"' not in second.text


async def test_the_newest_report_and_its_files_have_stable_addresses(client, three_weeks):
    newest = f"/reports/weekly/{WEEK + 3 * A_WEEK}"
    for there, leads_to in (
        ("/reports/weekly/latest", newest),
        ("/reports/weekly/latest/edition.csv", f"{newest}/edition.csv"),
        ("/reports/weekly/latest/tables/index.csv", f"{newest}/tables/index.csv"),
        ("/reports/monthly/latest", "/reports/monthly/2026-10-01"),
    ):
        answer = await client.get(there)
        assert (answer.status_code, answer.headers["location"]) == (302, leads_to)


async def test_before_the_first_report_there_is_no_newest(client):
    assert (await client.get("/reports/weekly/latest")).status_code == 404


async def test_any_day_of_a_week_leads_to_its_report(client, three_weeks):
    answer = await client.get(f"/reports/weekly/{WEEK + datetime.timedelta(days=9)}?number=1")
    assert answer.status_code == 302
    assert answer.headers["location"] == f"/reports/weekly/{WEEK + A_WEEK}?number=1"
    month = await client.get("/reports/monthly/2026-10-31")
    assert month.headers["location"] == "/reports/monthly/2026-10-01"


async def test_a_week_without_a_report_names_the_nearest(client, three_weeks):
    answer = await client.get(f"/reports/weekly/{WEEK + 2 * A_WEEK}")
    assert answer.status_code == 404
    for week in (1, 3):
        assert f'href="/reports/weekly/{WEEK + week * A_WEEK}"' in answer.text
    assert (await client.get("/reports/weekly/1999-01-04")).status_code == 404


async def test_an_edition_leads_to_the_ones_before_and_after_it(client, three_weeks):
    first = (await client.get(f"/reports/weekly/{WEEK}")).text
    assert 'rel="prev"' not in first
    assert f'rel="next" href="/reports/weekly/{WEEK + A_WEEK}"' in first
    middle = (await client.get(f"/reports/weekly/{WEEK + A_WEEK}")).text
    assert f'rel="prev" href="/reports/weekly/{WEEK}"' in middle
    assert f'rel="next" href="/reports/weekly/{WEEK + 3 * A_WEEK}"' in middle


async def test_a_draft_is_neither_the_newest_nor_a_neighbour(client, db, three_weeks):
    async with db.connection() as connection:
        await editions.save(connection, in_week(4, number=1))
    latest = await client.get("/reports/weekly/latest")
    assert latest.headers["location"] == f"/reports/weekly/{WEEK + 3 * A_WEEK}"
    assert 'rel="next"' not in (await client.get(latest.headers["location"])).text
    assert (await client.get(f"/reports/weekly/{WEEK + 4 * A_WEEK}")).status_code == 404


async def test_the_feed_has_every_report_and_says_what_was_withdrawn(client, db, three_weeks):
    async with db.connection() as connection:
        await withdraw(connection, EditionKey("weekly", WEEK, 1))
    answer = await client.get("/reports/feed.xml")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(answer.content)
    titles = [one.findtext(f"{ATOM}title") for one in feed.iter(f"{ATOM}entry")]
    assert titles[0] == "Monthly report, October 2026"
    assert titles[-1] == "Weekly report, Week 27 of 2008, withdrawn"
    for entry in feed.iter(f"{ATOM}entry"):
        assert datetime.datetime.fromisoformat(entry.findtext(f"{ATOM}updated")).tzinfo
        there = entry.find(f"{ATOM}link").get("href").partition("/reports")[2]
        assert (await client.get(f"/reports{there}")).status_code == 200
    assert "58.4" not in [*feed.iter(f"{ATOM}summary")][-1].text


async def test_the_pages_of_reports_announce_the_feed(client, three_weeks):
    for address in ("/reports", f"/reports/weekly/{WEEK}", "/reports/boroughs", "/reports/themes"):
        assert 'rel="alternate" type="application/atom+xml"' in (await client.get(address)).text
