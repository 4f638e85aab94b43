"""An MP4, QuickTime or 3GP film or sound without what was written beside it."""

import re

from survey.attachments import chunks, fragments, samples
from survey.attachments.boxes import Box, Boxes
from survey.attachments.nals import Coding
from survey.attachments.reading import Unreadable

BRAND = re.compile(
    rb"iso[0-9a-z]|mp4[12]|M4[ABV] |M4VP|MSNV|qt  |3g[a-z0-9]{2}|avc1|dash|f4v |mmp4"
)
PLAYED = (b"vide", b"soun")
# What stays within what; all else becomes free room of the same size.
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
ONCE = {b"mdia", b"minf", b"stbl", b"hdlr", b"stsd", b"stsc", b"stsz", b"stz2", b"stco", b"co64"}


def cleaned(body: bytes) -> bytes:
    """The same file: what is not needed to play it becomes free room, its times become nothing.

    Tracks of words and of what sensors measured go, with all bytes that neither sound nor picture
    uses.
    """
    boxes = Boxes(body)
    tops = list(boxes.within(0, len(body)))
    films = [top for top in tops if top.kind == b"moov"]
    tracks = [
        one for film in films for one in boxes.within(film.inner, film.end) if one.kind == b"trak"
    ]
    played = [track for track in tracks if played_as(boxes, track) in PLAYED]
    if not played:
        raise Unreadable("it has neither sound nor pictures")
    if not any(top.kind == b"moof" for top in tops):
        data = [top for top in tops if top.kind == b"mdat"]
        chunks.empty_the_rest(boxes, tables(boxes, tracks), tables(boxes, played), data)
    elif len(played) < len(tracks):
        raise Unreadable("it has a track of words or notes next to its sound and pictures")
    for track in tracks:
        if track in played:
            coding = samples.describe(boxes, stsd_of(boxes, track), played_as(boxes, track))
            if coding is not None:
                blank_messages(boxes, tops, tracks, track, coding)
        else:
            boxes.free(track)
    tidy(boxes, Box(b"", 0, 0, len(body)))
    return bytes(boxes.body)


def blank_messages(
    boxes: Boxes, tops: list[Box], tracks: list[Box], track: Box, coding: Coding
) -> None:
    """Blank what a camera wrote between the pictures of a track."""
    starts = sorted({s for table in tables(boxes, tracks) for s in chunks.offsets(boxes, table)})
    found = [
        span for table in tables(boxes, [track]) for span in chunks.spans(boxes, table, starts)
    ]
    number, usual = number_of(boxes, track), usual_size(boxes, tops, track)
    found += fragments.spans_in_fragments(boxes, tops, number, usual)
    data = [top for top in tops if top.kind == b"mdat"]
    for start, end in found:
        for one in data:
            if one.inner <= start < one.end:
                coding.blank(boxes.body, start, min(end, one.end))


def number_of(boxes: Boxes, track: Box) -> int:
    head = boxes.first(track, b"tkhd")
    if head is None:
        return 0
    boxes.need(head, 24)
    return boxes.number(head.inner + (20 if boxes.body[head.inner] == 1 else 12), 4)


def usual_size(boxes: Boxes, tops: list[Box], track: Box) -> int:
    """How large a sample of a track is where a fragment does not say it."""
    for film in tops:
        more = boxes.first(film, b"mvex") if film.kind == b"moov" else None
        for one in boxes.within(more.inner, more.end) if more else ():
            if one.kind == b"trex" and boxes.number(one.inner + 4, 4) == number_of(boxes, track):
                return boxes.number(one.inner + 16, 4)
    return 0


def played_as(boxes: Boxes, track: Box) -> bytes:
    """What kind of track it is."""
    found = boxes.first(track, b"mdia", b"hdlr")
    return bytes(boxes.body[found.inner + 8 : found.inner + 12]) if found else b""


def stsd_of(boxes: Boxes, track: Box) -> Box:
    found = boxes.first(track, b"mdia", b"minf", b"stbl", b"stsd")
    if found is None:
        raise Unreadable("a track of it does not say how it is packed")
    return found


def tables(boxes: Boxes, tracks: list[Box]) -> list[Box]:
    """Where the tables of these tracks stand; other kinds of tracks may have none."""
    found = (boxes.first(track, b"mdia", b"minf", b"stbl") for track in tracks)
    return [one for one in found if one]


def tidy(boxes: Boxes, parent: Box) -> None:
    """Free what does not stay within a part; what of two alike nobody reads goes too."""
    seen = set()
    for one in boxes.within(parent.inner, parent.end):
        if one.kind not in KEPT[parent.kind] or (one.kind in ONCE and one.kind in seen):
            boxes.free(one)
        elif one.kind in KEPT:
            tidy(boxes, one)
        elif one.kind in (b"mvhd", b"tkhd", b"mdhd"):
            forget_times(boxes, one)
        elif one.kind == b"hdlr":
            boxes.need(one, 12)
            boxes.zero(one.inner + 12, one.end)
        elif one.kind == b"dref":
            forget_places(boxes, one)
        elif one.kind in (b"ftyp", b"styp"):
            forget_brands(boxes, one)
        seen.add(one.kind)


def forget_times(boxes: Boxes, one: Box) -> None:
    """When it was made and last changed."""
    boxes.need(one, 24)
    boxes.zero(one.inner + 4, one.inner + (20 if boxes.body[one.inner] == 1 else 12))


def forget_places(boxes: Boxes, one: Box) -> None:
    """The names of the files that once held the samples; where they still do it is no whole."""
    boxes.need(one, 8)
    for entry in boxes.within(one.inner + 8, one.end):
        boxes.need(entry, 4)
        if not boxes.number(entry.inner, 4) & 1:
            raise Unreadable("parts of it are in other files")
        boxes.zero(entry.inner + 4, entry.end)


def forget_brands(boxes: Boxes, one: Box) -> None:
    """A version, and names of makers among those of formats."""
    boxes.need(one, 8)
    boxes.zero(one.inner + 4, one.inner + 8)
    for at in range(one.inner, one.end, 4):
        brand = bytes(boxes.body[at : min(at + 4, one.end)])
        if at != one.inner + 4 and not BRAND.fullmatch(brand):
            boxes.body[at : at + len(brand)] = b"isom"[: len(brand)]
