"""Each coded text has one row with its last codes, whatever is coded, corrected or erased."""

from survey.store import erasure
from tests.stored.coded_texts import save_hand_coding, send_coded_answer

DIFFERENT = """
    SELECT count(*) FROM (
        (SELECT * FROM newest_codings EXCEPT SELECT * FROM current_codings)
        UNION ALL (SELECT * FROM current_codings EXCEPT SELECT * FROM newest_codings)) d
"""


async def tone_of(connection, text):
    return await connection.fetchval("SELECT tone FROM current_codings WHERE text = $1", text)


async def test_the_row_of_a_text_follows_its_codings(db):
    connection = db.the_connection
    reference, text = await send_coded_answer(db, label="positive")
    assert await tone_of(connection, text) == "positive"
    await connection.execute(
        "UPDATE codings SET sentiment = NULL, themes = '[]' WHERE text = $1", text
    )
    assert await tone_of(connection, text) == "not_scored"
    await connection.execute("DELETE FROM codings WHERE text = $1", text)
    assert await tone_of(connection, text) is None
    await save_hand_coding(db, text, "Calm.", "negative")
    assert await tone_of(connection, text) == "negative"
    assert await connection.fetchval(DIFFERENT) == 0
    await erasure.erase(connection, reference)
    assert await tone_of(connection, text) is None


async def test_a_corrected_borough_is_that_of_its_texts(db):
    connection = db.the_connection
    [case] = await connection.fetch(
        """
        INSERT INTO complaints (reference, instrument, version, area, language, answers)
        SELECT 'moved', slug, max(version), 'E09000012', 'en', '{}' FROM instruments
         WHERE slug = 'complaint' GROUP BY slug RETURNING id
        """
    )
    text = await connection.fetchval(
        "INSERT INTO texts (complaint, item, body, language) VALUES ($1, 'story', 'x', 'en')"
        " RETURNING id",
        case["id"],
    )
    await save_hand_coding(db, text, "Rude.", "negative")
    await connection.execute("UPDATE complaints SET area = 'E09000022' WHERE id = $1", case["id"])
    found = await connection.fetchval("SELECT area FROM current_codings WHERE text = $1", text)
    assert found == "E09000022"
    assert await connection.fetchval(DIFFERENT) == 0
