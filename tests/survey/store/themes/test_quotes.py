"""Quotes in the database: chosen once, never changed, without text once the response is erased."""

import asyncpg
import pytest

from api.jobs.texts import quotes as quoting
from survey.store.accounts import people
from survey.store.answers import erasure, responses
from survey.store.themes import quotes
from tests.people import CINDY
from tests.stored.coded_texts import load_first_theme, send_coded_answer


async def insert_quote(db, text):
    cindy = await people.by_email(db.the_connection, CINDY[0])
    source = await quotes.get_source(db.the_connection, text)
    return await quotes.insert(db.the_connection, source, "fairness", (0, 50), by=cindy.id)


async def test_only_a_text_whose_writer_agreed_is_offered(db):
    await send_coded_answer(db)
    _, text = await send_coded_answer(db, may_quote=True)
    theme = await load_first_theme(db)
    offered = await quotes.load_quotable(db.the_connection, theme.id, None, 50)
    assert [one.id for one in offered] == [text]
    assert await quotes.load_quotable(db.the_connection, "another", None, 50) == []


@pytest.mark.parametrize("column", ["start_at = 1", "end_at = 70", "sha256 = 'x'", "theme = 'y'"])
async def test_a_quote_never_moves(db, column):
    _, text = await send_coded_answer(db, may_quote=True)
    number = await insert_quote(db, text)
    with pytest.raises(asyncpg.PostgresError, match="kept as it is"):
        await db.the_connection.execute(f"UPDATE quotes SET {column} WHERE id = $1", number)


async def test_a_quote_outlives_its_answer_without_a_word_of_it(db):
    reference, text = await send_coded_answer(db, may_quote=True)
    number = await insert_quote(db, text)
    assert await erasure.erase(db.the_connection, reference)
    quote = await quotes.get(db.the_connection, number)
    assert quote.text is None
    assert quoting.chosen_quote(quote, "").source is None


async def test_consent_can_be_taken_back_by_reference(db):
    reference, text = await send_coded_answer(db, may_quote=True)
    assert await responses.has_consent(db.the_connection, reference)
    await responses.set_consent(db.the_connection, reference, "withdrawn")
    assert not await responses.has_consent(db.the_connection, reference)
    assert (await quotes.get_source(db.the_connection, text)).consent == "withdrawn"
