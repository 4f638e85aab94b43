"""Stored counts of answers always equal a count of every response, whatever happened before."""

from collections import Counter

import pytest

from survey.store.answers import counts, sums
from survey.store.surveys import instruments
from survey.surveys.instruments import (
    Agreement,
    Consent,
    Grid,
    GridRow,
    Instrument,
    Integer,
    Option,
    Range,
    Rank,
    Repeat,
    SelectMultiple,
    SelectOne,
)
from tests.survey.store.surveys.test_sums import RandomHistory, forms

__all__ = ["forms"]


async def recount(connection):
    """The counts of every response, worked out one by one from its survey's closed questions."""
    known = await instruments.load_versions(connection)
    found, weeks = Counter(), Counter()
    for row in await connection.fetch("SELECT * FROM responses"):
        key = row["instrument"], row["version"]
        weeks[key[0]] += 1
        for item in known[key].questions():
            for name in item.answer_names() if item.counted_answers() else ():
                given = row["answers"].get(name)
                if given is not None:
                    found[*key, name, ""] += 1
                    many = given if isinstance(given, list) else [given]
                    found.update((*key, name, as_text(one)) for one in many)
    return found, weeks


def as_text(answer):
    return str(answer).lower() if isinstance(answer, bool) else str(answer)


async def load_counts(connection, slugs):
    """The counts as pages read them."""
    found = {
        (slug, one.version, one.item, one.answer): one.answers
        for slug in slugs
        for one in await counts.count_by_answer(connection, slug)
    }
    return found, await counts.count_by_survey(connection)


@pytest.mark.parametrize("seed", range(4))
async def test_stored_counts_and_those_that_wait_are_all_answers(db, forms, seed):
    history = RandomHistory(db.the_connection, forms, seed)
    for step in range(40):
        await history.next()
        if step % 8 == 0:
            slugs = {slug for slug, _ in forms}
            assert await load_counts(db.the_connection, slugs) == await recount(db.the_connection)
    await sums.rebuild(db.the_connection)
    assert await load_counts(db.the_connection, slugs) == await recount(db.the_connection)
    stored = await db.the_connection.fetchval("SELECT sum(answers) FROM week_counts")
    assert stored == len(history.references)


async def test_what_was_erased_is_in_no_row_of_the_counts(db, forms):
    history = RandomHistory(db.the_connection, forms, seed=3)
    for _ in range(4):
        await history.answer()
    await sums.rebuild(db.the_connection)
    while history.references:
        await history.erase()
        counted, weeks = await recount(db.the_connection)
        rows = await db.the_connection.fetch("SELECT * FROM answer_counts")
        assert {tuple(row)[:4]: row["answers"] for row in rows} == counted
        rows = await db.the_connection.fetch("SELECT DISTINCT instrument FROM week_counts")
        assert {row["instrument"] for row in rows} == {*weeks}


def question(kind, name, **fields):
    return kind(name=name, text={"en": name}, **fields)


OPTIONS = tuple(Option(name, {"en": name}) for name in ("a", "b"))
LABELS = tuple({"en": str(n)} for n in range(5))
EVERY = Instrument(
    slug="counted",
    version=1,
    mode="open",
    kind="survey",
    title={"en": "Counted"},
    summary={},
    items=(
        question(SelectOne, "one", options=OPTIONS),
        question(SelectMultiple, "many", options=OPTIONS),
        question(Agreement, "agree", labels=LABELS),
        question(Grid, "grid", labels=LABELS, rows=(GridRow("row", {"en": "row"}),)),
        question(Range, "few", high=3),
        question(Consent, "sure"),
        question(Rank, "order", options=OPTIONS),
        question(Integer, "age"),
        question(Repeat, "child", items=(question(SelectOne, "in", options=OPTIONS),)),
    ),
)
GIVEN = {
    "one": "a", "many": ["a", "b"], "agree": 4, "row": 2, "few": 3, "sure": True,
    "order": ["b", "a"], "age": 40, "child": [{"in": "a"}],
}  # fmt: skip


async def test_each_type_of_closed_question_is_counted_and_no_other(db):
    connection = db.the_connection
    await instruments.insert(connection, EVERY)
    row = ("R", "counted", 1, "open", "E09000012", "en", GIVEN)
    await connection.execute(
        "INSERT INTO responses (reference, instrument, version, mode, area, language, answers)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        *row,
    )
    expected = {
        "one": {"", "a"}, "many": {"", "a", "b"}, "agree": {"", "4"}, "row": {"", "2"},
        "few": {"", "3"}, "sure": {"", "true"},
    }  # fmt: skip
    for _ in ("waiting", "stored"):
        found = await counts.count_by_answer(connection, "counted")
        answers = {name: {one.answer for one in found if one.item == name} for name in expected}
        assert answers == expected
        assert {one.item for one in found} == set(expected)
        assert {one.answers for one in found} == {1}
        await sums.sum_batch(connection, 10)
