"""Answers sent through the real intake and coded by hand, so that a test knows their codes."""

from analysis.text import personal_data
from api.operations.answers import submissions
from survey.store.answers import sums
from survey.store.themes import codebooks, codes
from survey.surveys.responses import Submission
from survey.themes.codebooks import Coding, Sentiment, ThemeCode

STORY = "The officer was calm and spoke to my son by name. I felt safe on the way home."


async def load_first_theme(db):
    """The first theme of the newest codebook."""
    return (await codebooks.get_newest(db.the_connection)).themes[0]


async def send_coded_answer(db, story=STORY, *, may_quote=False, area="Hackney", label="positive"):
    """Send an open answer coded with the first theme; its reference and the id of its text."""
    sent = Submission(area=area, may_quote=may_quote, answers={"subject": "taser", "story": story})
    reference = (await submissions.submit_response(db, "feedback", sent)).reference
    text = await db.the_connection.fetchval(
        "SELECT t.id FROM texts t JOIN responses r ON r.id = t.response WHERE reference = $1",
        reference,
    )
    await save_hand_coding(db, text, story, label)
    return reference, str(text)


async def delete_answers(connection, texts):
    """Delete the answers with these texts and their sums, so that no later test meets them."""
    rows = await connection.fetch(
        "SELECT DISTINCT r.id, reference FROM responses r JOIN texts t ON t.response = r.id"
        " WHERE t.id = ANY($1::uuid[])",
        texts,
    )
    for row in rows:
        await sums.subtract_response(connection, row["reference"])
    await connection.execute(
        "DELETE FROM responses WHERE id = ANY($1)", [row["id"] for row in rows]
    )


async def save_hand_coding(db, text, story, label="positive"):
    book = await codebooks.get_newest(db.the_connection)
    [(redacted, spans)] = personal_data.redact_texts([story])
    tone = Sentiment(label=label, polarity=0.0, subjectivity=0.0, words=())
    coding = Coding(
        language="en",
        redacted=redacted,
        spans=spans,
        sentiment=tone,
        themes=(ThemeCode(book.themes[0].id, 1.0),),
        coder="by hand",
        coder_version="1",
        codebook=book.version,
    )
    await codes.save(db.the_connection, [text], [coding])
