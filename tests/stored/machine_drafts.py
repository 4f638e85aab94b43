"""Stores a summary that a language model drafted from one text, ready to be accepted."""

from survey.store.themes import drafts
from survey.themes.quotes import DraftLine, Passage, SentRecord, text_sha256

RECORD = SentRecord(model="small", instructions=1, request="0" * 64, answer="1" * 64)


async def insert_summary(connection, theme, text, redacted, words, *, by, day):
    """The number of the draft; `redacted` are the words of the text, `words` the sentence."""
    subject = f"theme {theme}"
    await drafts.insert(connection, "summary", subject, by=by, since=day, until=day)
    number = await drafts.claim(connection)
    passage = Passage(
        number=1, text=text, start=0, end=len(redacted), sha256=text_sha256(redacted), redaction="7"
    )
    await drafts.save_passages(connection, number, [passage])
    line = DraftLine(number=0, words=words, passages=(1,))
    await drafts.save_answer(connection, number, RECORD, [line], 1)
    return number
