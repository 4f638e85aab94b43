"""A summary is drafted from the newest texts of a theme."""

import uuid

from survey.store.themes import drafts
from tests.stored.coded_texts import STORY, load_first_theme, save_hand_coding, send_coded_answer


async def test_of_one_day_the_texts_that_came_last_are_the_newest(db):
    """Ids begin with the hour, so the last hour of a day has the highest."""
    connection = db.the_connection
    reference, _ = await send_coded_answer(db, may_quote=True)
    theme = await load_first_theme(db)
    early, late = (uuid.UUID(int=2**128 - n) for n in (2, 1))
    for item, text in (("evening", late), ("morning", early)):
        await connection.execute(
            "INSERT INTO texts (id, response, item, body, language)"
            " SELECT $1, id, $2, $3, 'en' FROM responses WHERE reference = $4",
            *(text, item, STORY, reference),
        )
        await save_hand_coding(db, text, STORY, "positive")
    day = await connection.fetchval("SELECT max(received_on) FROM last_codings")
    found = await drafts.load_theme_sources(connection, [theme.id], day, day, 2)
    assert [one.id for one in found] == [late, early]
