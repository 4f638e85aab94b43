"""Each coded text has one row with its last codes, whatever is coded, corrected or erased."""

import datetime

from survey.store.accounts import people
from survey.store.answers import erasure
from survey.store.themes import campaigns, texts
from survey.themes.demands import CampaignCoding
from tests.people import CINDY
from tests.stored.coded_texts import load_first_theme, save_hand_coding, send_coded_answer

LETTER = "5b9ff6e6-13a1-4a2e-9d6c-5d4e2b1f7a10"
LONG_AGO = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)

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


async def codes_of(connection, text):
    row = await connection.fetchrow(
        "SELECT tone, themes FROM current_codings WHERE text = $1", text
    )
    return row and (row["tone"], row["themes"])


async def test_what_a_person_decided_for_a_campaign_holds_for_its_texts_and_is_taken_back(db):
    connection = db.the_connection
    by = (await people.by_email(connection, CINDY[0])).id
    theme = (await load_first_theme(db)).id
    letter, copy, late = [(await send_coded_answer(db))[1] for _ in range(3)]
    read = ("positive", [theme])
    found = campaigns.FoundCampaign(LETTER, letter, [letter, copy], [None, None])
    await campaigns.save(connection, [letter, copy], [found])
    decided = CampaignCoding(
        campaign=LETTER, name="a letter", tone="negative", themes=("weapon",), codebook=1
    )
    await campaigns.insert_coding(connection, decided, after=0, by=by)
    meant = ("negative", ["weapon"])
    assert [await codes_of(connection, one) for one in (letter, copy, late)] == [meant, meant, read]
    # Found again, with one copy more; read again; and one of its copies left it.
    await campaigns.save(connection, [letter, copy, late], [found._replace(texts=[letter, late])])
    await connection.execute(
        'UPDATE codings SET sentiment = sentiment || \'{"label": "neutral"}\' WHERE text = $1', late
    )
    assert [await codes_of(connection, one) for one in (letter, copy, late)] == [meant, read, meant]
    await campaigns.set_dismissed(connection, LETTER, by=by)
    assert await codes_of(connection, letter) == read
    assert await codes_of(connection, late) == ("neutral", [theme])
    await campaigns.set_dismissed(connection, LETTER, by=None)
    assert await codes_of(connection, letter) == meant
    await campaigns.undo_coding(connection, LETTER, 1, by=by)
    assert await codes_of(connection, letter) == read
    assert await connection.fetchval(DIFFERENT) == 0
    sampled, theme_of = "taser-trial", {theme: theme, "weapon": "weapon"}
    await campaigns.insert_coding(connection, decided, after=1, by=by)
    told = await texts.count_by_theme(connection, sampled, theme_of, LONG_AGO, LONG_AGO)
    assert {(one.theme, one.tone): one.ever for one in told} == {
        ("weapon", "negative"): 2,
        (theme, "positive"): 1,
    }
