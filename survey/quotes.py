"""Quotes: words that may stand between quotation marks, and what has to hold for that."""

import datetime
import hashlib
import re
from typing import Literal

import msgspec

from survey.problems import Conflict, Invalid, NotFound

Consent = Literal["no", "yes", "withdrawn"]
SENTENCE_END = re.compile(r"(?<=[.!?…؟])\s+|\n+")
FEWEST_LETTERS = 12


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """The text that a quote was taken from, as it stands today.

    `redacted` as it was coded last, by which `redaction`; `anew` is what was written, redacted
    again at this moment, so that an edited answer shows; `consent` is that of its writer.
    """

    redacted: str
    anew: str
    redaction: str
    consent: Consent
    stream: str
    area: str


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """A quote as a person chose it: from `start` to `end` of a redacted text with this hash.

    `source` is None where the answer was erased, `approved_by` where nobody approved it.
    """

    id: int
    theme: str
    received: datetime.date
    start: int
    end: int
    sha256: str
    redaction: str
    approved_by: str | None
    source: Source | None


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """A quote that passed the guard; `domain` is the borough or city that it may be shown for."""

    id: int
    theme: str
    name: str
    stream: str
    domain: str
    words: str


def fingerprint(redacted: str) -> str:
    return hashlib.sha256(redacted.encode()).hexdigest()


def sentences(redacted: str) -> list[tuple[int, int]]:
    """Start and end of each sentence, and of the whole where there are several."""
    found, start = [], 0
    ends = [(match.start(), match.end()) for match in SENTENCE_END.finditer(redacted)]
    for end, following in [*ends, (len(redacted.rstrip()), 0)]:
        if len(redacted[start:end].strip()) >= FEWEST_LETTERS:
            found.append((start, end))
        start = following
    return [*found, (0, len(redacted.rstrip()))] if len(found) > 1 else found


def unquotable(because: str) -> Invalid:
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
    """A quote that may not be printed: no edition is made while it stands as approved."""
    return Conflict(
        f"quote.{code}",
        f"Quote {number} may not be printed: {because}.",
        "Withdraw the quote at /work/quotes, then make the edition again.",
    )
