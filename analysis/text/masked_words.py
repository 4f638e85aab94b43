"""What tone is read from: text without slips of the keys, names, words for who somebody is."""

import functools
import itertools
import re
from pathlib import Path

import msgspec
from textblob import en
from vaderSentiment.vaderSentiment import NEGATE

from analysis.text import lexicons, personal_data
from analysis.text.lexicons import load_neutral_words, textblob_lexicon, vader_analyzer
from analysis.text.model.files import load_tokenizer
from analysis.text.personal_data import MARK

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
SHORTEST, LONGEST = 4, 25
CACHED_WORDS = 20_000
LETTERS = "abcdefghijklmnopqrstuvwxyz'"
ENDINGS = ("s", "ed", "er", "ly", "ing")
MORE_ENDINGS = ("s", "d")
EXAMPLES = ("themes/codebook.toml", "themes/elsewhere.txt", "text/comment_types.toml")
CONTRACTED = frozenset(word for word in NEGATE if "'" in word)
NAME = re.compile(r"\[name\]", re.IGNORECASE)
SOMEBODY = "someone"
"""Stands for a name, found here or marked by redaction, ours or another's."""
# Open-ended words that no list can cover: where somebody is from, and what they look like.
ORIGIN = re.compile(r"\b[A-Z][a-z]{2,}(?:ian|ean|ese|an|i)\b")
LOOKS = re.compile(
    r"\b[a-z]+-(?:haired|handed|skinned|eyed|born|speaking|legged|kneed|shouldered|faced|hearing|sighted)\b",
    re.IGNORECASE,
)
NOT_LOOKS = frozenset(
    {"heavy-handed", "high-handed", "even-handed", "red-handed", "ham-handed", "two-faced"}
)
UNLISTED = "local"
NOT_AN_ORIGIN = frozenset(
    {"cheese", "human", "policewoman", "ocean", "than", "these", "those", "woman"}
)
"""Spelled like an origin and none."""
SMALL_LETTERS = str.maketrans("İıſ\u212a", "iisk")
"""Letters that a pattern takes for i, s and k where capitals do not count ("Muslım")."""
# "A Navajo household": a capital inside a sentence, before a noun.
DESCENT = re.compile(
    r"(?<=\b[Aa] )[A-Z][a-z]{2,}(?= [a-z]{4,})|(?<=\b[Aa]n )[A-Z][a-z]{2,}(?= [a-z]{4,})"
)


def without_slips(text: str) -> str:
    """The text with each misspelt word as the word that is one slip away, where there is one.

    A slip leaves a letter out, doubles it or swaps it with the next. Of several words the most
    frequent is taken. Words with a capital inside a sentence may be names, and stay.
    """
    return WORD.sub(meant_word, text)


def meant_word(match: re.Match[str]) -> str:
    word = match[0]
    small = word.lower().replace("’", "'")
    if word != word.lower() and not word.isupper() and not begins_sentence(match):
        return word
    meant = most_frequent_near(small)
    if meant == small:
        return word
    if word.isupper():
        return meant.upper()
    return meant.capitalize() if word[0].isupper() else meant


def begins_sentence(match: re.Match[str]) -> bool:
    before = match.string[: match.start()].rstrip()
    return not before or before[-1] in ".!?…\n\"“'‘"


@functools.lru_cache(maxsize=CACHED_WORDS)
def most_frequent_near(word: str) -> str:
    if not SHORTEST <= len(word) <= LONGEST or is_word(word):
        return word
    near = one_slip_away(word)
    negations = sorted(near & CONTRACTED)
    known = sorted(near & ranks().keys(), key=lambda neighbour: ranks()[neighbour])
    return next(iter((*negations, *known)), word)


def is_word(word: str) -> bool:
    """Whether a lexicon or the sentence model knows the word, or knows it with another ending."""
    stem = word.partition("'")[0]
    shorter = (stem.removesuffix(ending) for ending in ENDINGS)
    longer = (word + ending for ending in MORE_ENDINGS)
    return word in CONTRACTED or any(
        form in known_words() or form in ranks()
        for form in (word, *shorter, *longer)
        if len(form) >= SHORTEST - 1
    )


@functools.cache
def known_words() -> frozenset[str]:
    """Words of the lexicons, of TextBlob's speller and of the examples that themes are taught."""
    neutral = (word for group in load_neutral_words().neutral for word in group.words)
    lexicons = (*vader_analyzer().lexicon, *dict.keys(textblob_lexicon()))
    lines = Path(en.spelling.path).read_text("utf-8").splitlines()
    books = (line.split()[0].lower() for line in lines if line and not line.startswith(";"))
    folder = Path(__file__).parents[1]
    said = (WORD.findall((folder / name).read_text("utf-8").lower()) for name in EXAMPLES)
    return frozenset(itertools.chain(books, lexicons, neutral, *said))


@functools.cache
def ranks() -> dict[str, int]:
    """The rank of each word that the sentence model has in one piece: lower if more frequent."""
    vocabulary: dict[str, int] = load_tokenizer().get_vocab()
    return vocabulary


def one_slip_away(word: str) -> set[str]:
    """All words that become this one if a letter is left out, doubled or swapped with the next."""
    halves = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    left_out = {a + letter + b for a, b in halves for letter in LETTERS}
    doubled = {a + b[1:] for a, b in halves if a and b and a[-1] == b[0]}
    swapped = {a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1}
    return left_out | doubled | swapped


class MaskedGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str
    instead: str
    words: tuple[str, ...]


class MaskedWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The lists: words to mask, words for persons, words before a person that do not say who it is.

    A word before a person is masked where neither lexicon rates it: "a freckled boy".
    """

    version: int
    persons: tuple[str, ...]
    ordinary: tuple[str, ...]
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
    # A regular expression takes the first alternative that fits, not the longest.
    longest_first = sorted(replacements(), key=lambda word: (-len(word), word))
    # By first letter, because each alternative is tried at each word: a third of the time.
    by_letter: dict[str, list[str]] = {}
    for word in longest_first:
        by_letter.setdefault(word[0], []).append(re.escape(word[1:]))
    words = "|".join(
        f"{re.escape(letter)}(?:{'|'.join(rest)})" for letter, rest in by_letter.items()
    )
    return re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE)


def masked_identity(word: re.Match[str]) -> str:
    return replacements()[word[0].translate(SMALL_LETTERS).lower()]


@functools.cache
def described_pattern() -> re.Pattern[str]:
    """A word before a person ("a freckled boy"), after one ("my son is freckled"), after "Being".

    "Is" and "are" only: "was handcuffed" says what happened to somebody.
    """
    listed = load_masked_words()
    persons = "|".join((*listed.persons, "locals?"))
    # A person is nobody's description: "a lady driver".
    ordinary = "|".join((*listed.ordinary, *listed.persons))
    before = "a|an|the|one|two|three|four|five|some|this|that|my|his|her|our|their|another"
    word = rf"(?!(?:{ordinary})\b)[a-z][a-z-]{{2,}}"
    return re.compile(
        rf"\b(?P<before>(?:{before}) )(?P<word>{word})(?= (?:{persons})\b)"
        rf"|\b(?P<after>(?:{persons}) (?:is|are) |being )(?P<alone>{word})(?=[,.]| and\b|$)",
        re.IGNORECASE,
    )


def masked_text(text: str) -> str:
    """The text with "someone" for each name and "local" for each word about identity.

    An unredacted text is redacted first, and slips of the keys are mended. Words of identity that
    are on no list and in none of the places of `described_pattern` stay, and so do names that no
    list knows.
    """
    ((redacted, _),) = personal_data.redact_texts([text])
    unnamed = without_slips(MARK.sub(" ", NAME.sub(SOMEBODY, redacted)))
    listed = identity_pattern().sub(masked_identity, unnamed)
    foreign = DESCENT.sub(masked_unrated, ORIGIN.sub(masked_origin, listed))
    return described_pattern().sub(masked_description, LOOKS.sub(masked_looks, foreign))


def names_in_words(text: str) -> tuple[str, list[int]]:
    """The text with "someone" for each name mark and blanks for other marks; where each name ends.

    Nothing else changes, so a position in the old text is the position in the new one less the
    number of names that end before it.
    """
    if "[" not in text:
        return text, []
    blank = MARK.sub(lambda mark: mark[0] if NAME.fullmatch(mark[0]) else " " * len(mark[0]), text)
    said = NAME.sub(SOMEBODY, blank)
    starts = (match.start() for match in NAME.finditer(blank))
    return said, [start + row + len(SOMEBODY) for row, start in enumerate(starts)]


def is_rated(word: str) -> bool:
    small = word.lower()
    return small in lexicons.vader_analyzer().lexicon or small in lexicons.textblob_lexicon()


def masked_unrated(word: re.Match[str]) -> str:
    return word[0] if is_rated(word[0]) else UNLISTED


def masked_origin(word: re.Match[str]) -> str:
    """The placeholder for a word that looks like an origin ("Andorran"), or the word itself.

    A word that the lexicons know ("Clean") is not an origin.
    """
    return word[0] if word[0].lower() in NOT_AN_ORIGIN else masked_unrated(word)


def masked_looks(word: re.Match[str]) -> str:
    return word[0] if word[0].lower() in NOT_LOOKS else UNLISTED


def masked_description(match: re.Match[str]) -> str:
    word = match["word"] or match["alone"]
    return match[0] if is_rated(word) else f"{match['before'] or match['after']}{UNLISTED}"
