"""Quotes: words of residents that may be printed, and the conditions for that; drafts of names and
summaries that a language model writes from them.
"""

import datetime
import hashlib
import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from survey.problems import Conflict, Invalid, NotFound, Unavailable
from survey.themes.codebooks import ThemeCode

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
DraftKind = Literal["name", "summary"]
DraftState = Literal["waiting", "ready", "failed", "accepted", "discarded"]


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
    """Start and end of each sentence, and of the whole text if it has several sentences."""
    spans, start = [], 0
    ends = [(match.start(), match.end()) for match in SENTENCE_END.finditer(redacted)]
    for end, following in [*ends, (len(redacted.rstrip()), 0)]:
        if len(redacted[start:end].strip()) >= FEWEST_LETTERS:
            spans.append((start, end))
        start = following
    return [*spans, (0, len(redacted.rstrip()))] if len(spans) > 1 else spans


def content_words(words: str) -> int:
    """How many words say something; masked words and words that only join others do not count.

    The list is English; in scripts without spaces two characters count as a word.
    """
    parts = UNSPACED.sub(" ", words).replace("’", "'").lower().split()
    spoken = [AROUND.sub("", part) for part in parts if not part.startswith("[")]
    known = sum(word not in FUNCTION_WORDS for word in spoken if any(map(str.isalpha, word)))
    return known + len(UNSPACED.findall(words)) // 2


def quotable_spans(
    redacted: str, codes: Sequence[ThemeCode], theme: str
) -> tuple[list[tuple[int, int]], int]:
    """Start and end of each sentence that may be proposed as a quote on a theme, and how many of
    the first ones have the passage by which the theme was recognised.

    The list is empty if no sentence of that passage says enough: the text is then hardly about the
    theme. Where the passage is not known, it is the whole text. The text as a whole comes last.
    """
    spans = [
        (start, end)
        for start, end in sentence_spans(redacted)
        if content_words(redacted[start:end]) >= FEWEST_CONTENT_WORDS
    ]
    whole = [span for span in spans if span == (0, len(redacted.rstrip())) and len(spans) > 1]
    parts = [span for span in spans if span not in whole]
    marks = [(code.start, code.end or len(redacted)) for code in codes if code.theme == theme]
    marks = marks or [(0, len(redacted))]
    marked = [part for part in parts if any(a < part[1] and part[0] < b for a, b in marks)]
    if not marked:
        return [], 0
    return [*marked, *(part for part in parts if part not in marked), *whole], len(marked)


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


# Why a sentence of the machine is not offered to anyone, by the rule that dropped it.
DROP_REASONS = {
    "length": "it is too short or too long",
    "uncited": "it names no passage, or one that was not sent",
    "instructs": "it speaks to its reader or gives an instruction",
    "personal": "it may identify someone",
    "quote": "it quotes words that the passages do not have",
    "number": "it has a number that the passages do not have",
    "share": "it says how many people think so",
    "name": "it has a name that the passages do not have",
    "words": "it has words that the passages do not have",
    "negated": "it says the opposite of the passages",
    "scattered": "no passage says this: its words come from several",
    "repeated": "it repeats a sentence before it",
}


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """A masked passage that was sent: its number in the request, and its place in a redacted
    text.
    """

    number: int
    text: str
    start: int
    end: int
    sha256: str
    redaction: str


class DraftLine(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence of a model, with the numbers of the passages that it cites.

    `dropped` is the rule that dropped it (a key of DROP_REASONS), empty if it passed; `accepted` is
    what a person made of it, None until then or where they left it out.
    """

    number: int
    words: str
    passages: tuple[int, ...] = ()
    dropped: str = ""
    accepted: str | None = None


class SentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent and came back, for the audit: no words of residents, only hashes and counts.

    `instructions` is the version of our instructions; `phrases` are the words by which the group
    was found; `left_out` counts passages that were not sent, by the reason; `request` and `answer`
    are SHA-256 of the bytes.
    """

    model: str
    instructions: int
    phrases: tuple[str, ...] = ()
    left_out: dict[str, int] = {}
    request: str = ""
    answer: str = ""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A draft as it is stored; `subject` says what it is about, such as "theme young-people".

    `since` and `until` are the first and last day of a summary's texts.
    """

    id: int
    kind: DraftKind
    subject: str
    since: datetime.date | None
    until: datetime.date | None
    state: DraftState
    failure: str
    asked_by: str
    asked_at: datetime.datetime
    decided_by: str | None
    decided_at: datetime.datetime | None
    sent: SentRecord | None
    passages: tuple[Passage, ...] = ()
    lines: tuple[DraftLine, ...] = ()

    @property
    def offered_lines(self) -> tuple[DraftLine, ...]:
        """The sentences that passed the guard."""
        return tuple(line for line in self.lines if not line.dropped)

    @property
    def drops(self) -> dict[str, int]:
        """How many sentences each rule dropped, in words."""
        drops: dict[str, int] = {}
        for line in self.lines:
            if line.dropped:
                reason = DROP_REASONS[line.dropped]
                drops[reason] = drops.get(reason, 0) + 1
        return drops


unknown_machine_draft = NotFound.of(
    "machine_draft.unknown", "There is no such draft.", "Go back to the theme."
)
machine_draft_already_decided = Conflict.of(
    "machine_draft.decided",
    "Someone has already decided on this draft, or it is not written yet.",
    "Open the page again.",
)
no_language_model = Unavailable.of(
    "machine_draft.no_model",
    "No language model is set up on this installation.",
    "Whoever runs it can name one of their own machine: SOUNDINGS_LANGUAGE_MODEL_URL.",
)
unknown_machine_draft_subject = Invalid.of(
    "machine_draft.subject",
    "A name can be suggested for a candidate, a part of a proposal or a theme of the draft.",
    "Use the button next to it.",
)
