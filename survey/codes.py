"""Codes: what a text was found to say, and who or what found it, under which version."""

from typing import Literal

import msgspec

Polarity = Literal["negative", "neutral", "positive"]
CommentType = Literal["experience", "complaint", "praise", "suggestion", "question"]


class Span(msgspec.Struct, frozen=True):
    """Personal data in a text: characters start to end, and what kind it is."""

    start: int
    end: int
    kind: str


class Sentiment(msgspec.Struct, frozen=True, kw_only=True):
    """Tone from -1 to 1, p+ less p-, with TextBlob's words; `label` is what the report counts.

    confidence is the probability of the label; scorers are each scorer's own -1 to 1.
    """

    label: Polarity
    polarity: float
    subjectivity: float
    words: tuple[tuple[str, float], ...]
    confidence: float = 0.0
    scorers: tuple[tuple[str, float], ...] = ()


class ThemeCode(msgspec.Struct, frozen=True):
    """A theme that a text speaks of, strongest from `start` to `end` of the redacted text."""

    theme: str
    strength: float
    start: int = 0
    end: int = 0


class Passages(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of a redacted text and its sentences as vectors, so that nobody reads it twice.

    `reader` made them; `spans` start and end of each; `vectors` their rows as little-endian
    float16, one after the other.
    """

    reader: str
    spans: tuple[tuple[int, int], ...]
    vectors: bytes


class Coding(msgspec.Struct, frozen=True, kw_only=True):
    """Everything assigned to one text; None where it could not be read.

    `sentiment` and `comment_type` are for English only, `passages` need a reader of the language.
    """

    language: str
    redacted: str
    spans: tuple[Span, ...]
    sentiment: Sentiment | None
    themes: tuple[ThemeCode, ...]
    coder: str
    coder_version: str
    codebook: int
    comment_type: CommentType | None = None
    passages: Passages | None = None
