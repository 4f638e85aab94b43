"""Did you mean: the spelling of a search, corrected by TextBlob and by the words people wrote.

TextBlob's speller (Norvig's: one edit, the most frequent known word) needs no corpora.
Functions that need NLTK corpora, which no package carries, are not used: its `.words`,
`.sentences`, `.tags`, `.noun_phrases`, `.ngrams`, `lemmatize` and its trained classifiers raise
MissingCorpusError.
"""

import functools
import re
import warnings
from collections.abc import Mapping

from textblob.en import suggest

WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
SHORTEST, LONGEST = 4, 25  # TextBlob tries every two edits: 0.9 s for 25 letters, 47 s for 100
# Each look-up may take most of a second, and somebody waits for the page.
MOST_LOOKED_UP = 3
SUREST_ENOUGH = 0.6
EDITS = "abcdefghijklmnopqrstuvwxyz'-"


def suggested_query(query: str, written: Mapping[str, int]) -> str | None:
    """The query with its misspelt words corrected, or None where there is nothing to suggest.

    `written` counts the small-letter words of the community's own texts. A word that anybody wrote
    is never corrected, whatever a dictionary says: Haringey, taser, stop-and-search. Words of more
    than 25 letters are left as they are, and only the first three are looked up. A word that is one
    edit from words of the community becomes the most frequent of these; else TextBlob's best word
    is taken if TextBlob is sure (p >= 0.6) and a search for it would find something.
    """
    unknown = [
        word
        for word in dict.fromkeys(WORD.findall(query))
        if SHORTEST <= len(word) <= LONGEST and word.lower() not in written
    ]
    right = {word: corrected_word(word, written) for word in unknown[:MOST_LOOKED_UP]}
    suggestion = WORD.sub(lambda word: right.get(word[0], word[0]), query)
    return suggestion if suggestion != query else None


def corrected_word(word: str, written: Mapping[str, int]) -> str:
    small = word.lower()
    near = [other for other in one_edit_away(small) if other in written]
    if near:
        # Equal counts are decided by the word, because a set has no fixed order.
        return in_same_case(word, max(near, key=lambda other: (written[other], other)))
    best, confidence = textblob_suggestion(small)
    return in_same_case(word, best) if confidence >= SUREST_ENOUGH and best in written else word


@functools.cache
def load_speller() -> None:
    """Load TextBlob's speller once a process, without its warning about a file left open."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        suggest("word")


# Bounded, because people may search for anything.
@functools.lru_cache(maxsize=4_096)
def textblob_suggestion(word: str) -> tuple[str, float]:
    load_speller()
    best, confidence = suggest(word)[0]
    return str(best), float(confidence)


def one_edit_away(word: str) -> set[str]:
    """All words made by leaving out, adding, changing or swapping letters once."""
    halves = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    left_out = {a + b[1:] for a, b in halves if b}
    exchanged = {a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1}
    changed = {a + letter + b[1:] for a, b in halves if b for letter in EDITS}
    put_in = {a + letter + b for a, b in halves for letter in EDITS}
    return left_out | exchanged | changed | put_in


def in_same_case(written: str, word: str) -> str:
    if written.isupper():
        return word.upper()
    return word.capitalize() if written[0].isupper() else word
