"""Quotes: words of residents that may be printed, and the conditions for that."""

import datetime
import hashlib
import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from survey.coding.codes import ThemeCode
from survey.problems import Conflict, Invalid, NotFound

QuoteConsent = Literal["no", "yes", "withdrawn"]
SENTENCE_END = re.compile(r"(?<=[.!?…؟])\s+|\n+")
FEWEST_LETTERS = 12
# A quote says something: "We talked about this at our youth club." has three such words.
FEWEST_CONTENT_WORDS = 5
AROUND = re.compile(r"^\W+|\W+$")
UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
FUNCTION_WORDS = frozenset(
    re.findall(
        r"\S+",
        """
    a about after again all also am an and any are as at be because been before being but by can
    could did do does doing don't down for from further get got had has have having he her here
    hers him his how i i'm i've if in into is isn't it it's its itself just like me more most much
    my no nor not now of off on once only or other our ours out over own really same she should so
    some such than that that's the their theirs them then there these they this those through to
    too under until up us very was we were what when where which while who whom why will with would
    yes you your yours
    """,
    )
)


class QuoteSourceText(msgspec.Struct, frozen=True, kw_only=True):
    """The text that a quote was taken from, as it is today.

    `redacted` is the text as last coded, under `redaction`; `again` the original redacted again
    now, so that an edited answer is noticed; `consent` is its writer's; `tone` is the machine's, to
    balance quotes and never to be shown with them.
    """

    redacted: str
    again: str = msgspec.field(name="anew")  # as inputs of editions are stored
    redaction: str
    consent: QuoteConsent
    stream: str
    area: str
    tone: str = ""


class ChosenQuote(msgspec.Struct, frozen=True, kw_only=True):
    """A quote as a person chose it: `start` to `end` of a redacted text with this hash.

    `source` is None if the answer was erased, `approved_by` if nobody has approved it; `campaign`
    is the campaign of its text, if it is one of many near-identical ones.
    """

    id: int
    theme: str
    received: datetime.date
    start: int
    end: int
    sha256: str
    redaction: str
    approved_by: str | None
    source: QuoteSourceText | None
    campaign: str = ""


class PrintedQuote(msgspec.Struct, frozen=True, kw_only=True):
    """A quote that passed all checks; `domain` is the borough or city it may be shown for.

    `campaign` is the campaign whose words these are; they are then not one person's.
    """

    id: int
    theme: str
    name: str
    stream: str
    domain: str
    words: str
    campaign: str = ""


def text_sha256(redacted: str) -> str:
    # A quote is a place in this text, which moves if any character before it changes.
    return hashlib.sha256(redacted.encode()).hexdigest()


def sentence_spans(redacted: str) -> list[tuple[int, int]]:
    """Start and end of each sentence, and of the whole text if it has several."""
    found, start = [], 0
    ends = [(match.start(), match.end()) for match in SENTENCE_END.finditer(redacted)]
    for end, following in [*ends, (len(redacted.rstrip()), 0)]:
        if len(redacted[start:end].strip()) >= FEWEST_LETTERS:
            found.append((start, end))
        start = following
    return [*found, (0, len(redacted.rstrip()))] if len(found) > 1 else found


def content_words(words: str) -> int:
    """How many words say something: not what is masked, nor those that only join the others.

    The list is English; in scripts without spaces two characters count as a word.
    """
    parts = UNSPACED.sub(" ", words).replace("’", "'").lower().split()
    spoken = [AROUND.sub("", one) for one in parts if not one.startswith("[")]
    known = sum(one not in FUNCTION_WORDS for one in spoken if any(map(str.isalpha, one)))
    return known + len(UNSPACED.findall(words)) // 2


def quotable_spans(
    redacted: str, codes: Sequence[ThemeCode], theme: str
) -> tuple[list[tuple[int, int]], int]:
    """Start and end of each sentence that may be proposed as a quote on a theme, and how many of
    the first ones have the passage by which the theme was recognised.

    None at all if no sentence of that passage says enough: the text is then hardly about the theme.
    Where the passage is not known it is the whole text. The whole text comes last.
    """
    spans = [
        (start, end)
        for start, end in sentence_spans(redacted)
        if content_words(redacted[start:end]) >= FEWEST_CONTENT_WORDS
    ]
    whole = [span for span in spans if span == (0, len(redacted.rstrip())) and len(spans) > 1]
    parts = [span for span in spans if span not in whole]
    marks = [(one.start, one.end or len(redacted)) for one in codes if one.theme == theme]
    marks = marks or [(0, len(redacted))]
    marked = [one for one in parts if any(a < one[1] and one[0] < b for a, b in marks)]
    if not marked:
        return [], 0
    return [*marked, *(one for one in parts if one not in marked), *whole], len(marked)


unquotable_text = Invalid.of(
    "quote.not_possible",
    "This cannot be quoted: {because}.",
    "Choose a sentence of a text whose writer agreed to be quoted.",
)
unknown_quote = NotFound.of(
    "quote.unknown", "There is no quote {number}.", "Look at the list of quotes."
)
own_quote = Conflict.of(
    "quote.own",
    "You proposed quote {number} yourself.",
    "Ask another reviewer or an administrator to read and approve it.",
)


def bad_quote(number: int, code: str, because: str) -> Conflict:
    """The refusal for a quote that may not be printed: it blocks editions while approved."""
    return Conflict(
        f"quote.{code}",
        f"Quote {number} may not be printed: {because}.",
        "Withdraw the quote at /work/quotes, then make the edition again.",
    )


quote_already_decided = Conflict.of(
    "quote.decided", "Quote {number} has been decided already.", "Look at the list of quotes."
)
