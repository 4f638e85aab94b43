"""Codes: what a text was found to say, and who or what found it, under which version."""

from typing import Literal

import msgspec

from survey.instruments import Wording

Polarity = Literal["negative", "neutral", "positive"]


class Span(msgspec.Struct, frozen=True):
    """Personal data in a text: characters start to end, and what kind it is."""

    start: int
    end: int
    kind: str


class Sentiment(msgspec.Struct, frozen=True, kw_only=True):
    """Tone from -1 to 1, with the words that made it; `label` is what the report counts."""

    label: Polarity
    polarity: float
    subjectivity: float
    words: tuple[tuple[str, float], ...]


class Theme(msgspec.Struct, frozen=True, kw_only=True):
    """A selected theme: named and described by people, recognised by its example texts."""

    id: str
    name: Wording
    description: str
    examples: tuple[str, ...]


class Codebook(msgspec.Struct, frozen=True, kw_only=True):
    """One frozen version of the selected themes; coding never changes it."""

    version: int
    themes: tuple[Theme, ...]


class CandidateTheme(msgspec.Struct, frozen=True, kw_only=True):
    """A theme that a machine proposes; it codes nothing until a person selects it."""

    label: str
    words: tuple[str, ...]
    quotes: tuple[str, ...]
    size: int


class ThemeCode(msgspec.Struct, frozen=True):
    theme: str
    strength: float


class Coding(msgspec.Struct, frozen=True, kw_only=True):
    """Everything assigned to one text. `sentiment` is None where it could not be scored."""

    language: str
    redacted: str
    spans: tuple[Span, ...]
    sentiment: Sentiment | None
    themes: tuple[ThemeCode, ...]
    coder: str
    coder_version: str
    codebook: int
