"""Which language a text is in: what the form says first, then what the text shows."""

import re

from analysis.text.marks import READ, without_marks
from analysis.text.words import WORDS

try:
    import pycld2
except ImportError:  # no wheel for Python 3.14
    pycld2 = None
if pycld2 is None:
    import py3langid

ENGLISH = "en"
UNKNOWN = "und"
FEWEST_WORDS = 4
FEWEST_LETTERS = 20
LATIN = re.compile(r"[A-Za-zÀ-ɏḀ-ỿ]")
LETTER = re.compile(r"[^\W\d_]")
UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def detect(texts: list[str], chosen: list[str | None]) -> list[str]:
    """ISO 639 codes, "und" where a text is no English and nothing else for sure.

    The form opens in English, so only another choice than "en" is a choice. Under four words or
    twenty letters of Latin script nothing can be told, and a short answer counts as English.
    """
    return [
        choice if choice and choice != ENGLISH else seen(text)
        for text, choice in zip(texts, chosen, strict=True)
    ]


def seen(text: str) -> str:
    plain = UNREADABLE.sub(" ", without_marks(text[:READ]))
    if is_short_latin(plain):
        return ENGLISH
    guess = recognised(plain)
    if guess is not None:
        return guess
    return ENGLISH if sounds_english(plain) else UNKNOWN


def is_short_latin(text: str) -> bool:
    letters, latin = len(LETTER.findall(text)), len(LATIN.findall(text))
    return 2 * latin >= letters and (latin < FEWEST_LETTERS or len(text.split()) < FEWEST_WORDS)


def recognised(text: str) -> str | None:
    """The detector's answer where it is sure of it."""
    if pycld2 is None:
        code, _ = py3langid.classify(text)
        return str(code)
    reliable, _, guesses = pycld2.detect(text, bestEffort=True)
    code = str(guesses[0][1])
    return code if reliable and code != "un" else None


def sounds_english(text: str) -> bool:
    """A fifth of its words are among the most common English ones, or it has no letters at all."""
    words = re.findall(r"[a-z']+", text.lower())
    return not LETTER.search(text) or sum(
        word in WORDS.common_english for word in words
    ) * 5 >= max(1, len(words))
