"""Slips of the keys: a word that is none is read for its tone as the word that was meant."""

import functools
import itertools
import re
from pathlib import Path

from textblob import en
from vaderSentiment.vaderSentiment import NEGATE

from analysis.text.model_files import load_tokenizer
from analysis.text.tone.lexicons import load_neutral_words, textblob_lexicon, vader_analyzer

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
SHORTEST, LONGEST = 4, 25
CACHED_WORDS = 20_000
LETTERS = "abcdefghijklmnopqrstuvwxyz'"
ENDINGS = ("s", "ed", "er", "ly", "ing")
MORE_ENDINGS = ("s", "d")
EXAMPLES = ("themes/codebook.toml", "themes/elsewhere.txt", "comment_types.toml")
CONTRACTED = frozenset(word for word in NEGATE if "'" in word)


def without_slips(text: str) -> str:
    """The text with each misspelt word as the word that is one slip away, where there is one.

    A slip leaves a letter out, doubles it or swaps it with the next. Of several words the most
    frequent is taken. Words with a capital inside a sentence may be names, and stay.
    """
    return WORD.sub(meant_word, text)


def meant_word(found: re.Match[str]) -> str:
    word = found[0]
    small = word.lower().replace("’", "'")
    if word != word.lower() and not word.isupper() and not begins_sentence(found):
        return word
    meant = most_frequent_near(small)
    if meant == small:
        return word
    if word.isupper():
        return meant.upper()
    return meant.capitalize() if word[0].isupper() else meant


def begins_sentence(found: re.Match[str]) -> bool:
    before = found.string[: found.start()].rstrip()
    return not before or before[-1] in ".!?…\n\"“'‘"


@functools.lru_cache(maxsize=CACHED_WORDS)
def most_frequent_near(word: str) -> str:
    if not SHORTEST <= len(word) <= LONGEST or is_word(word):
        return word
    near = one_slip_away(word)
    negations = sorted(near & CONTRACTED)
    known = sorted(near & ranks().keys(), key=lambda one: ranks()[one])
    return next(iter((*negations, *known)), word)


def is_word(word: str) -> bool:
    """Whether a reader of ours knows the word, or it with another ending."""
    stem = word.partition("'")[0]
    shorter = (stem.removesuffix(ending) for ending in ENDINGS)
    longer = (word + ending for ending in MORE_ENDINGS)
    return word in CONTRACTED or any(
        one in known_words() or one in ranks()
        for one in (word, *shorter, *longer)
        if len(one) >= SHORTEST - 1
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
    """The words that the sentence model has in one piece: the more frequent, the lower."""
    found: dict[str, int] = load_tokenizer().get_vocab()
    return found


def one_slip_away(word: str) -> set[str]:
    """All words that one letter left out, doubled or swapped turns into this one."""
    halves = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    left_out = {a + letter + b for a, b in halves for letter in LETTERS}
    doubled = {a + b[1:] for a, b in halves if a and b and a[-1] == b[0]}
    swapped = {a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1}
    return left_out | doubled | swapped
