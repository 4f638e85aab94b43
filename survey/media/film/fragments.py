"""Finds the samples of a track in a film that is stored in fragments."""

from collections.abc import Iterator

from survey.media.film.boxes import IsoBox, IsoFile
from survey.media.film.chunks import MOST_SAMPLES, Span
from survey.media.reading import UnreadableFile

BASE, INDEX, DURATION, SIZE = 1, 2, 8, 16  # flags of a tfhd box: fields that are present
OFFSET, FIRST, FROM_SIZE = 1, 4, 0x200  # flags of a trun box: fields that are present
PER_SAMPLE = (0x100, 0x200, 0x400, 0x800)


def fragment_spans(boxes: IsoFile, tops: list[IsoBox], track: int, usual: int) -> Iterator[Span]:
    """The byte span of each run of samples of a track; `usual` is the default size of a sample."""
    for moof in tops:
        if moof.kind == b"moof":
            after = moof.start
            for traf in boxes.within(moof.inner, moof.end):
                if traf.kind == b"traf":
                    found = list(run_spans(boxes, moof, traf, after, usual))
                    after = found[-1][1] if found else after
                    if fragment_track(boxes, traf) == track:
                        yield from found


def fragment_track(boxes: IsoFile, traf: IsoBox) -> int:
    head = boxes.first(traf, b"tfhd")
    return boxes.number(head.inner + 4, 4) if head else 0


def run_spans(boxes: IsoFile, moof: IsoBox, traf: IsoBox, after: int, usual: int) -> Iterator[Span]:
    head = boxes.first(traf, b"tfhd")
    if head is None:
        return
    boxes.need(head, 8)
    flags, at = boxes.number(head.inner + 1, 3), head.inner + 8
    base = moof.start
    if flags & BASE:
        base, at = boxes.number(at, 8), at + 8
    at += 4 * bool(flags & INDEX) + 4 * bool(flags & DURATION)
    size = boxes.number(at, 4) if flags & SIZE else usual
    for run in boxes.within(traf.inner, traf.end):
        if run.kind == b"trun":
            start, length = run_start_and_length(boxes, run, base, after, size)
            after = start + length
            if after > len(boxes.body):
                raise UnreadableFile("it ends too early")
            yield start, after


def run_start_and_length(boxes: IsoFile, run: IsoBox, base: int, after: int, size: int) -> Span:
    """The offset at which a run of samples begins, and its length in bytes."""
    boxes.need(run, 8)
    flags, count = boxes.number(run.inner + 1, 3), boxes.number(run.inner + 4, 4)
    at, start = run.inner + 8, after
    if count > MOST_SAMPLES:
        raise UnreadableFile("it is made of too many parts")
    if flags & OFFSET:
        offset = int.from_bytes(boxes.body[at : at + 4], signed=True)
        start, at = base + offset, at + 4
    at += 4 * bool(flags & FIRST)
    width = 4 * sum(bool(flags & one) for one in PER_SAMPLE)
    boxes.need(run, at - run.inner + count * width)
    if not flags & FROM_SIZE:
        return max(start, 0), count * size
    place = 4 * bool(flags & 0x100)
    sizes = (boxes.number(at + number * width + place, 4) for number in range(count))
    return max(start, 0), sum(sizes)
