"""An MP4, QuickTime or 3GP film or sound without metadata."""

import re

from survey.media.film import chunks, fragments, samples
from survey.media.film.boxes import IsoBox, IsoFile
from survey.media.film.nals import VideoCoding
from survey.media.reading import UnreadableFile

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
ONCE = {b"mdia", b"minf", b"stbl", b"hdlr", b"stsd", b"stsc", b"stsz", b"stz2", b"stco", b"co64"}


def without_metadata(body: bytes) -> bytes:
    """The same file with unneeded boxes turned into free space and its times set to zero.

    Tracks of subtitles and sensor data are removed, as are all bytes that neither sound nor picture
    uses.
    """
    boxes = IsoFile(body)
    tops = list(boxes.within(0, len(body)))
    films = [top for top in tops if top.kind == b"moov"]
    tracks = [
        one for film in films for one in boxes.within(film.inner, film.end) if one.kind == b"trak"
    ]
    played = [track for track in tracks if media_type_of(boxes, track) in PLAYED]
    if not played:
        raise UnreadableFile("it has neither sound nor pictures")
    if not any(top.kind == b"moof" for top in tops):
        data = [top for top in tops if top.kind == b"mdat"]
        chunks.zero_unused_bytes(
            boxes, sample_tables(boxes, tracks), sample_tables(boxes, played), data
        )
    elif len(played) < len(tracks):
        raise UnreadableFile("it has a track of words or notes next to its sound and pictures")
    for track in tracks:
        if track in played:
            coding = samples.clean_sample_descriptions(
                boxes, find_sample_descriptions(boxes, track), media_type_of(boxes, track)
            )
            if coding is not None:
                blank_messages(boxes, tops, tracks, track, coding)
        else:
            boxes.free(track)
    free_unneeded_boxes(boxes, IsoBox(b"", 0, 0, len(body)))
    return bytes(boxes.body)


def blank_messages(
    boxes: IsoFile, tops: list[IsoBox], tracks: list[IsoBox], track: IsoBox, coding: VideoCoding
) -> None:
    """Blank what a camera wrote between the pictures of a track."""
    starts = sorted(
        {s for table in sample_tables(boxes, tracks) for s in chunks.chunk_offsets(boxes, table)}
    )
    found = [
        span
        for table in sample_tables(boxes, [track])
        for span in chunks.chunk_spans(boxes, table, starts)
    ]
    number, usual = track_number(boxes, track), default_sample_size(boxes, tops, track)
    found += fragments.fragment_spans(boxes, tops, number, usual)
    data = [top for top in tops if top.kind == b"mdat"]
    for start, end in found:
        for one in data:
            if one.inner <= start < one.end:
                coding.blank(boxes.body, start, min(end, one.end))


def track_number(boxes: IsoFile, track: IsoBox) -> int:
    head = boxes.first(track, b"tkhd")
    if head is None:
        return 0
    boxes.need(head, 24)
    return boxes.number(head.inner + (20 if boxes.body[head.inner] == 1 else 12), 4)


def default_sample_size(boxes: IsoFile, tops: list[IsoBox], track: IsoBox) -> int:
    """The size of a sample of a track where a fragment does not give one; 0 if unknown."""
    for film in tops:
        more = boxes.first(film, b"mvex") if film.kind == b"moov" else None
        for one in boxes.within(more.inner, more.end) if more else ():
            if one.kind == b"trex" and boxes.number(one.inner + 4, 4) == track_number(boxes, track):
                return boxes.number(one.inner + 16, 4)
    return 0


def media_type_of(boxes: IsoFile, track: IsoBox) -> bytes:
    """The handler type of a track, such as b"vide" or b"soun"."""
    found = boxes.first(track, b"mdia", b"hdlr")
    return bytes(boxes.body[found.inner + 8 : found.inner + 12]) if found else b""


def find_sample_descriptions(boxes: IsoFile, track: IsoBox) -> IsoBox:
    found = boxes.first(track, b"mdia", b"minf", b"stbl", b"stsd")
    if found is None:
        raise UnreadableFile("a track of it does not say how it is packed")
    return found


def sample_tables(boxes: IsoFile, tracks: list[IsoBox]) -> list[IsoBox]:
    """The sample tables of these tracks; a track without sound or picture may have none."""
    found = (boxes.first(track, b"mdia", b"minf", b"stbl") for track in tracks)
    return [one for one in found if one]


def free_unneeded_boxes(boxes: IsoFile, parent: IsoBox) -> None:
    """Free every box that is not needed within its parent, and all but the first of some kinds."""
    seen = set()
    for one in boxes.within(parent.inner, parent.end):
        if one.kind not in KEPT[parent.kind] or (one.kind in ONCE and one.kind in seen):
            boxes.free(one)
        elif one.kind in KEPT:
            free_unneeded_boxes(boxes, one)
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


def forget_times(boxes: IsoFile, one: IsoBox) -> None:
    """Zero the times of creation and last change."""
    boxes.need(one, 24)
    boxes.zero(one.inner + 4, one.inner + (20 if boxes.body[one.inner] == 1 else 12))


def forget_places(boxes: IsoFile, one: IsoBox) -> None:
    """Zero the names of files that once held the samples; raises if samples are still there."""
    boxes.need(one, 8)
    for entry in boxes.within(one.inner + 8, one.end):
        boxes.need(entry, 4)
        if not boxes.number(entry.inner, 4) & 1:
            raise UnreadableFile("parts of it are in other files")
        boxes.zero(entry.inner + 4, entry.end)


def forget_brands(boxes: IsoFile, one: IsoBox) -> None:
    """Replace unknown brands, which can name a manufacturer, and zero the version."""
    boxes.need(one, 8)
    boxes.zero(one.inner + 4, one.inner + 8)
    for at in range(one.inner, one.end, 4):
        brand = bytes(boxes.body[at : min(at + 4, one.end)])
        if at != one.inner + 4 and not BRAND.fullmatch(brand):
            boxes.body[at : at + len(brand)] = b"isom"[: len(brand)]
