"""What a person decided to redact is redacted wherever the text of a complaint is shown."""

import pytest

from api.jobs.texts import coding
from api.operations.answers import submissions
from survey.store.accounts import people
from survey.store.answers import erasure
from survey.store.cases import complaints
from survey.store.themes import codebooks, codes, quotes, texts
from survey.store.themes.texts import TextSelection
from survey.themes.redactions import redact
from tests.people import JOAN
from tests.stored.complaint_forms import create_case

STORY = "The florist saw how officers stopped and searched young people by the bakery."


@pytest.fixture
async def read(db):
    """A coded complaint: the connection, the case number and the row of its text."""
    connection = db.the_connection
    reference = (await create_case(db, narrative=STORY)).reference
    await coding.code_all(connection)
    case = await complaints.get(connection, reference)
    return (
        connection,
        reference,
        await codes.get_written_text(connection, case.id, "narrative"),
    )


async def mask_words(connection, row, *words):
    from survey.themes.redactions import occurrences

    spans = [one for word in words for one in occurrences(row.body, word)]
    joan = (await people.by_email(connection, JOAN[0])).id
    await codes.insert_redaction(connection, row.id, redact(row.body, spans), by=joan)


async def test_the_last_decision_holds_and_those_before_stay(read):
    connection, reference, row = read
    await mask_words(connection, row, "florist")
    await mask_words(connection, row, "bakery")
    case = await complaints.get(connection, reference)
    assert (await complaints.load_redacted_texts(connection, case.id))[
        "narrative"
    ] == STORY.replace("bakery", "[masked]")
    [shown] = [one for one in await codes.load_masked_texts(connection, case.id) if one.spans == 1]
    assert shown.decided
    history = await codes.load_redactions(connection, case.id)
    assert [(one.number, one.name) for one in history] == [(2, JOAN[1]), (1, JOAN[1])]


async def test_lists_of_themes_and_pages_of_texts_show_the_decision(read):
    connection, _, row = read
    book = await codebooks.get_newest(connection)
    every = TextSelection(
        version=book.version,
        sampled=submissions.PERCEPTION_SURVEY,
        themes=tuple(one.id for one in book.themes),
    )
    [before] = [
        one for one in await texts.load_page(connection, every, None, 50) if one.id == row.id
    ]
    assert not before.decided
    await mask_words(connection, row, "florist")
    [after] = [
        one for one in await texts.load_page(connection, every, None, 50) if one.id == row.id
    ]
    assert (after.decided, after.redacted) == (True, STORY.replace("florist", "[masked]"))
    assert "florist" not in (await texts.load_redacted(connection, [row.id]))[row.id]
    assert all(
        "florist" not in one.redacted for one in await texts.load_codings(connection, row.id)
    )


async def test_quotations_are_made_from_the_decision_and_erasure_knows_it(read):
    connection, reference, row = read
    await mask_words(connection, row, "florist")
    source = await quotes.get_source(connection, row.id)
    assert source.redacted == STORY.replace("florist", "[masked]")
    assert source.redacted in await erasure.load_shown_texts(connection, reference)
