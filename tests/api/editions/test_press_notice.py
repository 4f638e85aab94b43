"""The notice to the press: one page that says nothing that the edition does not."""

import re

import pytest
import textstat

from api.editions import report_view
from api.editions.files import MOST_FINDINGS, press_notice
from survey.store import editions
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.made_up_edition import WEEK, bare_edition, sample
from tests.people import CINDY
from tests.reading_age import YEARS_BEFORE_SCHOOL
from tests.stored.published_editions import save_and_publish

OLDEST = 12
SHA, BASE = "c0de" * 16, "https://soundings.example"
NUMBER = re.compile(r"\d[\d,.]*\d|\d")


def notice_of(edition):
    view = report_view(edition, SHA)
    return view, press_notice(view, BASE, "Working Group", "press@example.org")


@pytest.mark.parametrize("make", [full_weekly_edition, full_monthly_edition])
def test_it_is_one_page_with_its_parts_in_order(make):
    view, notice = notice_of(make())
    parts = (
        "SYNTHETIC DATA",
        (view.lead or view.headline)[0].split()[0],
        "WHAT WE FOUND",
        "1. ",
        "WHAT THIS DOES NOT SHOW",
        "Association is not proof of cause.",
        "HOW MANY PEOPLE",
        "READ IT",
        f"{BASE}/reports/{view.kind}/{view.start}?number={view.number}",
        "Working Group",
        "press@example.org",
        "NOTES TO EDITORS",
    )
    places = [notice.index(part) for part in parts]
    assert places == sorted(places)
    assert len(notice.splitlines()) <= 60
    assert max(map(len, notice.splitlines())) <= 90
    assert f"{MOST_FINDINGS + 1}. " not in notice


@pytest.mark.parametrize("make", [full_weekly_edition, full_monthly_edition])
def test_every_figure_in_it_is_one_of_the_edition(make):
    view, notice = notice_of(make())
    body = notice.partition("WHAT WE FOUND")[2].partition("READ IT")[0]
    known = " ".join(
        (
            *view.lead,
            *view.headline,
            view.strip,
            *(row_cell.text for row_cell in cells_of(view)),
            *(f"{figure.value.text} {figure.window} {figure.base}" for figure in view.stats),
        )
    )
    listed = {str(number) for number in range(1, MOST_FINDINGS + 1)}
    assert {*NUMBER.findall(body)} - {*NUMBER.findall(known)} - listed == set()


@pytest.mark.parametrize("make", [full_weekly_edition, full_monthly_edition])
def test_a_child_of_twelve_reads_it(make):
    lines = [line for line in notice_of(make())[1].splitlines() if not line.isupper()]
    words = " ".join(word for word in " ".join(lines).split() if "://" not in word)
    assert textstat.flesch_kincaid_grade(words) + YEARS_BEFORE_SCHOOL <= OLDEST


def cells_of(view):
    tables = [table for section in view.front for table in section.tables]
    return [cell for table in tables for row in table.rows for cell in row]


def test_an_edition_without_figures_has_a_notice():
    assert "NOTES TO EDITORS" in notice_of(bare_edition())[1]


async def test_it_is_public_once_the_edition_is(client, db):
    address = f"/reports/weekly/{WEEK}/press-notice.txt"
    assert (await client.get(address)).status_code == 404
    await save_and_publish(db.the_connection, sample(number=1))
    answer = await client.get(address)
    assert answer.headers["content-type"].startswith("text/plain")
    assert "WHAT WE FOUND" in answer.text


async def test_staff_have_it_before_the_edition_is_published(signed_in, db):
    await editions.save(db.the_connection, sample(number=1))
    cindy = await signed_in(CINDY)
    address = f"/work/editions/weekly/{WEEK}/1"
    assert f"{address}/press-notice.txt" in (await cindy.get(address)).text
    assert "WHAT WE FOUND" in (await cindy.get(f"{address}/press-notice.txt")).text
