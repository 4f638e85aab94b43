"""Search for texts: the filters in the address, and spelling suggestions."""

import datetime
from collections import Counter
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import anyio.to_thread
import msgspec

from api import clock
from api.operations.answers import submissions
from api.process.installation import import_lock
from survey.problems import Invalid
from survey.store.coding import texts
from survey.store.database import Connection
from survey.themes.codebooks import Codebook, CommentType, Polarity, ids_counted_as

MOST_READ = 2_000
MOST_WORDS = 10
MOST_CHARACTERS = 200
LAST_DAY = datetime.date.max - datetime.timedelta(days=1)
# A search is only read, and spelling is slow: repeated at will, it must not take every thread.
ONE_AT_A_TIME = anyio.CapacityLimiter(1)
STREAMS = {
    "sampled": "Residents who were asked",
    "open": "People who wrote in",
    "met": "People the police met",
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


class TextSearch(msgspec.Struct, frozen=True, omit_defaults=True):
    """The filters in the address of a list of texts; both dates are included."""

    stream: Literal["sampled", "open", "met", "complaints"] | None = None
    area: str | None = msgspec.field(default=None, name="borough")
    tone: Polarity | Literal["not_scored"] | None = None
    type: CommentType | None = None
    since: datetime.date | None = None
    until: datetime.date | None = None
    words: str = ""
    version: Annotated[int, msgspec.Meta(ge=1, lt=2**31)] | None = None

    def parameters(self) -> dict[str, Any]:
        """The filters as the parameters of an address."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    def address(self, page: str) -> str:
        return f"{page}?{urlencode(self.parameters())}"

    def domain(self, book: Codebook, theme: str | None) -> texts.TextSelection:
        """The texts under a theme; without one, all that were written."""
        return texts.TextSelection(
            version=book.version,
            sampled=submissions.PERCEPTION_SURVEY,
            themes=ids_counted_as(book, theme) if theme else (),
            stream=self.stream,
            area=self.area,
            tone=self.tone,
            comment_type=self.type,
            since=clock.midnight(self.since) if self.since else None,
            until=clock.midnight(self.until + datetime.timedelta(days=1)) if self.until else None,
            words=tuple(self.words.split()[:MOST_WORDS]),
        )


def parse_text_search(query: dict[str, str]) -> TextSearch:
    given = {
        name: value[:MOST_CHARACTERS]
        for name, value in query.items()
        if value.isprintable() and value
    }
    try:
        asked = msgspec.convert(given, TextSearch, strict=False)
        if asked.until and asked.until > LAST_DAY:  # no day follows it
            asked = msgspec.structs.replace(asked, until=None)
        return asked
    except msgspec.ValidationError:
        raise unknown_text_filter() from None


unknown_text_filter = Invalid.of(
    "texts.filter",
    "This search is not possible: a choice or a date in the address is not known.",
    "Go back and choose from what the page offers; write dates like 2026-11-30.",
)


async def suggest_search(
    connection: Connection, domain: texts.TextSelection, asked: TextSearch
) -> TextSearch | None:
    """The same search with corrected spelling, if nothing was found; else None."""
    if not asked.words:
        return None
    # The words of these texts are the dictionary: what anybody wrote is not misspelt.
    anywhere = msgspec.structs.replace(domain, words=())
    rows = await texts.load_page(connection, anywhere, None, MOST_READ)
    words = [row.redacted for row in rows]
    found = await anyio.to_thread.run_sync(
        corrected_words, asked.words, words, limiter=ONE_AT_A_TIME
    )
    return msgspec.structs.replace(asked, words=found) if found else None


def corrected_words(words: str, written: list[str]) -> str | None:
    """The query with corrected spelling. Called in a thread: loading TextBlob takes a second, the
    first time.
    """
    with import_lock("analysis.text.spelling"):
        from analysis.text import spelling

    counts = Counter(word for text in written for word in spelling.WORD.findall(text.lower()))
    return spelling.suggested_query(words, counts)
