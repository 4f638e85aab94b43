"""Finds the bytes of a film that its sound and pictures use, and zeroes all others in place."""

import struct
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from survey.media.film.boxes import IsoBox, IsoFile
from survey.media.reading import UnreadableFile

MOST_CHUNKS = 500_000
MOST_SAMPLES = 1_500_000  # more than there are in 32 MB of speech

Span = tuple[int, int]


def zero_unused_bytes(
    boxes: IsoFile, every: list[IsoBox], needed: list[IsoBox], data: list[IsoBox]
) -> None:
    """Zero all media data that the tracks we keep do not use.

    `every` are the sample tables of all tracks, `needed` those of the tracks to keep; `data` are
    the boxes that hold the media data.
    """
    starts = sorted({start for table in every for start in chunk_offsets(boxes, table)})
    used = merged_spans(
        sorted(span for table in needed for span in chunk_spans(boxes, table, starts))
    )
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


def merged_spans(found: list[Span]) -> list[Span]:
    """The spans with overlapping and adjacent ones merged; they must be in order."""
    whole: list[Span] = []
    for start, end in found:
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return whole


def chunk_offsets(boxes: IsoFile, table: IsoBox) -> tuple[int, ...]:
    """The byte offset of each chunk of a track."""
    narrow, wide = boxes.first(table, b"stco"), boxes.first(table, b"co64")
    if found := narrow or wide:
        return read_numbers(boxes, found, 4, "I" if narrow else "Q", MOST_CHUNKS)
    return ()


def read_numbers(boxes: IsoFile, one: IsoBox, at: int, kind: str, most: int) -> tuple[int, ...]:
    """The numbers of a table, read after their count."""
    boxes.need(one, at + 4)
    count, width = boxes.number(one.inner + at, 4), struct.calcsize(f">{kind}")
    form = f">{count * len(kind)}{kind[0]}"
    if count > most:
        raise UnreadableFile("it is made of too many parts")
    boxes.need(one, at + 4 + count * width)
    return struct.unpack_from(form, boxes.body, one.inner + at + 4)


def chunk_spans(boxes: IsoFile, table: IsoBox, starts: list[int]) -> Iterator[Span]:
    """The byte span of each chunk of a track.

    If all samples have one size, QuickTime counts bytes differently; a chunk is then taken to reach
    to the next chunk of any track.
    """
    sums = sample_size_sums(boxes, table)
    begun = chunk_offsets(boxes, table)
    if sums is None:
        for start in begun:
            after = bisect_right(starts, start)
            yield start, starts[after] if after < len(starts) else len(boxes.body)
        return
    sample, last = 0, len(sums) - 1
    for start, count in zip(begun, samples_per_chunk(boxes, table), strict=False):
        after = min(sample + count, last)
        end = start + sums[after] - sums[sample]
        if end > len(boxes.body):
            raise UnreadableFile("it ends too early")
        yield start, end
        sample = after


def sample_size_sums(boxes: IsoFile, table: IsoBox) -> list[int] | None:
    """Running totals of the sample sizes of a track; None if all samples have one size."""
    found = boxes.first(table, b"stsz")
    if found is None:
        return None
    boxes.need(found, 12)
    if boxes.number(found.inner + 4, 4):
        return None
    return list(accumulate(read_numbers(boxes, found, 8, "I", MOST_SAMPLES), initial=0))


def samples_per_chunk(boxes: IsoFile, table: IsoBox) -> Iterator[int]:
    """The number of samples in each chunk, without end: the last number is repeated."""
    found = boxes.first(table, b"stsc")
    runs = read_numbers(boxes, found, 4, "III", MOST_CHUNKS) if found else ()
    if not runs or runs[0] != 1:
        raise UnreadableFile("it does not say where its parts are")
    for at in range(0, len(runs), 3):
        first, each = runs[at], runs[at + 1]
        upto = runs[at + 3] if at + 3 < len(runs) else None
        if upto is not None and upto <= first:
            raise UnreadableFile("it does not say where its parts are")
        number = first
        while upto is None or number < upto:
            yield each
            number += 1
