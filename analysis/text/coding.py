"""Everything assigned to a text, in the order it happens."""

from collections.abc import Sequence

from analysis.text import comment_types, language, multilingual, reading, redaction, sentiment
from analysis.text.codebook import Coder
from analysis.text.passages import Placed, packed
from analysis.text.redaction import Finder
from survey.codes import Coding, CommentType, Passages, Sentiment, Span

CODER = "soundings.text"
CODER_VERSION = "3"
"""Raise it when any word list, pattern, threshold or model changes: codes remember it."""

Said = tuple[Sentiment | None, CommentType | None, Passages | None]
UNREAD: Said = (None, None, None)


def code(
    texts: list[str],
    chosen_languages: Sequence[str | None],
    coder: Coder,
    *,
    names: Finder | None = None,
) -> list[Coding]:
    """One Coding a text. Nothing after the first line reads what the resident wrote unredacted.

    `names` finds names beside those on the lists, such as `named_entities.found`. English is read
    by the sentence model; what is in another language gets its themes from the multilingual
    reader where that is installed, and never a tone. No text's codes depend on another text.
    """
    redacted = redaction.redact(texts, names)
    shown = [text for text, _ in redacted]
    languages = language.detect(shown, chosen_languages)
    version = f"{CODER_VERSION}+names" if names else CODER_VERSION
    return [
        coding(one, spoken, said, coder, version)
        for one, spoken, said in zip(redacted, languages, heard(shown, languages), strict=True)
    ]


def heard(texts: list[str], languages: list[str]) -> list[Said]:
    """Tone, type and passages of each text, read once."""
    english = [row for row, code in enumerate(languages) if language.is_english(code)]
    others = [row for row, code in enumerate(languages) if not language.is_english(code)]
    found = [UNREAD] * len(texts)
    for rows, hear in ((english, in_english), (others, in_another_language)):
        for row, said in zip(rows, hear([texts[row] for row in rows]), strict=True):
            found[row] = said
    return found


def in_english(texts: list[str]) -> list[Said]:
    read = reading.read(texts)
    codes = [language.ENGLISH] * len(texts)
    tones = sentiment.score(texts, codes, read.tone)
    types = comment_types.types(texts, codes, read)
    return [
        (tone, typed.type if typed else None, packed(reading.VERSION, placed))
        for tone, typed, placed in zip(tones, types, read.placed, strict=True)
    ]


def in_another_language(texts: list[str]) -> list[Said]:
    rows = multilingual.vectors(texts) if texts else None
    if rows is None:
        return [UNREAD] * len(texts)
    return [
        (None, None, packed(multilingual.READER, Placed(((0, len(text)),), row[None])))
        for text, row in zip(texts, rows, strict=True)
    ]


def coding(
    redacted: tuple[str, tuple[Span, ...]], spoken: str, said: Said, coder: Coder, version: str
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
