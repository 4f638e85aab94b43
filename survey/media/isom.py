"""An MP4, QuickTime or 3GP film or sound without metadata."""

import re
import struct
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, chain

from survey.media import sound
from survey.media.parts import IsoBox, IsoFile, UnreadableFile, VideoCoding, clean_sample_entry

SINGLE = (b"jpeg", b"mjpa", b"mjpb", b"png ")  # each frame could hold camera metadata
NAMED = (b"uuid", b"udta", b"meta", b"name", b"free", b"skip")
PROFILES = (b"prof", b"rICC")
PICTURE = 78  # bytes before the inner boxes
SOUND = {0: 28, 1: 44, 2: 64}
MOST_CHUNKS = 500_000
MOST_SAMPLES = 1_500_000  # more than there are in 32 MB of speech
Span = tuple[int, int]
BASE, INDEX, DURATION, SIZE = 1, 2, 8, 16  # flags of a tfhd box: fields that are present
FROM_MOOF = 0x2_0000  # flag of a tfhd box: offsets count from the start of the fragment
OFFSET, FIRST, FROM_SIZE = 1, 4, 0x200  # flags of a trun box: fields that are present
PER_SAMPLE = (0x100, 0x200, 0x400, 0x800)
BRAND = re.compile(
    rb"iso[0-9a-z]|mp4[12]|M4[ABV] |M4VP|MSNV|qt  |3g[a-z0-9]{2}|avc1|dash|f4v |mmp4"
)
PLAYED = (b"vide", b"soun")
# The boxes to keep in each box; all others become free space of the same size.
KEPT: dict[bytes, frozenset[bytes]] = {
    b"": frozenset({b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"sidx", b"mfra"}),
    b"moov": frozenset({b"mvhd", b"trak", b"mvex"}),
    b"trak": frozenset({b"tkhd", b"edts", b"tapt", b"mdia"}),
    b"edts": frozenset({b"elst"}),
    b"tapt": frozenset({b"clef", b"prof", b"enof"}),
    b"mdia": frozenset({b"mdhd", b"hdlr", b"minf"}),
    b"minf": frozenset({b"vmhd", b"smhd", b"hdlr", b"dinf", b"stbl"}),
    b"dinf": frozenset({b"dref"}),
    b"stbl": frozenset({
        b"stsd", b"stts", b"ctts", b"cslg", b"stss", b"stps", b"stsc", b"stsz", b"stz2", b"stco",
        b"co64", b"sdtp", b"sbgp", b"sgpd",
    }),
    b"mvex": frozenset({b"mehd", b"trex", b"trep"}),
    b"moof": frozenset({b"mfhd", b"traf"}),
    b"traf": frozenset({b"tfhd", b"tfdt", b"trun", b"sdtp", b"sbgp", b"sgpd"}),
    b"mfra": frozenset({b"tfra", b"mfro"}),
}  # fmt: skip
BY_TRACK = (b"trex", b"trep", b"tfra")  # in fragmented files: boxes that are of one track
# We read the first of these; a player might read a second one, which nobody cleaned.
ONCE = {b"mdia", b"minf", b"stbl", b"hdlr", b"stsd", b"stsc", b"stsz", b"stz2", b"stco", b"co64"}


def clean_sample_descriptions(boxes: IsoFile, table: IsoBox, kind: bytes) -> VideoCoding | None:
    """Blank the names of makers in each description; returns how pictures are coded."""
    coding = None
    boxes.need(table, 8)
    grown = boxes.body[table.inner] == 0  # QuickTime version 1 and 2 descriptions are longer
    for entry in boxes.within(table.inner + 8, table.end):
        if entry.kind in SINGLE:
            raise UnreadableFile("it is made of single photographs")
        boxes.need(entry, SOUND[0])
        # QuickTime writes the maker's code here, for sound and picture alike; MP4 leaves it 0.
        boxes.zero(entry.inner + 12, entry.inner + 16)
        if kind == b"vide":
            boxes.need(entry, PICTURE)
            # The name of the compressor: 32 bytes, which can name the camera.
            boxes.zero(entry.inner + 42, entry.inner + 74)
            head = PICTURE
            entry_coding = clean_sample_entry(boxes, entry.inner + head, entry.end, entry.kind)
            coding = coding or entry_coding
        else:
            head = SOUND.get(boxes.number(entry.inner + 8, 2) if grown else 0, SOUND[0])
            boxes.need(entry, head)
        clean_inner_boxes(boxes, entry.inner + head, entry.end)
    return coding


def clean_inner_boxes(boxes: IsoFile, at: int, end: int, *, deeper: bool = True) -> None:
    """Free the boxes that can hold metadata within a sample description.

    Boxes of codecs stay; whatever follows the last box is zeroed.
    """
    while end - at >= 8 and boxes.number(at, 4):
        box = boxes.box(at, end)
        profile = box.kind == b"colr" and bytes(boxes.body[box.inner : box.inner + 4]) in PROFILES
        if box.kind in NAMED or box.kind.startswith(b"\xa9") or profile:
            boxes.free(box)
        elif box.kind == b"wave" and deeper:
            clean_inner_boxes(boxes, box.inner, box.end, deeper=False)
        elif box.kind == b"dfLa":
            sound.blank_metadata(boxes.body, box.inner + 4, box.end)
        at = box.end
    boxes.zero(at, end)


def chunk_offsets(boxes: IsoFile, table: IsoBox) -> tuple[int, ...]:
    """The byte offset of each chunk of a track."""
    narrow, wide = boxes.first(table, b"stco"), boxes.first(table, b"co64")
    if box := narrow or wide:
        return read_numbers(boxes, box, 4, "I" if narrow else "Q", MOST_CHUNKS)
    return ()


def read_numbers(boxes: IsoFile, box: IsoBox, at: int, kind: str, most: int) -> tuple[int, ...]:
    """The numbers of a table, read after their count."""
    boxes.need(box, at + 4)
    count, width = boxes.number(box.inner + at, 4), struct.calcsize(f">{kind}")
    form = f">{count * len(kind)}{kind[0]}"
    # A count can say four billion in four bytes, so it is compared before anything is unpacked.
    if count > most:
        raise UnreadableFile("it is made of too many parts")
    boxes.need(box, at + 4 + count * width)
    return struct.unpack_from(form, boxes.body, box.inner + at + 4)


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
    # The run of chunks never ends by itself, so the offsets decide how many there are.
    for start, count in zip(begun, samples_per_chunk(boxes, table), strict=False):
        after = min(sample + count, last)
        end = start + sums[after] - sums[sample]
        if end > len(boxes.body):
            raise UnreadableFile("it ends too early")
        yield start, end
        sample = after


def sample_size_sums(boxes: IsoFile, table: IsoBox) -> list[int] | None:
    """Running totals of the sample sizes of a track; None if all samples have one size."""
    box = boxes.first(table, b"stsz")
    if box is None:
        return None
    boxes.need(box, 12)
    if boxes.number(box.inner + 4, 4):
        return None
    return list(accumulate(read_numbers(boxes, box, 8, "I", MOST_SAMPLES), initial=0))


def samples_per_chunk(boxes: IsoFile, table: IsoBox) -> Iterator[int]:
    """The number of samples in each chunk, without end: the last number is repeated."""
    box = boxes.first(table, b"stsc")
    runs = read_numbers(boxes, box, 4, "III", MOST_CHUNKS) if box else ()
    if not runs or runs[0] != 1:
        raise UnreadableFile("it does not say where its parts are")
    for at in range(0, len(runs), 3):
        first, each = runs[at], runs[at + 1]
        upto = runs[at + 3] if at + 3 < len(runs) else None
        # Out of order, chunks would get wrong sizes, and bytes that play would be zeroed.
        if upto is not None and upto <= first:
            raise UnreadableFile("it does not say where its parts are")
        number = first
        while upto is None or number < upto:
            yield each
            number += 1


def fragment_spans(boxes: IsoFile, tops: list[IsoBox]) -> dict[int, list[Span]]:
    """The byte spans of the runs of samples in all fragments, by track number."""
    usual: dict[int, int] = {}
    for film in tops:
        more = boxes.first(film, b"mvex") if film.kind == b"moov" else None
        for child in boxes.within(more.inner, more.end) if more else ():
            if child.kind == b"trex":
                boxes.need(child, 24)
                usual.setdefault(second_number(boxes, child), boxes.number(child.inner + 16, 4))
    spans: dict[int, list[Span]] = {}
    data = media_data(tops)
    for moof in tops:
        if moof.kind == b"moof":
            after = moof.start
            for traf in boxes.within(moof.inner, moof.end):
                if traf.kind == b"traf":
                    head = fragment_head(boxes, traf)
                    track = second_number(boxes, head)
                    runs = list(run_spans(boxes, moof, traf, head, after, usual.get(track, 0)))
                    after = runs[-1][1] if runs else after
                    for start, end in runs:
                        # All other media data is zeroed, so a run that we look for in a wrong
                        # place would be lost.
                        box = box_around(data, start)
                        if start < end and (box is None or end > box.end):
                            raise UnreadableFile("it does not say where its parts are")
                    spans.setdefault(track, []).extend(runs)
    return spans


def fragment_head(boxes: IsoFile, traf: IsoBox) -> IsoBox:
    head = boxes.first(traf, b"tfhd")
    if head is None:
        raise UnreadableFile("a part of it does not say which track it belongs to")
    return head


def run_spans(
    boxes: IsoFile, moof: IsoBox, traf: IsoBox, head: IsoBox, after: int, usual: int
) -> Iterator[Span]:
    """The byte span of each run of samples of one track in a fragment.

    `after` is where the previous track's samples end, `usual` the usual size of a sample.
    """
    boxes.need(head, 8)
    flags, at = boxes.number(head.inner + 1, 3), head.inner + 8
    # ISO/IEC 14496-12: offsets count from a base of its own, from the start of the fragment, or
    # from the end of the track before it.
    base = moof.start if flags & FROM_MOOF else after
    if flags & BASE:
        base, at = boxes.number(at, 8), at + 8
    at += 4 * bool(flags & INDEX) + 4 * bool(flags & DURATION)
    boxes.need(head, at - head.inner + 4 * bool(flags & SIZE))
    size = boxes.number(at, 4) if flags & SIZE else usual
    after = base
    for run in boxes.within(traf.inner, traf.end):
        if run.kind == b"trun":
            start, length = run_start_and_length(boxes, run, base, after, size)
            after = start + length
            if after > len(boxes.body):
                raise UnreadableFile("it ends too early")
            yield start, after


def media_data(tops: list[IsoBox]) -> list[IsoBox]:
    return [top for top in tops if top.kind == b"mdat"]


def box_around(data: list[IsoBox], place: int) -> IsoBox | None:
    """The one of these boxes, which are in order, that holds a place of the file."""
    at = bisect_right(data, place, key=lambda box: box.inner) - 1
    return data[at] if at >= 0 and place < data[at].end else None


def run_start_and_length(boxes: IsoFile, run: IsoBox, base: int, after: int, size: int) -> Span:
    """The offset at which a run of samples begins, and its length in bytes."""
    boxes.need(run, 8)
    flags, count = boxes.number(run.inner + 1, 3), boxes.number(run.inner + 4, 4)
    at, start = run.inner + 8, after
    # A run without sizes of its own takes no room per sample, so only this bounds the count.
    if count > MOST_SAMPLES:
        raise UnreadableFile("it is made of too many parts")
    if flags & OFFSET:
        # Signed: data may come before the fragment that describes it.
        offset = int.from_bytes(boxes.body[at : at + 4], signed=True)
        start, at = base + offset, at + 4
    at += 4 * bool(flags & FIRST)
    width = 4 * sum(bool(flags & flag) for flag in PER_SAMPLE)
    boxes.need(run, at - run.inner + count * width)
    if not flags & FROM_SIZE:
        return max(start, 0), count * size
    fields = struct.unpack_from(f">{count * width // 4}I", boxes.body, at)
    # Of each sample: its size comes first, or after its duration.
    return max(start, 0), sum(fields[bool(flags & 0x100) :: width // 4])


def without_metadata(body: bytes) -> bytes:
    """The same file with unneeded boxes turned into free space and its times set to zero.

    Tracks of subtitles and sensor data are removed, as are all bytes that neither sound nor picture
    uses.
    """
    boxes = IsoFile(body)
    tops = list(boxes.within(0, len(body)))
    films = [top for top in tops if top.kind == b"moov"]
    tracks = [
        child
        for film in films
        for child in boxes.within(film.inner, film.end)
        if child.kind == b"trak"
    ]
    played = [track for track in tracks if media_type_of(boxes, track) in PLAYED]
    if not played:
        raise UnreadableFile("it has neither sound nor pictures")
    data, spans = media_data(tops), played_spans(boxes, tops, tracks, played)
    whole: list[Span] = []
    for start, end in sorted(chain(*spans)):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    firsts = [start for start, _ in whole]
    for element in data:
        at = element.inner
        for number in range(max(bisect_right(firsts, at) - 1, 0), len(whole)):
            start, end = whole[number]
            if start >= element.end:
                break
            boxes.zero(at, min(start, element.end))
            at = max(at, end)
        boxes.zero(at, element.end)
    for track, track_spans in zip(played, spans, strict=True):
        coding = clean_sample_descriptions(
            boxes, find_sample_descriptions(boxes, track), media_type_of(boxes, track)
        )
        if coding is not None:
            blank_messages(boxes, track_spans, data, coding)
    if len(played) < len(tracks):
        free_dropped_tracks(boxes, tops, tracks, played)
    free_unneeded_boxes(boxes, IsoBox(b"", 0, 0, len(body)))
    return bytes(boxes.body)


def played_spans(
    boxes: IsoFile, tops: list[IsoBox], tracks: list[IsoBox], played: list[IsoBox]
) -> list[list[Span]]:
    """The byte spans of the samples of each played track, in its tables and in fragments."""
    # Chunks of dropped tracks count too: where sizes are not known, the next chunk ends one.
    starts = sorted(
        {s for table in sample_tables(boxes, tracks) for s in chunk_offsets(boxes, table)}
    )
    fragments = fragment_spans(boxes, tops)
    track_spans = []
    for track in played:
        tables = sample_tables(boxes, [track])
        spans = [span for table in tables for span in chunk_spans(boxes, table, starts)]
        track_spans.append(spans + fragments.get(track_number(boxes, track), []))
    return track_spans


def blank_messages(
    boxes: IsoFile, spans: list[Span], data: list[IsoBox], coding: VideoCoding
) -> None:
    """Blank what a camera wrote between the pictures of a track."""
    for start, end in spans:
        # Bytes outside of media data are never written to, whatever the tables of a file claim.
        box = box_around(data, start)
        if box is not None:
            coding.blank(boxes.body, start, min(end, box.end))


def free_dropped_tracks(
    boxes: IsoFile, tops: list[IsoBox], tracks: list[IsoBox], played: list[IsoBox]
) -> None:
    """Free every track that is not played, and its fragments, as a player would stop at these."""
    playing = {track_number(boxes, track) for track in played}
    for track in tracks:
        if track not in played:
            boxes.free(track)
    for top in tops:
        if top.kind == b"moof":
            free_dropped_fragments(boxes, top, playing)
        parent = boxes.first(top, b"mvex") if top.kind == b"moov" else top
        if parent is not None and parent.kind in (b"mvex", b"mfra"):
            for box in boxes.within(parent.inner, parent.end):
                if box.kind in BY_TRACK and second_number(boxes, box) not in playing:
                    boxes.free(box)


def free_dropped_fragments(boxes: IsoFile, moof: IsoBox, playing: set[int]) -> None:
    freed = False
    for box in boxes.within(moof.inner, moof.end):
        if box.kind != b"traf":
            continue
        head = fragment_head(boxes, box)
        if second_number(boxes, head) not in playing:
            boxes.free(box)
            freed = True
        # It begins where the one before it ends, which a player could no longer tell.
        elif freed and not boxes.number(head.inner + 1, 3) & (BASE | FROM_MOOF):
            raise UnreadableFile("it has a track of words or notes next to its sound and pictures")


def second_number(boxes: IsoFile, box: IsoBox) -> int:
    """The number that follows the version and flags of a box: in many boxes a track number."""
    boxes.need(box, 8)
    return boxes.number(box.inner + 4, 4)


def track_number(boxes: IsoFile, track: IsoBox) -> int:
    head = boxes.first(track, b"tkhd")
    if head is None:
        return 0
    boxes.need(head, 24)
    return boxes.number(head.inner + (20 if boxes.body[head.inner] == 1 else 12), 4)


def media_type_of(boxes: IsoFile, track: IsoBox) -> bytes:
    """The handler type of a track, such as b"vide" or b"soun"."""
    box = boxes.first(track, b"mdia", b"hdlr")
    return bytes(boxes.body[box.inner + 8 : box.inner + 12]) if box else b""


def find_sample_descriptions(boxes: IsoFile, track: IsoBox) -> IsoBox:
    box = boxes.first(track, b"mdia", b"minf", b"stbl", b"stsd")
    if box is None:
        raise UnreadableFile("a track of it does not say how it is packed")
    return box


def sample_tables(boxes: IsoFile, tracks: list[IsoBox]) -> list[IsoBox]:
    """The sample tables of these tracks; a track without sound or picture may have none."""
    tables = (boxes.first(track, b"mdia", b"minf", b"stbl") for track in tracks)
    return [table for table in tables if table]


def free_unneeded_boxes(boxes: IsoFile, parent: IsoBox) -> None:
    """Free every box that is not needed within its parent, and all but the first of some kinds."""
    seen = set()
    for box in boxes.within(parent.inner, parent.end):
        if box.kind not in KEPT[parent.kind] or (box.kind in ONCE and box.kind in seen):
            boxes.free(box)
        elif box.kind in KEPT:
            free_unneeded_boxes(boxes, box)
        elif box.kind in (b"mvhd", b"tkhd", b"mdhd"):
            boxes.need(box, 24)
            # Version 1 writes both times in 64 bits, version 0 in 32.
            boxes.zero(box.inner + 4, box.inner + (20 if boxes.body[box.inner] == 1 else 12))
        elif box.kind == b"hdlr":
            boxes.need(box, 12)
            # After the type come the maker's code and the name of the program or device.
            boxes.zero(box.inner + 12, box.end)
        elif box.kind == b"dref":
            forget_places(boxes, box)
        elif box.kind in (b"ftyp", b"styp"):
            boxes.need(box, 8)
            boxes.zero(box.inner + 4, box.inner + 8)
            for at in range(box.inner, box.end, 4):
                brand = bytes(boxes.body[at : min(at + 4, box.end)])
                # The second word is the version, not a brand.
                if at != box.inner + 4 and not BRAND.fullmatch(brand):
                    boxes.body[at : at + len(brand)] = b"isom"[: len(brand)]
        seen.add(box.kind)


def forget_places(boxes: IsoFile, box: IsoBox) -> None:
    """Zero the file names in the list of where samples are; raises if any are in another file."""
    boxes.need(box, 8)
    for entry in boxes.within(box.inner + 8, box.end):
        boxes.need(entry, 4)
        # The flag says that the media is in this file; without it, what plays would be lost.
        if not boxes.number(entry.inner, 4) & 1:
            raise UnreadableFile("parts of it are in other files")
        boxes.zero(entry.inner + 4, entry.end)
