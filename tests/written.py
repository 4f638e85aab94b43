"""Answers that were sent through the intake and coded by hand, so that a test knows their codes."""

from analysis.text import redaction
from api import intake
from survey.codes import Coding, Sentiment, ThemeCode
from survey.responses import Submission
from survey.store import codebooks, codes, sums

STORY = "The officer was calm and spoke to my son by name. I felt safe on the way home."


async def theme_of(db):
    """A theme that the codebook in use has."""
    return (await codebooks.newest(db.the_connection)).themes[0]


async def answered(db, story=STORY, *, may_quote=False, borough="Hackney", label="positive"):
    """An open answer that speaks of that theme: its reference and the id of its text."""
    sent = Submission(
        borough=borough, may_quote=may_quote, answers={"subject": "taser", "story": story}
    )
    reference = (await intake.submit_response(db, "feedback", sent)).reference
    text = await db.the_connection.fetchval(
        "SELECT t.id FROM texts t JOIN responses r ON r.id = t.response WHERE reference = $1",
        reference,
    )
    await coded(db, text, story, label)
    return reference, str(text)


async def gone(connection, texts):
    """Answers with these texts, out of the sums and gone: a later test must not meet them."""
    rows = await connection.fetch(
        "SELECT DISTINCT r.id, reference FROM responses r JOIN texts t ON t.response = r.id"
        " WHERE t.id = ANY($1::uuid[])",
        texts,
    )
    for row in rows:
        await sums.take_out(connection, row["reference"])
    await connection.execute(
        "DELETE FROM responses WHERE id = ANY($1)", [row["id"] for row in rows]
    )


async def coded(db, text, story, label="positive"):
    book = await codebooks.newest(db.the_connection)
    [(redacted, spans)] = redaction.redact([story])
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
