"""Looking for texts: what the address of a list asks for, and the words that were perhaps meant."""

import datetime
from collections import Counter
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import anyio.to_thread
import msgspec

from api import clock, intake
from survey.codebooks import Codebook, told_as
from survey.codes import CommentType, Polarity
from survey.problems import Invalid
from survey.store import texts
from survey.store.database import Connection

MOST_READ = 2_000
MOST_VERSION = 2**31 - 1  # as the database counts
YEARS = (1900, 2200)
MOST_WORDS = 10
STREAMS = {
    "sampled": "Residents who were asked",
    "open": "People who chose to write",
    "complaints": "Complaints",
}
TONES = {
    "negative": "Negative",
    "neutral": "Neutral",
    "positive": "Positive",
    "not_scored": "Not scored",
}
COMMENT_TYPES = {
    "experience": "Experience",
    "complaint": "Complaint",
    "praise": "Praise",
    "suggestion": "Suggestion",
    "question": "Question",
}
CHOICES: dict[str, Any] = {"streams": STREAMS, "tones": TONES, "comment_types": COMMENT_TYPES}


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the address of a list of texts asks for; both days are inside."""

    stream: Literal["sampled", "open", "complaints"] | None = None
    borough: str | None = None
    tone: Polarity | Literal["not_scored"] | None = None
    type: CommentType | None = None
    since: datetime.date | None = None
    until: datetime.date | None = None
    words: str = ""
    version: Annotated[int, msgspec.Meta(ge=1, le=MOST_VERSION)] | None = None

    def given(self) -> dict[str, Any]:
        """As the address says it."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    def address(self, theme: str) -> str:
        return f"/work/themes/{theme}/texts?{urlencode(self.given())}"

    def domain(self, book: Codebook, theme: str) -> texts.Domain:
        return texts.Domain(
            version=book.version,
            sampled=intake.PERCEPTION,
            themes=told_as(book, theme),
            stream=self.stream,
            area=self.borough,
            tone=self.tone,
            comment_type=self.type,
            since=clock.midnight(self.since) if self.since else None,
            until=clock.midnight(self.until + datetime.timedelta(days=1)) if self.until else None,
            words=tuple(self.words.split()[:MOST_WORDS]),
        )


def asked_in(query: dict[str, str]) -> Asked:
    given = {name: value for name, value in query.items() if value.isprintable() and value}
    try:
        found = msgspec.convert(given, Asked, strict=False)
        if all(YEARS[0] <= day.year <= YEARS[1] for day in (found.since, found.until) if day):
            return found
        raise msgspec.ValidationError
    except msgspec.ValidationError:
        raise Invalid(
            "texts.filter",
            "These texts cannot be looked for: a choice or a date in the address is not known.",
            "Go back and choose from what the page offers; write dates like 2026-11-30.",
        ) from None


async def suggested(connection: Connection, domain: texts.Domain, asked: Asked) -> Asked | None:
    """What was perhaps meant where nothing was found, by the words that are written there."""
    if not asked.words:
        return None
    anywhere = msgspec.structs.replace(domain, words=())
    rows = await texts.page(connection, anywhere, None, MOST_READ)
    words = [row["redacted"] for row in rows]
    found = await anyio.to_thread.run_sync(put_right, asked.words, words)
    return msgspec.structs.replace(asked, words=found) if found else None


def put_right(words: str, written: list[str]) -> str | None:
    """Called in a thread: TextBlob takes a second to load, and only once."""
    from analysis.text import spelling

    counts = Counter(word for text in written for word in spelling.WORD.findall(text.lower()))
    return spelling.suggested(words, counts)
