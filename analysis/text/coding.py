"""Everything assigned to a text, in the order it happens: redact, language, tone, themes."""

from analysis.text import language, redaction, sentiment
from analysis.text.codebook import Coder
from survey.codes import Coding

CODER = "soundings.text"
CODER_VERSION = "1"
"""Raise it when any word list, pattern, threshold or vector changes: codes remember it."""


def code(texts: list[str], chosen_languages: list[str | None], coder: Coder) -> list[Coding]:
    """One Coding a text. Nothing after the first line reads what the resident wrote unredacted."""
    redacted = redaction.redact(texts)
    shown = [text for text, _ in redacted]
    languages = language.detect(shown, chosen_languages)
    tones = sentiment.score(shown, languages)
    themes = coder.assign(shown)
    return [
        Coding(
            language=languages[row],
            redacted=text,
            spans=spans,
            sentiment=tones[row],
            themes=themes[row],
            coder=CODER,
            coder_version=CODER_VERSION,
            codebook=coder.codebook.version,
        )
        for row, (text, spans) in enumerate(redacted)
    ]
