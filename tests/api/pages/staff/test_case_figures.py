"""Case figures: the page, the file, and that neither shows a small count."""

import csv
import datetime
import io
import re

import pytest

from api import clock
from api.pages.staff.cases import case_figures
from api.pages.staff.cases.case_figures import offered_periods
from survey.deployments import months_before
from survey.store.cases import case_owners
from tests.people import AMINA, CINDY
from tests.stored.case_rows import HACKNEY, LAMBETH, insert_complaint, mark_merged, outcome_event

PAGE = "/work/complaints/figures"
CHANNELS = ("phone", "online")
KINDS = ("incivility", "stop_and_search", "neglect")


@pytest.fixture
async def cindy(signed_in):
    return await signed_in(CINDY)


def settled_quarter():
    """Code and last day of the latest quarter whose file is offered (it ended four weeks ago)."""
    code, period = next(
        (code, one)
        for code, one in offered_periods(datetime.date(2020, 1, 1), clock.today()).items()
        if one.file
    )
    return code, period.end


@pytest.fixture
async def quarter(db):
    """63 complaints in a quarter, three in Lambeth; three merged, two by the same person."""
    connection = db.the_connection
    code, last = settled_quarter()
    at = clock.midnight(last.replace(day=2))
    done = [("acknowledged", 2), (outcome_event("incivility", "resolved"), 10), ("closed", 12)]
    idents = [
        await insert_complaint(
            connection, at, ["incivility"], done[: i % 4], channel=CHANNELS[i > 20]
        )
        for i in range(57)
    ]
    idents += [await insert_complaint(connection, at, KINDS[1:]) for _ in range(3)]
    for _ in range(3):
        await insert_complaint(connection, at, ["incivility"], area=LAMBETH)
    for i, same in ((57, True), (58, True), (59, False)):
        await mark_merged(connection, idents[i], idents[0], same_person=same)
    return code


async def download_figures(client, period):
    answer = await client.get(f"{PAGE}.csv?period={period}")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = csv.DictReader(io.StringIO(answer.text))
    return {(row["table"], row["row"], row["column"], row["unit"]): row for row in rows}


@pytest.mark.slow
async def test_four_measures_of_the_same_complaints_are_told_apart(cindy, quarter):
    cells = await download_figures(cindy, quarter)
    found = {
        name: cells["measures", "All of London", name, "count"]["value"]
        for name in ("Complaints", "Cases", "Allegations", "Persons")
    }
    assert found == {"Complaints": "65", "Cases": "60", "Allegations": "60", "Persons": "60"}
    rate = cells["measures", "All of London", "Cases", "per 10,000 residents"]
    assert float(rate["low"]) <= float(rate["value"]) <= float(rate["high"])


@pytest.mark.slow
async def test_the_last_twelve_months_are_shown_as_bars_and_a_small_one_is_not(cindy, db):
    """And none from before the first complaint."""
    months = [months_before(clock.today().replace(day=1), many) for many in (1, 4)]
    for month, many in zip(months, (12, 3), strict=True):
        for _ in range(many):
            await insert_complaint(db.the_connection, clock.midnight(month), ["incivility"])
    page = (await cindy.get(f"{PAGE}?period=months")).text
    table = page.split("Complaints by month, the last twelve")[-1].split("</table>")[0]
    assert table.count("<svg") == 4
    rows = re.findall(r"weight-regular\">([^<]+)</th>(.*?)</tr>", table, re.DOTALL)
    found = {
        month: re.search(r"numeric\">(?:<abbr[^>]*>)?([^<]+)", rest)[1] for month, rest in rows
    }
    assert [found[f"{month:%B %Y}"] for month in months] == ["10", "[c]"]
    assert len(found) == 4


@pytest.mark.slow
async def test_a_small_borough_is_withheld(cindy, quarter):
    month = f"{settled_quarter()[1]:%Y-%m}"
    page = (await cindy.get(f"{PAGE}?period={month}")).text
    assert re.search(r"Hackney</th>\s*<td[^>]*bar-cell.*?</td>\s*<td[^>]*>60", page, re.DOTALL)
    (silent,) = re.findall(r"with too few complaints to show<.*?__text\">([^<]*)", page)
    assert "Lambeth" in silent


@pytest.mark.slow
async def test_the_page_sets_each_measure_beside_the_period_before(cindy, quarter):
    month = f"{settled_quarter()[1]:%Y-%m}"
    page = (await cindy.get(f"{PAGE}?period={month}")).text
    assert page.count("Before: ") == 4
    assert "Half within, before" in page
    assert "or more</td>" not in page


def test_the_period_before_is_as_long():
    def before(start, end):
        found = case_figures.previous_period(
            case_figures.CaseFiguresPeriod("", datetime.date(*start), datetime.date(*end))
        )
        return str(found.start), str(found.end)

    assert before((2026, 3, 1), (2026, 3, 31)) == ("2026-02-01", "2026-02-28")
    assert before((2026, 1, 1), (2026, 12, 31)) == ("2025-01-01", "2025-12-31")
    assert before((2026, 8, 24), (2026, 11, 22)) == ("2026-05-25", "2026-08-23")


@pytest.mark.slow
async def test_a_file_tells_of_no_borough(cindy, quarter):
    """Found: with the weekly and monthly editions, a file with boroughs narrowed the count of a
    single week to two possible values.
    """
    cells = await download_figures(cindy, quarter)
    assert {row for table, row, _, _ in cells if table == "measures"} == {"All of London"}
    page = (await cindy.get(f"{PAGE}?period={quarter}")).text
    assert "Hackney" not in page


@pytest.mark.slow
async def test_the_page_and_the_file_tell_the_same(cindy, quarter):
    page = (await cindy.get(f"{PAGE}?period={quarter}")).text
    cells = await download_figures(cindy, quarter)
    for how in ("Online", "By telephone", "On paper"):
        value = cells["channels", "All complaints", how, "count"]["value"]
        cell = re.search(rf"{how}</th>\s*<td[^>]*>(?:<abbr[^>]*>)?([^<]*)", page)[1]
        assert cell == (value or "[c]")


@pytest.mark.slow
async def test_waits_count_those_that_still_wait(cindy, quarter):
    cells = await download_figures(cindy, quarter)
    median = cells["waits", "Acknowledged", "half within", "days"]
    assert float(median["value"]) == 2.0
    closed = cells["waits", "Closed", "half within", "days"]
    assert (closed["value"], closed["status"]) == ("", "not reached yet")


@pytest.mark.slow
async def test_erased_complaints_are_counted_next_to_the_totals(cindy, quarter, db):
    page = (await cindy.get(f"{PAGE}?period={quarter}")).text
    assert "Fewer than five complaints from weeks" in page
    first = settled_quarter()[1].replace(day=7)
    monday = first - datetime.timedelta(days=first.weekday())
    await db.the_connection.executemany(
        "INSERT INTO erased_cases (area, received_week, erased_week) VALUES ($1, $2, $2)",
        [(HACKNEY, monday)] * 9,
    )
    assert "About 10 complaints from weeks" in (await cindy.get(f"{PAGE}?period={quarter}")).text


async def test_a_download_is_in_the_audit(cindy, quarter, db):
    await download_figures(cindy, quarter)
    rows = await db.the_connection.fetch("SELECT act, subject FROM audit ORDER BY at DESC LIMIT 1")
    assert [tuple(row) for row in rows] == [("case figures exported", quarter)]


async def test_a_period_without_complaints_says_so(cindy):
    page = (await cindy.get(PAGE)).text
    assert "No complaints arrived in this period." in page


@pytest.mark.parametrize(
    "period",
    ["year", *(pytest.param(one, marks=pytest.mark.slow) for one in ("weeks", "months", "month"))],
)
async def test_only_a_quarter_is_a_file(period, cindy, quarter):
    """Found: files that end a week apart narrowed 14 of 80 weekly counts to two possible values."""
    today = clock.today()
    last = today.replace(day=1) - datetime.timedelta(days=1)
    code = {"month": f"{last:%Y-%m}", "year": str(today.year - 1)}.get(period, period)
    refused = await cindy.get(f"{PAGE}.csv?period={code}")
    assert refused.status_code == 422
    page = (await cindy.get(f"{PAGE}?period={quarter}")).text
    assert f"figures.csv?period={quarter}" in page
    assert "figures.csv" not in (await cindy.get(f"{PAGE}?period=weeks")).text


@pytest.mark.slow
async def test_the_file_of_a_quarter_stays_as_it_was_first_taken(cindy, quarter, db):
    first = await cindy.get(f"{PAGE}.csv?period={quarter}")
    page = (await cindy.get(f"{PAGE}?period={quarter}")).text
    at = clock.midnight(settled_quarter()[1].replace(day=3))
    for _ in range(40):
        await insert_complaint(db.the_connection, at, ["neglect"], area=LAMBETH)
    again = await cindy.get(f"{PAGE}.csv?period={quarter}")
    assert again.content == first.content
    assert (await cindy.get(f"{PAGE}?period={quarter}")).text == page


async def test_no_file_is_taken_while_an_edition_is_made(cindy, quarter, db, monkeypatch):
    async def busy(connection):
        return False

    monkeypatch.setattr("api.jobs.caseload.editions.try_lock_counts", busy)
    answer = await cindy.get(f"{PAGE}.csv?period={quarter}")
    assert answer.status_code == 409
    assert "An edition is being prepared" in answer.text


@pytest.mark.parametrize("period", ["1999", "2999-01", "2026-13", "day"])
async def test_a_period_that_is_not_offered_is_refused(period, cindy):
    assert (await cindy.get(f"{PAGE}?period={period}")).status_code in (400, 422)
    assert (await cindy.get(f"{PAGE}.csv?period={period}")).status_code in (400, 422)


async def test_figures_are_not_taken_for_a_case_and_a_case_not_for_figures(cindy, signed_in):
    assert "Figures on cases" in (await cindy.get(PAGE)).text
    assert (await cindy.get("/work/complaints/ABCD-2345")).status_code == 404
    amina = await signed_in(AMINA)
    assert (await amina.get(PAGE)).status_code == 403


def test_only_periods_that_are_over_are_offered():
    today = datetime.date(2026, 11, 25)
    found = offered_periods(datetime.date(2025, 6, 3), today)
    assert {one.end < today for one in found.values()} == {True}
    assert list(found)[:4] == ["weeks", "months", "2026-q3", "2026-q2"]
    assert {code for code, one in found.items() if one.file} == {
        *("2026-q3", "2026-q2", "2026-q1", "2025-q4", "2025-q3", "2025-q2"),
    }
    early = offered_periods(datetime.date(2025, 6, 3), datetime.date(2026, 10, 27))
    assert "2026-q3" not in early
    assert early["2026-q2"].start == datetime.date(2026, 4, 1)
    assert (found["weeks"].start, found["weeks"].end) == (
        datetime.date(2026, 8, 24),
        datetime.date(2026, 11, 22),
    )
    assert found["months"].start == datetime.date(2025, 11, 1)
    assert "2025-06" in found
    assert "2025-05" not in found
    assert found["2025"].end == datetime.date(2025, 12, 31)


@pytest.mark.slow
async def test_how_many_come_back_is_shown_from_five_on_each_side(cindy, db):
    connection = db.the_connection
    last = months_before(clock.today(), 1)
    idents = [
        await insert_complaint(connection, clock.midnight(last), ["incivility"]) for _ in range(14)
    ]
    page = f"{PAGE}?period=months"
    for ident in idents[:4]:
        await case_owners.save_opening(connection, str(ident), clock.today(), "owner")
    # Whoever opens it on the day on which it came reads it once more, and staff do not count.
    await case_owners.save_opening(connection, str(idents[4]), last, "owner")
    await case_owners.save_opening(connection, str(idents[5]), clock.today(), "reviewer")
    assert "fewer than five people came back" in (await cindy.get(page)).text
    for ident in idents[4:8]:
        await case_owners.save_opening(connection, str(ident), clock.today(), "owner")
    text = re.sub(r"<[^>]+>", "", (await cindy.get(page)).text)
    assert "Of 15 complaints of this period, 10 were opened again" in text
