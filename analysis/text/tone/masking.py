"""Replaces names and words about identity before a model judges tone."""

import functools
import re
from pathlib import Path

import msgspec

from analysis.text.personal_data import redaction
from analysis.text.personal_data.marks import MARK
from analysis.text.tone import lexicons

NAME = re.compile(r"\[name\]", re.IGNORECASE)
SOMEBODY = "someone"
"""Stands for a name, found here or marked by redaction, ours or another's."""


# Open-ended words that no list can cover: where somebody is from, and what they look like.
ORIGIN = re.compile(r"\b[A-Z][a-z]{2,}(?:ian|ean|ese|an|i)\b")
LOOKS = re.compile(r"\b[a-z]+-(?:haired|handed|skinned|eyed|born|speaking)\b", re.IGNORECASE)
NOT_LOOKS = frozenset({"heavy-handed", "high-handed", "even-handed", "red-handed", "ham-handed"})
UNLISTED = "local"
NOT_AN_ORIGIN = frozenset(
    {"cheese", "human", "policewoman", "ocean", "than", "these", "those", "woman"}
)
"""Spelled like an origin and none."""


class MaskedGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str
    instead: str
    words: tuple[str, ...]


class MaskedWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    masked: tuple[MaskedGroup, ...]


@functools.cache
def load_masked_words() -> MaskedWords:
    written = Path(__file__).with_name("masked_words.toml").read_bytes()
    return msgspec.toml.decode(written, type=MaskedWords)


@functools.cache
def replacements() -> dict[str, str]:
    return {word: group.instead for group in load_masked_words().masked for word in group.words}


@functools.cache
def identity_pattern() -> re.Pattern[str]:
    longest_first = sorted(replacements(), key=lambda word: (-len(word), word))
    return re.compile(
        rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])", re.IGNORECASE
    )


def masked_text(text: str) -> str:
    """The text with "someone" for each name and "local" for each word about identity.

    An unredacted text is redacted first. Names and words that are on no list stay.
    """
    ((redacted, _),) = redaction.redact_texts([text])
    unnamed = MARK.sub(" ", NAME.sub(SOMEBODY, redacted))
    listed = identity_pattern().sub(lambda m: replacements()[m[0].lower()], unnamed)
    return LOOKS.sub(masked_looks, ORIGIN.sub(masked_origin, listed))


def masked_origin(word: re.Match[str]) -> str:
    """The placeholder for a word that looks like an origin ("Andorran"), or the word itself.

    A word that the lexicons know ("Clean") is not an origin.
    """
    small = word[0].lower()
    priced = small in lexicons.vader_analyzer().lexicon or small in lexicons.textblob_lexicon()
    return word[0] if priced or small in NOT_AN_ORIGIN else UNLISTED


def masked_looks(word: re.Match[str]) -> str:
    return word[0] if word[0].lower() in NOT_LOOKS else UNLISTED
