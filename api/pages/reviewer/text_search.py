"""Looking for texts: what the address of a list asks for, and the words that were perhaps meant."""

import datetime
from collections import Counter
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import anyio.to_thread
import msgspec

from api import clock, intake
from api.loading import loading
from survey.codebooks import Codebook, told_as
from survey.codes import CommentType, Polarity
from survey.problems import Invalid
from survey.store import texts
from survey.store.database import Connection

MOST_READ = 2_000
MOST_WORDS = 10
MOST_LETTERS = 200
LAST_DAY = datetime.date.max - datetime.timedelta(days=1)
ONE_AT_A_TIME = anyio.CapacityLimiter(1)
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
    version: Annotated[int, msgspec.Meta(ge=1, lt=2**31)] | None = None

    def given(self) -> dict[str, Any]:
        """As the address says it."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    def address(self, page: str) -> str:
        return f"{page}?{urlencode(self.given())}"

    def domain(self, book: Codebook, theme: str | None) -> texts.Domain:
        """The texts under a theme; without one, all that were written."""
        return texts.Domain(
            version=book.version,
            sampled=intake.PERCEPTION,
            themes=told_as(book, theme) if theme else (),
            stream=self.stream,
            area=self.borough,
            tone=self.tone,
            comment_type=self.type,
            since=clock.midnight(self.since) if self.since else None,
            until=clock.midnight(self.until + datetime.timedelta(days=1)) if self.until else None,
            words=tuple(self.words.split()[:MOST_WORDS]),
        )


def asked_in(query: dict[str, str]) -> Asked:
    given = {
        name: value[:MOST_LETTERS] for name, value in query.items() if value.isprintable() and value
    }
    try:
        asked = msgspec.convert(given, Asked, strict=False)
        if asked.until and asked.until > LAST_DAY:  # no day follows it
            asked = msgspec.structs.replace(asked, until=None)
        return asked
    except msgspec.ValidationError:
        raise Invalid(
            "texts.filter",
            "This search is not possible: a choice or a date in the address is not known.",
            "Go back and choose from what the page offers; write dates like 2026-11-30.",
        ) from None


async def suggested(connection: Connection, domain: texts.Domain, asked: Asked) -> Asked | None:
    """What was perhaps meant where nothing was found, by the words that are written there."""
    if not asked.words:
        return None
    anywhere = msgspec.structs.replace(domain, words=())
    rows = await texts.page(connection, anywhere, None, MOST_READ)
    words = [row["redacted"] for row in rows]
    found = await anyio.to_thread.run_sync(put_right, asked.words, words, limiter=ONE_AT_A_TIME)
    return msgspec.structs.replace(asked, words=found) if found else None


def put_right(words: str, written: list[str]) -> str | None:
    """Called in a thread: TextBlob takes a second to load, and only once."""
    with loading("analysis.text.spelling"):
        from analysis.text import spelling

    counts = Counter(word for text in written for word in spelling.WORD.findall(text.lower()))
    return spelling.suggested(words, counts)
