"""The first edition under a new codebook version says what changed, and why."""

import datetime

import pytest

from analysis import editions as edition
from api import clock
from api.editions import report_view
from api.jobs import kinds
from survey.editions import Edition
from survey.themes.codebooks import Exemplify, Merge, Pin, Rename
from tests.stored.published_editions import save_and_publish
from tests.survey.store.themes.test_recoding import (
    FAIR,
    SAFER,
    YOUNG,
    accept_edits,
    insert_coded_texts,
    theme_coding,
    weekly_inputs,
)

WHY = "Decided at the meeting of March."
EDITS = (
    Rename(theme=SAFER, name={"en": "Safety"}),
    Merge(theme=YOUNG, into=FAIR),
    Exemplify(theme=FAIR, text="The same for everybody, please."),
    Exemplify(theme=FAIR, text="One law for all."),
    Pin(theme=SAFER),
)


def last_weeks_edition(codebook=1):
    start = kinds.this_week(clock.today()) - datetime.timedelta(weeks=1)
    return Edition(
        kind="weekly",
        start=start,
        end=start + datetime.timedelta(days=6),
        number=1,
        data_as_of=start,
        city="London",
        synthetic=True,
        method_version="2",
        population_basis="",
        codebook=codebook,
        headline=(),
    )


async def make_edition(db):
    return edition.make_edition(await weekly_inputs(db.the_connection))


@pytest.fixture
async def told_before(db):
    await save_and_publish(db.the_connection, last_weeks_edition())


async def test_the_next_edition_says_what_the_new_codebook_changed_and_why(db, told_before):
    await insert_coded_texts(
        db, *[theme_coding(YOUNG)] * 12, *[theme_coding(FAIR)] * 15, *[theme_coding(SAFER)] * 11
    )
    await accept_edits(db.the_connection, *EDITS, note=WHY)
    found = (await make_edition(db)).new_codebook
    assert (found.before, found.reasons, found.texts) == (1, (WHY,), 40)
    assert found.changes == (
        "“Feeling safer” is now called “Safety”.",
        "“Young people” was merged into “Fairness between groups”.",
        "Examples, words or descriptions changed: “Fairness between groups” (2).",
    )
    rows = {row.theme: (row.stream, row.before, row.after) for row in found.recoded}
    assert rows == {FAIR: ("open", 15, 25), YOUNG: ("open", 10, 0)}


async def test_a_page_and_paper_say_it(db, told_before):
    await insert_coded_texts(db, *[theme_coding(YOUNG)] * 12)
    await accept_edits(db.the_connection, *EDITS, note=WHY)
    sheet = report_view(await make_edition(db), "0" * 64)
    (part,) = (one for one in sheet.every_section if one.key == "codebook")
    assert f"The reason given: {WHY}" in part.words
    assert [cell.text for cell in part.tables[0].rows[0]] == [
        "Fairness between groups",
        "none recorded",
        "10",
    ]


async def test_fewer_than_ten_that_moved_are_not_told(db, told_before):
    await insert_coded_texts(db, *[theme_coding(YOUNG)] * 9, *[theme_coding(FAIR)] * 30)
    await accept_edits(db.the_connection, Merge(theme=YOUNG, into=FAIR), note=WHY)
    found = (await make_edition(db)).new_codebook
    assert found.recoded == ()
    assert len(found.changes) == 1


async def test_what_came_after_the_change_is_not_compared(db, told_before):
    await insert_coded_texts(db, *[theme_coding(YOUNG)] * 12)
    await accept_edits(db.the_connection, Merge(theme=YOUNG, into=FAIR), note=WHY)
    await insert_coded_texts(db, *[theme_coding(SAFER, version=2)] * 20)
    assert [row.theme for row in (await make_edition(db)).new_codebook.recoded] == [FAIR, YOUNG]


async def test_nothing_is_said_where_the_codebook_is_the_same_or_the_edition_the_first(db):
    await insert_coded_texts(db, *[theme_coding(YOUNG)] * 12)
    assert (await make_edition(db)).new_codebook is None
    await save_and_publish(db.the_connection, last_weeks_edition())
    assert (await make_edition(db)).new_codebook is None
