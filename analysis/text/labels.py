"""What a group of texts is called: phrases that set it apart, and the words of its own people."""

import functools
import re
import warnings
from collections import Counter

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from textblob import en

from analysis.text.vectors import NEGATIONS, STOP

UNTELLING = STOP | NEGATIONS
LONGEST = 30
MOST_PHRASES = 6
MOST_CANDIDATES = 30
QUOTES = 4
CENTRAL = 15
READ_FOR_PHRASES = 400
MOST_PARSED = 2_000
NOT = re.compile(r"n['’]t\b")
TOKEN = re.compile(r"[a-z0-9][a-z0-9'&-]*")


@functools.cache
def chunker() -> en.Parser:
    """TextBlob's parser, its word lists read: 0.20.1 leaves their files open, and Python warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        en.parser.parse("She was Walrusish in Upminster.")
    return en.parser


def noun_phrases(text: str) -> set[str]:
    """Noun phrases of two to four words from TextBlob's chunker (the one that needs no corpora)."""
    parsed = chunker().parse(NOT.sub(" not", text[:READ_FOR_PHRASES]))
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


def terms(text: str) -> list[str]:
    """Words and pairs of words that are written side by side with no stop word at either end."""
    tokens = TOKEN.findall(text.lower())
    telling = [token not in UNTELLING and 2 < len(token) <= LONGEST for token in tokens]
    pairs = [
        f"{tokens[place]} {tokens[place + 1]}"
        for place in range(len(tokens) - 1)
        if telling[place] and telling[place + 1]
    ]
    return [token for token, tells in zip(tokens, telling, strict=True) if tells] + pairs


def phrase_weights(texts: list[str], group: NDArray[np.int_]) -> dict[int, dict[str, float]]:
    """The weightiest phrases of each group: c-TF-IDF, the group's texts read as one document."""
    numbers = [int(number) for number in np.unique(group)]
    said: dict[int, Counter[str]] = {number: Counter() for number in numbers}
    parsed: Counter[int] = Counter()
    for text, number in zip(texts, group, strict=True):
        phrases = set(terms(text))
        if parsed[int(number)] < MOST_PARSED // len(numbers):
            phrases.update(noun_phrases(text))
            parsed[int(number)] += 1
        said[int(number)].update(phrases)
    if not any(said.values()):
        return {number: {} for number in numbers}
    counter = CountVectorizer(analyzer=Counter.elements)
    counts = counter.fit_transform([shared(said[number]) for number in numbers])
    weights = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    names = counter.get_feature_names_out()
    return {
        number: dict(
            sorted(
                zip(names[row.indices], map(float, row.data), strict=True),
                key=lambda item: (-item[1], item[0]),
            )[:MOST_CANDIDATES]
        )
        for number, row in zip(numbers, weights, strict=True)
    }


def shared(said: Counter[str]) -> Counter[str]:
    """What two texts or more say, where there is such a thing."""
    repeated = Counter({phrase: count for phrase, count in said.items() if count > 1})
    return repeated or said


def key_phrases(weighed: dict[str, float]) -> tuple[str, ...]:
    """Maximal marginal relevance: the next is weighty and repeats little of those before."""
    chosen: list[str] = []
    while len(chosen) < MOST_PHRASES and (left := [p for p in weighed if p not in chosen]):
        best = max(left, key=lambda phrase: (worth(phrase, weighed[phrase], chosen), phrase))
        if worth(best, weighed[best], chosen) <= 0:
            break
        chosen.append(best)
    return tuple(chosen)


def worth(phrase: str, weight: float, chosen: list[str]) -> float:
    return (
        weight
        * (1 + 0.2 * phrase.count(" "))
        * (1 - max((overlap(phrase, c) for c in chosen), default=0))
    )


def overlap(one: str, other: str) -> float:
    """The share of the shorter phrase's words (by five letters) that the other has too."""
    first, second = ({word[:5] for word in phrase.split()} for phrase in (one, other))
    return len(first & second) / min(len(first), len(second))


def quotes(
    texts: list[str], nearness: NDArray[np.float64], space: NDArray[np.float64]
) -> tuple[str, ...]:
    """The shortest of the 15 most central texts, then those most unlike the ones before."""
    central = [int(place) for place in np.argsort(-nearness, kind="stable")[:CENTRAL]]
    telling = [place for place in central if len(texts[place].split()) > 2] or central
    chosen = [min(telling, key=lambda place: (len(texts[place]), texts[place]))]
    while len(chosen) < QUOTES and (left := [place for place in central if place not in chosen]):
        likeness = space[left] @ space[chosen].T
        chosen.append(left[int(np.argmin(likeness.max(axis=1)))])
    return tuple(texts[place] for place in chosen)
