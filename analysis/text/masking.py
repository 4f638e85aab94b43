"""Replaces names and words of who somebody is before a model judges tone."""

import functools
import re
from pathlib import Path

import msgspec

from analysis.text import lexicons, redaction
from analysis.text.marks import MARK

NAME = re.compile(r"\[name\]", re.IGNORECASE)
SOMEBODY = "someone"
"""Stands for a name, found here or marked by redaction, ours or another's."""


# Words that no list can end: where somebody is from, and what they look like.
ORIGIN = re.compile(r"\b[A-Z][a-z]{2,}(?:ian|ean|ese|an|i)\b")
LOOKS = re.compile(r"\b[a-z]+-(?:haired|handed|skinned|eyed|born|speaking)\b", re.IGNORECASE)
HANDLING = frozenset({"heavy-handed", "high-handed", "even-handed", "red-handed", "ham-handed"})
UNLISTED = "local"
PLAIN = frozenset({"cheese", "human", "policewoman", "ocean", "than", "these", "those", "woman"})
"""Spelled like an origin and none."""


class MaskedGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str
    instead: str
    words: tuple[str, ...]


class MaskedWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    masked: tuple[MaskedGroup, ...]


@functools.cache
def masked_words() -> MaskedWords:
    written = Path(__file__).with_name("masked_words.toml").read_bytes()
    return msgspec.toml.decode(written, type=MaskedWords)


@functools.cache
def instead() -> dict[str, str]:
    return {word: group.instead for group in masked_words().masked for word in group.words}


@functools.cache
def who_somebody_is() -> re.Pattern[str]:
    longest_first = sorted(instead(), key=lambda word: (-len(word), word))
    return re.compile(
        rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])", re.IGNORECASE
    )


def masked(text: str) -> str:
    """The text with "someone" for each name and "local" for each word of who somebody is.

    A text that comes unredacted is redacted first. A name that no list knows stays, and so does a
    word that the mask list lacks.
    """
    ((redacted, _),) = redaction.redact([text])
    unnamed = MARK.sub(" ", NAME.sub(SOMEBODY, redacted))
    listed = who_somebody_is().sub(lambda m: instead()[m[0].lower()], unnamed)
    return LOOKS.sub(of_looks, ORIGIN.sub(of_origin, listed))


def of_origin(word: re.Match[str]) -> str:
    """ "Andorran" has no tone; "Clean", which is spelled like it, has."""
    small = word[0].lower()
    priced = small in lexicons.vader().lexicon or small in lexicons.textblob_lexicon()
    return word[0] if priced or small in PLAIN else UNLISTED


def of_looks(word: re.Match[str]) -> str:
    return word[0] if word[0].lower() in HANDLING else UNLISTED
