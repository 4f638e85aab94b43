"""Quotes: words of residents that may be printed, and the conditions for that."""

import datetime
import hashlib
import re
from typing import Literal

import msgspec

from survey.problems import Conflict, Invalid, NotFound

QuoteConsent = Literal["no", "yes", "withdrawn"]
SENTENCE_END = re.compile(r"(?<=[.!?…؟])\s+|\n+")
FEWEST_LETTERS = 12


class QuoteSourceText(msgspec.Struct, frozen=True, kw_only=True):
    """The text that a quote was taken from, as it is today.

    `redacted` is the text as last coded, under `redaction`; `again` the original redacted again
    now, so that an edited answer is noticed; `consent` is its writer's.
    """

    redacted: str
    again: str = msgspec.field(name="anew")  # as inputs of editions are stored
    redaction: str
    consent: QuoteConsent
    stream: str
    area: str


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


def unquotable_text(because: str) -> Invalid:
    return Invalid(
        "quote.not_possible",
        f"This cannot be quoted: {because}.",
        "Choose a sentence of a text whose writer agreed to be quoted.",
    )


def unknown_quote(number: int) -> NotFound:
    return NotFound("quote.unknown", f"There is no quote {number}.", "Look at the list of quotes.")


def own_quote(number: int) -> Conflict:
    return Conflict(
        "quote.own",
        f"You proposed quote {number} yourself.",
        "Ask another reviewer or an administrator to read and approve it.",
    )


def bad_quote(number: int, code: str, because: str) -> Conflict:
    """The refusal for a quote that may not be printed: it blocks editions while approved."""
    return Conflict(
        f"quote.{code}",
        f"Quote {number} may not be printed: {because}.",
        "Withdraw the quote at /work/quotes, then make the edition again.",
    )


def quote_already_decided(number: int) -> Conflict:
    return Conflict(
        "quote.decided", f"Quote {number} has been decided already.", "Look at the list of quotes."
    )
