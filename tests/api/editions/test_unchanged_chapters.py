"""A chapter with the figures of the edition before says that nothing in it is new."""

import datetime

import msgspec
import pytest
from lxml import html

from survey.editions.actions import EditionKey
from tests.analysis.editions.full_editions import full_monthly_edition
from tests.api.pages.reports.test_listing import withdraw
from tests.stored.published_editions import save_and_publish

JULY = "/reports/monthly/2008-07-01"
LINE = "Nothing new since 30 June 2008."


def month_after(**changes):
    """The edition of July, with the same meetings of a panel and answers of people met as June."""
    month = {"start": datetime.date(2008, 7, 1), "end": datetime.date(2008, 7, 31)}
    return msgspec.structs.replace(full_monthly_edition(), **(month | changes))


@pytest.fixture
async def june(db):
    async with db.connection() as connection:
        await save_and_publish(connection, full_monthly_edition())


async def publish(db, edition):
    async with db.connection() as connection:
        await save_and_publish(connection, edition)


async def chapters_of(client):
    """What the page of July says of each chapter in the line below its title."""
    page = html.fromstring((await client.get(JULY)).text)
    return {
        chapter.xpath("string(.//h3[contains(@class, 'chapter__title')]/@id)"): chapter.xpath(
            "string(.//*[@class='chapter__contents'])"
        )
        for chapter in page.xpath("//details[@class='chapter']")
    }


async def test_a_chapter_without_a_new_figure_says_so_before_its_answer(client, db, june):
    await publish(db, month_after())
    chapters = await chapters_of(client)
    for name in ("panel", "met"):
        assert chapters[name].startswith(f"{LINE} ")
        assert len(chapters[name]) > len(LINE) + 20
    assert LINE not in chapters["residents"]


async def test_one_new_figure_is_enough(client, db, june):
    reports = full_monthly_edition().scrutiny
    marks = msgspec.structs.replace(reports[-1].marks, green=5)
    newer = msgspec.structs.replace(reports[-1], marks=marks)
    await publish(db, month_after(scrutiny=(*reports[:-1], newer)))
    chapters = await chapters_of(client)
    assert LINE not in chapters["panel"]
    assert LINE in chapters["met"]


async def test_what_was_withdrawn_is_not_compared_with(client, db, june):
    await publish(db, month_after())
    assert LINE in (await chapters_of(client))["met"]
    async with db.connection() as connection:
        await withdraw(connection, EditionKey("monthly", datetime.date(2008, 6, 1), 1))
    assert not any(LINE in said for said in (await chapters_of(client)).values())
