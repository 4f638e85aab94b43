"""Courtesies: thanks for being asked, greetings and the like, left out before a text is read."""

import functools
import itertools
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from analysis.text.masked_words import most_frequent_near
from analysis.text.model import passages
from analysis.text.model.files import load_tokenizer
from analysis.text.personal_data import CHARACTERS_READ

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
CLAUSE_BREAK = re.compile(r"[,;:()–—]|\s-+\s")
APOSTROPHE = re.compile("['’]")
KISSES = re.compile("x+$")
TURNS = frozenset(("but", "however", "though", "although", "yet"))
Words = tuple[str, ...]

LONGEST = 30
"""Words of the longest courtesy."""
SHORTEST_SLIP, CACHED_WORDS = 3, 20_000
SIGNATURE = 5
"""Words of the name after "Kind regards"."""


class CourtesyGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Courtesies of one kind: how they begin, words of which they need one, words they may have."""

    begins: tuple[str, ...]
    words: str
    reason: str = ""
    language: str = "en"
    needs: str = ""
    signed: bool = False
    leads: bool = True


class CourtesyLists(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`english` and `elsewhere` are, begin or end a sentence; `clauses` come before "but".

    `before` are words that may precede a courtesy, `runs_on` phrases that need no comma to set one
    off, `not_after` words after which they do need it, and `no_names` words that show that what
    follows "Kind regards" is no name.
    """

    version: int
    before: str
    runs_on: tuple[str, ...]
    not_after: str
    no_names: str
    english: tuple[CourtesyGroup, ...]
    clauses: tuple[CourtesyGroup, ...]
    elsewhere: tuple[CourtesyGroup, ...]


class KnownCourtesy(NamedTuple):
    """A group of courtesies split into words: `begins` are the phrases that a courtesy may begin
    with, `needs` the words of which it must have one, `words` all that it may have.
    """

    begins: tuple[tuple[str, ...], ...]
    needs: frozenset[str]
    words: frozenset[str]
    signed: bool
    leads: bool


class Sentence(NamedTuple):
    """The words of a sentence in small letters, where each stands in the text, and `cuts`: the
    numbers of the words preceded by a comma or the like, then the number of all words.
    """

    said: tuple[str, ...]
    places: tuple[passages.Bounds, ...]
    cuts: tuple[int, ...]
    bounds: passages.Bounds


@functools.cache
def load_courtesies() -> CourtesyLists:
    written = Path(__file__).with_name("courtesies.toml").read_bytes()
    return msgspec.toml.decode(written, type=CourtesyLists)


def text_to_read(text: str) -> str:
    """The text with blanks for its courtesies and quotation marks, so that all positions stay.

    A text that is nothing but courtesies keeps them: “Thank you” alone is praise.
    """
    text = passages.with_plain_quotes(text)
    for start, end in courtesy_spans(text):
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def courtesy_spans(text: str) -> tuple[passages.Bounds, ...]:
    """Where the courtesies of a text are; empty if the whole text is courtesies."""
    shown = passages.with_plain_quotes(passages.with_blank_marks(text[:CHARACTERS_READ]))
    sentences = [split_words(shown, bound) for bound in passages.sentence_bounds(shown)]
    kept = [kept_words(sentence) for sentence in sentences]
    if not any(start < end for start, end in kept):
        return ()
    spans = (cut_spans(sentence, keep) for sentence, keep in zip(sentences, kept, strict=True))
    return tuple(span for some in spans for span in some)


def split_words(text: str, bounds: passages.Bounds) -> Sentence:
    matches = list(WORD.finditer(text, *bounds))
    said = tuple(respelt(APOSTROPHE.sub("", match[0]).lower()) for match in matches)
    between = (
        number + 1
        for number, (match, after) in enumerate(itertools.pairwise(matches))
        if after[0] == "and"
        or match[0] == "that"
        or CLAUSE_BREAK.search(text, match.end(), after.start())
    )
    return Sentence(said, tuple(match.span() for match in matches), (*between, len(said)), bounds)


@functools.lru_cache(maxsize=CACHED_WORDS)
def respelt(word: str) -> str:
    """The courtesy word that an unknown word is one slip of the keys away from, else the word.

    Words of the sentence model's vocabulary are known: "never" is no slip of "ever".
    """
    if len(word) < SHORTEST_SLIP or load_tokenizer().token_to_id(word) is not None:
        return word
    # The likeliest slip first: "thakn" is one of "thank" and not of "thanx".
    parts = (most_frequent_near(word), *one_letter_less(word))
    return next((courtesy for part in parts if (courtesy := words_by_part().get(part))), word)


@functools.cache
def words_by_part() -> dict[str, str]:
    """Each courtesy word under itself and under its forms with one letter left out; where several
    words share a form, the most telling one.
    """
    groups = (*whole_courtesies(), *opening_clauses())
    begins = {word for group in groups for phrase in group.begins for word in phrase}
    needs = {word for group in groups for word in group.needs}
    words = {word for group in groups for word in group.words if len(word) >= SHORTEST_SLIP}
    least_first = sorted(words, key=lambda word: (word in begins, word in needs, word))
    parts = {part: word for word in least_first for part in one_letter_less(word)}
    return parts | {word: word for word in words}


def one_letter_less(word: str) -> list[str]:
    """A word and its forms with one letter left out: words that share a form are a slip apart."""
    return [word, *(word[:place] + word[place + 1 :] for place in range(len(word)))]


def kept_words(sentence: Sentence) -> passages.Bounds:
    """The numbers of the first word outside courtesies and of the word after the last of these."""
    start = end_of_opening(sentence)
    if start == len(sentence.said):
        return start, start
    return start, start_of_closing(sentence, start)


def end_of_opening(sentence: Sentence) -> int:
    """How many words at the beginning are a courtesy: whole clauses, or words before "but"."""
    said, start = sentence.said, 0
    while ends := [cut for cut in sentence.cuts if cut > start and opens(said, start, cut)]:
        start = ends[-1]
    # A "but" with nothing after it is no turn.
    turns = [place for place in range(start + 1, len(said) - 1) if said[place] in TURNS]
    for turn in turns:
        if is_courtesy(said[start:turn], opening_clauses()):
            return turn + 1
    return start or end_of_thanks(said)


def opens(said: Words, start: int, end: int) -> bool:
    groups = [group for group in whole_courtesies() if belongs_to(said[start:end], group)]
    return any(group.leads or end == len(said) for group in groups)


def end_of_thanks(said: Words) -> int:
    """Where thanks end that run on without a comma: "thank you for asking they never come"."""
    if not begins_with(said, run_on_phrases()):
        return 0
    for end in range(min(LONGEST, len(said) - 1), 1, -1):
        if any(
            said[end - 1] in group.needs and belongs_to(said[:end], group)
            for group in whole_courtesies()
        ):
            return end
    return 0


def start_of_closing(sentence: Sentence, start: int) -> int:
    """Where the courtesy at the end begins, after a comma or with a phrase that needs none."""
    said = sentence.said
    last = max(start + 1, len(said) - LONGEST)
    for place in range(last, len(said)):
        bare = begins_with(said[place:], run_on_phrases()) and said[place - 1] not in guards()
        if (place in sentence.cuts or bare) and is_courtesy(said[place:], whole_courtesies()):
            return place
    return len(said)


def cut_spans(sentence: Sentence, keep: passages.Bounds) -> list[passages.Bounds]:
    """The spans to blank in a sentence, given the numbers of the words to keep."""
    (start, end), (first, last) = keep, sentence.bounds
    if not sentence.said or (start, end) == (0, len(sentence.said)):
        return []
    if start == end:
        return [sentence.bounds]
    kept = sentence.places[start][0], sentence.places[end - 1][1]
    spans = [(first, kept[0])] * (start > 0) + [(kept[1], last)] * (end < len(sentence.said))
    return spans


def known_group(group: CourtesyGroup) -> KnownCourtesy:
    begins = tuple(tuple(phrase.split()) for phrase in group.begins)
    needs = frozenset(group.needs.split())
    words = frozenset(
        (*group.words.split(), *needs, *(word for phrase in begins for word in phrase))
    )
    return KnownCourtesy(begins, needs, words, group.signed, group.leads)


@functools.cache
def whole_courtesies() -> tuple[KnownCourtesy, ...]:
    lists = load_courtesies()
    return tuple(map(known_group, (*lists.english, *lists.elsewhere)))


@functools.cache
def opening_clauses() -> tuple[KnownCourtesy, ...]:
    return tuple(map(known_group, load_courtesies().clauses))


@functools.cache
def run_on_phrases() -> tuple[Words, ...]:
    return tuple(tuple(phrase.split()) for phrase in load_courtesies().runs_on)


@functools.cache
def words_before() -> frozenset[str]:
    return frozenset(load_courtesies().before.split())


@functools.cache
def no_names() -> frozenset[str]:
    return frozenset(load_courtesies().no_names.split())


@functools.cache
def guards() -> frozenset[str]:
    return frozenset(load_courtesies().not_after.split())


def is_courtesy(said: Words, groups: Iterable[KnownCourtesy]) -> bool:
    return any(belongs_to(said, group) for group in groups)


def belongs_to(said: Words, group: KnownCourtesy) -> bool:
    """Whether these words are a courtesy of the group."""
    if not 0 < len(said) <= LONGEST:
        return False
    start = first_beginning(said, group)
    if start is None or (group.needs and group.needs.isdisjoint(said)):
        return False
    strange = [word for word in said[start:] if word not in group.words and not KISSES.match(word)]
    return not strange or (
        group.signed and len(strange) <= SIGNATURE and not no_names() & set(strange)
    )


def first_beginning(said: Words, group: KnownCourtesy) -> int | None:
    """Where a courtesy of the group begins, after words that may precede it; None if none does."""
    for start, word in enumerate(said):
        if begins_with(said[start:], group.begins):
            return start
        if word not in words_before() and not word.endswith("ly"):
            return None
    return None


def begins_with(said: Words, phrases: Iterable[Words]) -> bool:
    return any(said[: len(phrase)] == phrase for phrase in phrases)
