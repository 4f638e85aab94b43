"""Codes: what a text was found to say, by whom or what, and under which codebook version."""

from typing import Literal

import msgspec

Polarity = Literal["negative", "neutral", "positive"]
CommentType = Literal["experience", "complaint", "praise", "suggestion", "question"]


class Span(msgspec.Struct, frozen=True):
    """Personal data in a text: characters start to end, and what kind it is."""

    start: int
    end: int
    kind: str


class ShippedTone(msgspec.Struct, frozen=True, array_like=True):
    """The tone of a text as the machine reads it before it learned from anybody's labels."""

    label: Polarity
    polarity: float
    confidence: float


class Statement(msgspec.Struct, frozen=True, array_like=True):
    """A sentence of a text, `start` to `end` of the redacted text, with its own tone."""

    start: int
    end: int
    label: Polarity
    polarity: float


class Sentiment(msgspec.Struct, frozen=True, kw_only=True):
    """The tone of a text from -1 to 1 (p+ less p-), with TextBlob's words.

    `label` is what reports count, `confidence` the probability of that label, and `scorers` the
    result of each scorer, from -1 to 1. Where a tone head read it, `shipped` is the tone without
    it, and `checked` how often such a tone is right, where labels of the stream show that.
    `statements` are the sentences of a text with praise and blame, as shipped; older codes have
    none. `left_out` is where the redacted text has courtesies, which were not read.
    """

    label: Polarity
    polarity: float
    subjectivity: float
    words: tuple[tuple[str, float], ...]
    confidence: float = 0.0
    scorers: tuple[tuple[str, float], ...] = ()
    shipped: ShippedTone | None = None
    checked: float | None = None
    statements: tuple[Statement, ...] = ()
    left_out: tuple[tuple[int, int], ...] = ()


def shown_confidence(tone: Sentiment) -> float | None:
    """How sure the machine is of a tone, as people are shown it: only if labels have checked it.

    As shipped it is off by up to .19 (patients' comments), more than the .05 that we accept.
    """
    return tone.checked


class ThemeCode(msgspec.Struct, frozen=True):
    """A theme found in a text; the strongest passage is `start` to `end` of the redacted text."""

    theme: str
    strength: float
    start: int = 0
    end: int = 0


class Passages(msgspec.Struct, frozen=True, kw_only=True):
    """The vectors of a redacted text and of its sentences, stored so that it is encoded only once.

    `reader` is the model that made them; `spans` the start and end of each; `vectors` their rows
    as little-endian float16, one after the other.
    """

    reader: str
    spans: tuple[tuple[int, int], ...]
    vectors: bytes


class Coding(msgspec.Struct, frozen=True, kw_only=True):
    """Everything assigned to one text; None where it could not be read.

    `sentiment` and `comment_type` are for English only, `passages` need a reader of the language.
    `theme_passages` are those of a second reader, if themes were found in them instead.
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
    theme_passages: Passages | None = None
