"""Erasing a response also removes it from the examples in every version of the codebook."""

import asyncpg
import pytest

from survey.store.answers import erasure
from survey.store.themes import codebooks
from survey.themes.codebook_edits import apply_edit, next_draft
from survey.themes.codebooks import Exemplify
from tests.stored.coded_texts import send_coded_answer

WORDS = "The officer shouted at my mother outside the bakery."
THEME = "accountability-and-complaints"


@pytest.fixture
async def taken(db):
    """The reference of a response that is an example in an accepted version and in the draft."""
    reference, _ = await send_coded_answer(db, WORDS)
    connection = db.the_connection
    edit = Exemplify(theme=THEME, text=WORDS)
    book = apply_edit(next_draft(await codebooks.get_newest(connection)), edit)
    await codebooks.insert(connection, book)
    await codebooks.save_draft(connection, apply_edit(next_draft(book), edit), revision=0, by=None)
    return reference


async def all_definitions(connection):
    rows = await connection.fetch(
        "SELECT definition::text AS d FROM codebooks"
        " UNION ALL SELECT definition::text FROM codebook_draft"
    )
    return " ".join(row["d"] for row in rows)


async def test_erased_words_leave_every_version_and_the_draft(db, taken):
    connection = db.the_connection
    assert WORDS in await all_definitions(connection)
    assert await erasure.erase(connection, taken) == "response"
    assert WORDS not in await all_definitions(connection)


async def test_the_rest_of_the_version_stays_as_it_was(db, taken):
    connection = db.the_connection
    before = await codebooks.get_newest(connection)
    await erasure.erase(connection, taken)
    after = await codebooks.get_newest(connection)
    assert after.ids() == before.ids()
    assert after.get(THEME).examples == before.get(THEME).examples[:-1]
    assert [edit.text for edit in after.edits] == [""]


async def test_nothing_else_changes_a_version_that_stands(db, taken):
    connection = db.the_connection
    await erasure.erase(connection, taken)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        async with connection.transaction():
            await connection.execute("UPDATE codebooks SET definition = '{}'")
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        async with connection.transaction():
            await connection.execute("UPDATE codebooks SET accepted_at = now()")


async def test_an_unknown_reference_erases_nothing(db, taken):
    assert await erasure.erase(db.the_connection, "NOT-A-REFERENCE") is None
    assert WORDS in await all_definitions(db.the_connection)
