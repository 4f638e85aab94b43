"""Passages: a text as a whole and sentence by sentence, as vectors, from one reading of it."""

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.text.marks import MARK
from survey.codes import Passages

Rows = NDArray[np.float32]
Bounds = tuple[int, int]

MOST_SENTENCES = 40
SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")


class Pieces(NamedTuple):
    """One reading: vector (d) of length 1; states (pieces, d); bounds (pieces, 2) in the text."""

    vector: Rows
    states: Rows | None
    bounds: NDArray[np.int64]


class Placed(NamedTuple):
    """spans (n) of a text, the whole first, then its sentences where it has several; rows (n, d).

    Rows have length 1. A text that says nothing has neither.
    """

    spans: tuple[Bounds, ...]
    rows: Rows


def place(text: str, first: Pieces, read: Callable[[str], Pieces]) -> Placed:
    """A text of which `first` was read; what lies past its last piece is read by itself.

    A sentence is the mean of its pieces, which have read the whole text ("late chunking",
    Guenther et al. 2024): "They did it again" is about what "it" is, and costs nothing. Measured
    on a consultation of 990 responses with ten examples a theme, samples-F1 .90; sentences read
    apart .89 at twice the cost, wholes alone .88.
    """
    spans = sentences(text)
    if not spans:
        return Placed((), first.vector[None][:0])
    whole = (spans[0][0], spans[-1][1])
    if len(spans) == 1:
        return Placed((whole,), first.vector[None])
    rows, found, start = [first.vector], first, 0
    while left := spans[len(rows) - 1 :]:
        fit = [span for span in left if span[1] <= start + found.bounds.max(initial=0)]
        rows += [pooled(found, start, span) for span in fit or left[:1]]
        if left := left[len(fit or left[:1]) :]:
            start = left[0][0]
            found = read(text[start:])
    return Placed((whole, *spans), np.array(rows, np.float32))


def blanked(text: str) -> str:
    """Marks of personal data as blanks, which no reader sees and which keep every place."""
    return MARK.sub(lambda mark: " " * len(mark[0]), text) if "[" in text else text


def sentences(text: str) -> list[Bounds]:
    """Start and end of each sentence; the last of very many runs to the end of the text."""
    breaks = [found.span() for found in SENTENCE.finditer(text)][: MOST_SENTENCES - 1]
    starts = [0, *(end for _, end in breaks)]
    ends = [*(start for start, _ in breaks), len(text)]
    trimmed = (
        (start + len(part) - len(part.lstrip()), start + len(part.rstrip()))
        for start, end in zip(starts, ends, strict=True)
        if (part := text[start:end]).strip()
    )
    return list(trimmed)


def pooled(found: Pieces, start: int, span: Bounds) -> Rows:
    """The mean of the states in the span of a text that was read from `start`, of length 1.

    The reader's own marks, of no length, never count; without a piece in it, the whole vector.
    """
    begin, end = found.bounds.T + start
    inside = (begin >= span[0]) & (end <= span[1]) & (end > begin)
    if not inside.any():
        return found.vector
    assert found.states is not None
    mean = found.states[inside].mean(axis=0)
    row: Rows = mean / np.linalg.norm(mean)
    return row


def packed(reader: str, one: Placed) -> Passages:
    return Passages(reader=reader, spans=one.spans, vectors=one.rows.astype("<f2").tobytes())


def unpacked(one: Passages) -> Rows:
    """Rows (spans, d) of a text's passages; raises ValueError where bytes and spans disagree."""
    numbers = np.frombuffer(one.vectors, "<f2").astype(np.float32)
    return numbers.reshape(len(one.spans), -1) if one.spans else np.zeros((0, 1), np.float32)
