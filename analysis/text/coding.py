"""Everything assigned to a text, in the order in which it happens."""

from collections.abc import Sequence

from analysis.text import comment_types, language, multilingual, reading
from analysis.text.passages import PassageVectors, pack_passages
from analysis.text.personal_data import redaction
from analysis.text.personal_data.redaction import NameFinder
from analysis.text.themes.codebook import Coder
from analysis.text.tone import sentiment
from survey.coding.codes import Coding, CommentType, Passages, Sentiment, Span

CODER = "soundings.text"
CODER_VERSION = "3"
"""Raise it when any word list, pattern, threshold or model changes: codes remember it."""

ReadingResult = tuple[Sentiment | None, CommentType | None, Passages | None]
NO_READING: ReadingResult = (None, None, None)


def code_texts(
    texts: list[str],
    chosen_languages: Sequence[str | None],
    coder: Coder,
    *,
    names: NameFinder | None = None,
) -> list[Coding]:
    """One Coding a text. After redaction nothing reads what the resident wrote unredacted.

    `names` finds names that the lists lack, such as `named_entities.find_persons`. English is read
    by the sentence model; other languages get their themes from the multilingual reader if it is
    installed, and never a tone. A text's codes never depend on another text.
    """
    redacted = redaction.redact_texts(texts, names)
    shown = [text for text, _ in redacted]
    languages = language.detect_languages(shown, chosen_languages)
    version = f"{CODER_VERSION}+names" if names else CODER_VERSION
    return [
        to_coding(one, spoken, said, coder, version)
        for one, spoken, said in zip(
            redacted, languages, read_by_language(shown, languages), strict=True
        )
    ]


def read_by_language(texts: list[str], languages: list[str]) -> list[ReadingResult]:
    """Tone, type and passages of each text, read once."""
    english = [row for row, code in enumerate(languages) if language.is_english(code)]
    others = [row for row, code in enumerate(languages) if not language.is_english(code)]
    found = [NO_READING] * len(texts)
    for rows, hear in ((english, read_english), (others, read_other_language)):
        for row, said in zip(rows, hear([texts[row] for row in rows]), strict=True):
            found[row] = said
    return found


def read_english(texts: list[str]) -> list[ReadingResult]:
    read = reading.read_texts(texts)
    codes = [language.ENGLISH] * len(texts)
    tones = sentiment.score_texts(texts, codes, read.tone)
    types = comment_types.guess_types(texts, codes, read)
    return [
        (tone, typed.type if typed else None, pack_passages(reading.VERSION, placed))
        for tone, typed, placed in zip(tones, types, read.placed, strict=True)
    ]


def read_other_language(texts: list[str]) -> list[ReadingResult]:
    rows = multilingual.text_vectors(texts) if texts else None
    if rows is None:
        return [NO_READING] * len(texts)
    return [
        (
            None,
            None,
            pack_passages(multilingual.READER, PassageVectors(((0, len(text)),), row[None])),
        )
        for text, row in zip(texts, rows, strict=True)
    ]


def to_coding(
    redacted: tuple[str, tuple[Span, ...]],
    spoken: str,
    said: ReadingResult,
    coder: Coder,
    version: str,
) -> Coding:
    text, spans = redacted
    tone, comment_type, passages = said
    return Coding(
        language=spoken,
        redacted=text,
        spans=spans,
        sentiment=tone,
        themes=coder.assign([passages])[0] if passages else (),
        coder=CODER,
        coder_version=version,
        codebook=coder.codebook.version,
        comment_type=comment_type,
        passages=passages,
    )
