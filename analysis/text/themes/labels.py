"""Labels for a group of texts: phrases that distinguish it, and quotes from its own writers."""

import functools
import re
import warnings
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
from textblob import en

from analysis.text.personal_data.words import WORDS

Rows = NDArray[np.float32]

# Negation stays: what is missing is often the point ("no explanation").
STOP = frozenset(ENGLISH_STOP_WORDS - {"no", "not", "never", "cannot", "fire"}) | WORDS.everywhere
LONGEST = 30
MOST_WORDS = 3
MOST_PHRASES = 6
MOST_CANDIDATES = 50
FEWEST_CANDIDATES = 20
QUOTES = 4
CENTRAL = 15
READ_FOR_PHRASES = 400
# The next phrase is near the group's centre (.7) and far from the phrases before it (.3). From the
# nearness half of that to the middle of all groups is subtracted.
NEARNESS = 0.7
CONTRAST = 0.5
CONTRACTED_NOT = re.compile(r"n['’]t\b")
WORD = re.compile(r"[a-z0-9][a-z0-9'&-]*")
PAUSE = re.compile(r"[.,;:!?()\"\n]+")


def says_something(text: str) -> bool:
    """Whether any word of the text is more than a stop word."""
    return any(len(word) > 1 and word not in STOP for word in WORD.findall(text.lower()))


@functools.cache
def noun_chunker() -> en.Parser:
    """TextBlob's parser, word lists loaded; 0.20.1 leaves their files open, so Python warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        en.parser.parse("She was Walrusish in Upminster.")
    return en.parser


def noun_phrases(text: str) -> set[str]:
    """Noun phrases of two to four words from TextBlob's chunker (the one that needs no corpora)."""
    parsed = noun_chunker().parse(CONTRACTED_NOT.sub(" not", text[:READ_FOR_PHRASES]))
    found: list[list[str]] = [[]]
    for word, tag, chunk, *_ in (token for sentence in parsed.split() for token in sentence):
        if not (chunk.endswith("NP") and tag.startswith(("NN", "JJ"))):
            found.append([])
            continue
        if chunk == "B-NP":
            found.append([])
        found[-1].append(word.lower())
    return {
        " ".join(phrase)
        for phrase in found
        if 2 <= len(phrase) <= 4 and max(map(len, phrase)) <= LONGEST
    }


def word_runs(text: str) -> set[str]:
    """Runs of one to three words between pauses, with no stop word at either end."""
    found = set()
    for part in PAUSE.split(text.lower().replace("’", "'")):
        words = WORD.findall(part)
        telling = [word not in STOP and 1 < len(word) <= LONGEST for word in words]
        for start, tells in enumerate(telling):
            for end in range(start, min(start + MOST_WORDS, len(words)) if tells else start):
                if telling[end] and max(map(len, words[start : end + 1])) <= LONGEST:
                    found.add(" ".join(words[start : end + 1]))
    return found


def phrase_counts(texts: Sequence[str], parsed: int) -> Counter[str]:
    """In how many of the texts each phrase occurs; the first `parsed` are parsed for nouns."""
    return Counter(
        phrase
        for place, text in enumerate(texts)
        for phrase in sorted(word_runs(text) | (noun_phrases(text) if place < parsed else set()))
    )


def candidate_phrases(own: Counter[str], everywhere: Counter[str], groups: int) -> list[str]:
    """The 50 weightiest phrases of a group by c-TF-IDF, its texts read as one document.

    tf log(1 + A / f): tf the phrase's share of the group, f its count in all `groups` groups, A the
    mean length of a group (Grootendorst 2022). Only phrases that occur twice, if there are twenty.
    """
    repeated = Counter({phrase: count for phrase, count in own.items() if count > 1})
    candidates = repeated if len(repeated) >= FEWEST_CANDIDATES else own
    length = everywhere.total() / groups
    weight = {
        phrase: count * float(np.log1p(length / everywhere[phrase]))
        for phrase, count in candidates.items()
    }
    return sorted(weight, key=lambda phrase: (-weight[phrase], phrase))[:MOST_CANDIDATES]


def key_phrases(phrases: Sequence[str], rows: Rows, centre: Rows, middle: Rows) -> tuple[str, ...]:
    """Phrases by maximal marginal relevance (Carbonell and Goldstein 1998) over their vectors.

    `rows` (phrases, d), `centre` (d) of the group and `middle` (d) of all groups, of length 1. A
    phrase is skipped if all its words occur in one chosen before, or the reverse.
    """
    near = rows @ centre - CONTRAST * (rows @ middle)
    chosen: list[int] = []
    while len(chosen) < MOST_PHRASES:
        left = [
            place
            for place, phrase in enumerate(phrases)
            if all(word_overlap(phrase, phrases[one]) < 1 for one in chosen)
        ]
        if not left:
            break
        repeats = (rows[left] @ rows[chosen].T).max(axis=1) if chosen else np.zeros(len(left))
        worth = (NEARNESS * near[left] - (1 - NEARNESS) * repeats).round(5)
        chosen.append(left[int(np.argmax(worth))])
    return tuple(phrases[place] for place in chosen)


def word_overlap(one: str, other: str) -> float:
    """The share of the shorter phrase's words (by five letters) that the other has too."""
    first, second = ({word[:5] for word in phrase.split()} for phrase in (one, other))
    return len(first & second) / min(len(first), len(second))


def central_quotes(texts: Sequence[str], nearness: Rows, space: Rows) -> tuple[str, ...]:
    """The shortest of the 15 most central texts, then three most unlike the ones before."""
    central = [int(place) for place in np.argsort(-nearness.round(5), kind="stable")[:CENTRAL]]
    telling = [place for place in central if len(texts[place].split()) > 2] or central
    chosen = [min(telling, key=lambda place: (len(texts[place]), texts[place]))]
    while len(chosen) < QUOTES and (left := [place for place in central if place not in chosen]):
        likeness = (space[left] @ space[chosen].T).round(5)
        chosen.append(left[int(np.argmin(likeness.max(axis=1)))])
    return tuple(texts[place] for place in chosen)
