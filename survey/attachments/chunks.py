"""Which bytes of a film its sound and pictures use; the rest is emptied where it stands."""

import struct
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from survey.attachments.boxes import Box, Boxes
from survey.attachments.reading import Unreadable

MOST_CHUNKS = 500_000
MOST_SAMPLES = 1_500_000  # more than 32 MB of speech have

Span = tuple[int, int]


def empty_the_rest(boxes: Boxes, every: list[Box], kept: list[Box], data: list[Box]) -> None:
    """`every` and `kept` are tables of chunks; `data` is where the chunks stand."""
    starts = sorted({start for table in every for start in offsets(boxes, table)})
    used = joined(sorted(span for table in kept for span in spans(boxes, table, starts)))
    firsts = [start for start, _ in used]
    for one in data:
        at = one.inner
        for number in range(max(bisect_right(firsts, at) - 1, 0), len(used)):
            start, end = used[number]
            if start >= one.end:
                break
            boxes.zero(at, min(start, one.end))
            at = max(at, end)
        boxes.zero(at, one.end)


def joined(found: list[Span]) -> list[Span]:
    """Spans that touch as one."""
    whole: list[Span] = []
    for start, end in found:
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return whole


def offsets(boxes: Boxes, table: Box) -> tuple[int, ...]:
    """Where the chunks of a track begin."""
    narrow, wide = boxes.first(table, b"stco"), boxes.first(table, b"co64")
    if found := narrow or wide:
        return numbers(boxes, found, 4, "I" if narrow else "Q", MOST_CHUNKS)
    return ()


def numbers(boxes: Boxes, one: Box, at: int, kind: str, most: int) -> tuple[int, ...]:
    """A count, and as many numbers behind it."""
    boxes.need(one, at + 4)
    count, width = boxes.number(one.inner + at, 4), struct.calcsize(f">{kind}")
    form = f">{count * len(kind)}{kind[0]}"
    if count > most:
        raise Unreadable("it is made of too many parts")
    boxes.need(one, at + 4 + count * width)
    return struct.unpack_from(form, boxes.body, one.inner + at + 4)


def spans(boxes: Boxes, table: Box, starts: list[int]) -> Iterator[Span]:
    """From where to where each chunk of a track reaches.

    Where all samples are of one size, QuickTime counts bytes in its own way: there a chunk reaches
    as far as the next one of any track.
    """
    sums = sums_of(boxes, table)
    begun = offsets(boxes, table)
    if sums is None:
        for start in begun:
            after = bisect_right(starts, start)
            yield start, starts[after] if after < len(starts) else len(boxes.body)
        return
    sample, last = 0, len(sums) - 1
    for start, count in zip(begun, counts(boxes, table), strict=False):
        after = min(sample + count, last)
        end = start + sums[after] - sums[sample]
        if end > len(boxes.body):
            raise Unreadable("it ends too early")
        yield start, end
        sample = after


def sums_of(boxes: Boxes, table: Box) -> list[int] | None:
    """How many bytes the first samples of a track have; nothing where all are of one size."""
    found = boxes.first(table, b"stsz")
    if found is None:
        return None
    boxes.need(found, 12)
    if boxes.number(found.inner + 4, 4):
        return None
    return list(accumulate(numbers(boxes, found, 8, "I", MOST_SAMPLES), initial=0))


def counts(boxes: Boxes, table: Box) -> Iterator[int]:
    """How many samples each chunk holds, without end: the last count goes on."""
    found = boxes.first(table, b"stsc")
    runs = numbers(boxes, found, 4, "III", MOST_CHUNKS) if found else ()
    if not runs or runs[0] != 1:
        raise Unreadable("it does not say where its parts are")
    for at in range(0, len(runs), 3):
        first, each = runs[at], runs[at + 1]
        upto = runs[at + 3] if at + 3 < len(runs) else None
        if upto is not None and upto <= first:
            raise Unreadable("it does not say where its parts are")
        number = first
        while upto is None or number < upto:
            yield each
            number += 1
