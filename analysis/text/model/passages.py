"""Passages: a text as a whole and sentence by sentence, as vectors, from one reading of it."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.text.personal_data import MARK
from survey.themes.codebooks import Passages

Rows = NDArray[np.float32]
Bounds = tuple[int, int]

MOST_SENTENCES = 40
QUOTATION_MARK = re.compile(r"[\"“”„«»‹›]|(?<![\w:;=])['‘’‚‛]|['‘’](?!\w|\()")
APOSTROPHE = re.compile("[‘’]")
SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")


class TextPieces(NamedTuple):
    """One reading: vector (d) of length 1; states (pieces, d); bounds (pieces, 2) in the text."""

    vector: Rows
    states: Rows | None
    bounds: NDArray[np.int64]


class PassageVectors(NamedTuple):
    """spans (n) of a text, the whole first, then its sentences where it has several; rows (n, d).

    Rows have length 1. A text without content has neither.
    """

    spans: tuple[Bounds, ...]
    rows: Rows


def passage_vectors(
    text: str, first: TextPieces, read: Callable[[str], TextPieces]
) -> PassageVectors:
    """The passages of a text; `first` is the reading of its beginning, and `read` reads the rest.

    Marks of redaction belong to no passage at its beginning or end.

    A sentence is the mean of its pieces, which have read the whole text ("late chunking", Guenther
    et al. 2024): "They did it again" is about what "it" is, and costs nothing. Measured on a
    consultation of 990 responses with ten examples a theme, samples-F1 .90; sentences read
    separately .89 at twice the cost, whole texts alone .88.
    """
    spans = sentence_bounds(with_blank_marks(text))
    if not spans:
        return PassageVectors((), first.vector[None][:0])
    whole = (spans[0][0], spans[-1][1])
    if len(spans) == 1:
        return PassageVectors((whole,), first.vector[None])
    rows, pieces, start = [first.vector], first, 0
    while left := spans[len(rows) - 1 :]:
        fit = [span for span in left if span[1] <= start + pieces.bounds.max(initial=0)]
        # A sentence longer than one reading counts as far as it was read, or the loop would never
        # end.
        rows += [*means_of_spans(pieces, start, fit or left[:1])]
        if left := left[len(fit or left[:1]) :]:
            start = left[0][0]
            pieces = read(text[start:])
    return PassageVectors((whole, *spans), np.array(rows, np.float32))


def with_blank_marks(text: str) -> str:
    """Redaction marks replaced by blanks, which no reader sees and which keep all positions."""
    return MARK.sub(lambda mark: " " * len(mark[0]), text) if "[" in text else text


def with_plain_quotes(text: str) -> str:
    """The text with blanks for its quotation marks, and the straight apostrophe for the curly one.

    All positions stay. Words in quotation marks count like all others.
    """
    return APOSTROPHE.sub("'", QUOTATION_MARK.sub(" ", text))


def sentence_bounds(text: str) -> list[Bounds]:
    """Start and end of each sentence; after 39 sentences the rest is one."""
    breaks = [match.span() for match in SENTENCE.finditer(text)][: MOST_SENTENCES - 1]
    starts = [0, *(end for _, end in breaks)]
    ends = [*(start for start, _ in breaks), len(text)]
    trimmed = (
        (start + len(part) - len(part.lstrip()), start + len(part.rstrip()))
        for start, end in zip(starts, ends, strict=True)
        if (part := text[start:end]).strip()
    )
    return list(trimmed)


def means_of_spans(pieces: TextPieces, start: int, spans: Sequence[Bounds]) -> Rows:
    """(n, d), rows of length 1: the mean of the states in each span of a text read from `start`.

    The reader's own marks, of no length, never count; a span without a piece in it has the whole
    vector. The pieces of a span follow each other.
    """
    begin, end = pieces.bounds.T + start
    wanted = np.array(spans)
    inside = (begin >= wanted[:, :1]) & (end <= wanted[:, 1:]) & (end > begin)
    count = inside.sum(axis=1)
    rows = np.broadcast_to(pieces.vector, (len(spans), len(pieces.vector))).copy()
    if some := np.flatnonzero(count).tolist():
        assert pieces.states is not None
        first = inside[some].argmax(axis=1)
        for row, at in zip(some, first, strict=True):
            rows[row] = np.add.reduce(pieces.states[at : at + count[row]])
        rows[some] /= np.linalg.norm(rows[some], axis=1, keepdims=True)
    return rows


def pack_passages(reader: str, vectors: PassageVectors) -> Passages:
    # Half the bytes of single floats, in a fixed byte order: any machine may read them later.
    return Passages(
        reader=reader, spans=vectors.spans, vectors=vectors.rows.astype("<f2").tobytes()
    )


def unpack_vectors(passages: Passages) -> Rows:
    """Rows (spans, d) of a text's passages; raises ValueError where bytes and spans disagree."""
    numbers = np.frombuffer(passages.vectors, "<f2").astype(np.float32)
    return (
        numbers.reshape(len(passages.spans), -1) if passages.spans else np.zeros((0, 1), np.float32)
    )
