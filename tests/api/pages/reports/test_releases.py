"""When reports come out: expected ones on the page, and a calendar that programs read."""

import datetime
from zoneinfo import ZoneInfo

import icalendar
import msgspec
import pytest

from api import clock
from api.pages.reports.releases import LONGEST_LINE, Release, expected_releases, render_calendar
from survey.editions.actions import EditionKey
from survey.store.accounts import people
from survey.store.editions import edition_work
from tests.analysis.editions.made_up_edition import bare_edition
from tests.people import CINDY
from tests.stored.published_editions import save_and_publish

LONDON = ZoneInfo("Europe/London")
NOW = datetime.datetime(2026, 12, 2, 9, tzinfo=LONDON)
WEEK_47, WEEK_48 = datetime.date(2026, 11, 16), datetime.date(2026, 11, 23)


@pytest.fixture(autouse=True)
def clock_stopped(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


def weekly(start):
    end = start + datetime.timedelta(days=6)
    return msgspec.structs.replace(bare_edition(), kind="weekly", start=start, end=end)


async def read_calendar(client):
    answer = await client.get("/reports/calendar.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    return icalendar.Calendar.from_ical(answer.content)


def days(releases):
    return [str(release.day) for release in releases]


def test_the_next_reports_are_expected_on_the_mornings_on_which_they_are_made():
    assert days(expected_releases("weekly", WEEK_48, NOW)) == [
        "2026-12-07",
        "2026-12-14",
        "2026-12-21",
        "2026-12-28",
    ]
    november = datetime.date(2026, 11, 1)
    assert days(expected_releases("monthly", november, NOW)) == ["2027-01-01", "2027-02-01"]


def test_a_report_that_is_late_stays_expected_until_it_is_published():
    late = expected_releases("weekly", WEEK_47, NOW)
    assert (late[0].start, str(late[0].day)) == (WEEK_48, "2026-11-30")


def test_nothing_is_late_before_the_first_report():
    assert days(expected_releases("weekly", None, NOW))[0] == "2026-12-07"


async def test_the_page_says_what_is_expected_and_promises_no_day(client, db):
    async with db.connection() as connection:
        await save_and_publish(connection, weekly(WEEK_48))
    page = (await client.get("/reports")).text
    assert "Week 49 of 2026" in page
    assert "7 December 2026" in page
    assert "so it may come later" in page
    assert (
        "expected"
        not in (await client.get("/reports?after=WyIyMDI2LTExLTE2Iiwid2Vla2x5IiwxXQ")).text
    )


async def test_a_calendar_has_published_and_expected_reports(client, db):
    async with db.connection() as connection:
        await save_and_publish(connection, weekly(WEEK_48))
    found = (await read_calendar(client)).walk("VEVENT")
    entries = {entry["UID"].partition("@")[0]: entry for entry in found}
    published = entries["weekly-2026-11-23"]
    assert str(published["STATUS"]) == "CONFIRMED"
    assert str(published["SUMMARY"]) == "Weekly report, Week 48 of 2026"
    assert str(published["URL"]).endswith("/reports/weekly/2026-11-23")
    expected = entries["weekly-2026-11-30"]
    assert str(expected["STATUS"]) == "TENTATIVE"
    assert str(expected["SUMMARY"]).endswith("(expected)")
    assert expected["DTSTART"].dt == datetime.date(2026, 12, 7)
    assert len(entries) == 1 + 4 + 2


async def test_an_entry_keeps_its_name_and_counts_up_when_its_report_changes(client, db):
    week_49 = datetime.date(2026, 11, 30)
    async with db.connection() as connection:
        await save_and_publish(connection, weekly(WEEK_48))
        seen = [await entry_of(client, "weekly-2026-11-30")]
        await save_and_publish(connection, weekly(week_49))
        seen.append(await entry_of(client, "weekly-2026-11-30"))
        cindy = await people.by_email(connection, CINDY[0])
        which = EditionKey("weekly", week_49, 1)
        await edition_work.insert_mark(connection, which, "withdrawn", by=cindy.id, reason="Wrong.")
        seen.append(await entry_of(client, "weekly-2026-11-30"))
    assert [int(entry["SEQUENCE"]) for entry in seen] == [0, 2, 3]
    assert [str(entry["SUMMARY"]).partition("(")[2] for entry in seen] == [
        "expected)",
        "",
        "withdrawn)",
    ]


async def entry_of(client, name):
    entries = (await read_calendar(client)).walk("VEVENT")
    [entry] = [entry for entry in entries if entry["UID"].startswith(f"{name}@")]
    return entry


def test_a_line_has_at_most_75_octets_and_no_letter_is_cut():
    release = Release(kind="weekly", start=WEEK_48, end=WEEK_48, day=WEEK_48)
    base = "https://" + "zürich-" * 30 + "example"
    body = render_calendar([release], base, NOW)
    assert body.endswith(b"END:VCALENDAR\r\n")
    lines = body.removesuffix(b"\r\n").split(b"\r\n")
    assert max(map(len, lines)) == LONGEST_LINE
    assert all(line.decode() for line in lines)
    [entry] = icalendar.Calendar.from_ical(body).walk("VEVENT")
    assert str(entry["URL"]) == f"{base}/reports"
