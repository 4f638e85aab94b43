"""A WebM or Matroska film without metadata."""

import re
from collections.abc import Iterator

import msgspec

from survey.media import sound
from survey.media.parts import UnreadableFile, VideoCoding, blank_decoder_record, video_coding

# WebM is Matroska by its structure: only the name in its head says which of them it is.
WEBM, OTHER = (
    re.compile(rb"\x1a\x45\xdf\xa3.{1,60}?\x42\x82.{1,8}?" + name, re.DOTALL)
    for name in (b"webm", b"matroska")
)
MOST_ELEMENTS = 1_000_000
UNKNOWN = -1  # the size of an element in a live recording
EBML, SEGMENT, CLUSTER, VOID = 0x1A45DFA3, 0x18538067, 0x1F43B675, 0xEC
SEEK_HEAD, SEEK, INFO, TRACKS, TRACK = 0x114D9B74, 0x4DBB, 0x1549A966, 0x1654AE6B, 0xAE
CUES, CHAPTERS, TAGS, ATTACHMENTS = 0x1C53BB6B, 0x1043A770, 0x1254C367, 0x1941A469
MUXER, WRITER = 0x4D80, 0x5741
TRACK_TYPE, CODEC, PRIVATE = 0x83, 0x86, 0x63A2
VIDEO, AUDIO = 1, 2
TRACK_NUMBER, SIMPLE_BLOCK, BLOCK_GROUP, BLOCK, LACED = 0xD7, 0xA3, 0xA0, 0xA1, 0x06
PICTURES, COLOUR, SOUND, ENCODINGS = 0xE0, 0x55B0, 0xE1, 0x6D80  # parts of a track
PROJECTION, MASTERING, CUE_POINT, CUE_PLACE = 0x7670, 0x55D0, 0xBB, 0xB7
CODINGS = {
    b"V_MPEG4/ISO/AVC": b"avc1",
    b"V_MPEGH/ISO/HEVC": b"hvc1",
    **dict.fromkeys((b"V_MPEG4/ISO/SP", b"V_MPEG4/ISO/ASP", b"V_MPEG4/ISO/AP"), b"mp4v"),
}
TOP = {SEEK_HEAD, INFO, TRACKS, CLUSTER, CUES, CHAPTERS, TAGS, ATTACHMENTS}

# The elements to keep in each element; all others become voids of the same size. The ids are in
# RFC 8794 and RFC 9559.
KEPT: dict[int, frozenset[int]] = {
    EBML: frozenset({0x4286, 0x42F7, 0x42F2, 0x42F3, 0x4282, 0x4287, 0x4285}),
    SEGMENT: frozenset({SEEK_HEAD, INFO, TRACKS, CLUSTER, CUES}),
    SEEK_HEAD: frozenset({SEEK}),
    SEEK: frozenset({0x53AB, 0x53AC}),
    INFO: frozenset({0x2AD7B1, 0x4489, MUXER, WRITER}),
    TRACKS: frozenset({TRACK}),
    TRACK: frozenset({
        0xD7, 0x73C5, TRACK_TYPE, 0xB9, 0x88, 0x55AA, 0x9C, 0x6DE7, 0x6DF8, 0x23E383, 0x234E7A,
        0x55EE, 0x22B59C, 0x22B59D, CODEC, PRIVATE, 0x56AA, 0x56BB, PICTURES, SOUND, ENCODINGS,
    }),
    PICTURES: frozenset({
        0x9A, 0x9D, 0x53B8, 0x53C0, 0xB0, 0xBA, 0x54AA, 0x54BB, 0x54CC, 0x54DD, 0x54B0, 0x54BA,
        0x54B2, 0x54B3, 0x2EB524, COLOUR, PROJECTION,
    }),
    COLOUR: frozenset({*range(0x55B1, 0x55BE), MASTERING}),
    MASTERING: frozenset(range(0x55D1, 0x55DB)),
    PROJECTION: frozenset(range(0x7671, 0x7676)),
    SOUND: frozenset({0xB5, 0x78B5, 0x9F, 0x6264, 0x52F1}),
    CLUSTER: frozenset({0xE7, 0xA7, 0xAB, SIMPLE_BLOCK, BLOCK_GROUP}),
    BLOCK_GROUP: frozenset({BLOCK, 0x9B, 0xFA, 0xFB, 0x75A2}),
    CUES: frozenset({CUE_POINT}),
    CUE_POINT: frozenset({0xB3, CUE_PLACE}),
    CUE_PLACE: frozenset({0xF7, 0xF1, 0xF0, 0xB2, 0x5378, 0xEA}),
}  # fmt: skip
# All others are numbers of at most eight bytes: a longer one is only room for something else.
LONG = frozenset({
    *KEPT, 0x4282, MUXER, WRITER, 0x22B59C, 0x22B59D, CODEC, PRIVATE, ENCODINGS, 0x7672,
    SIMPLE_BLOCK, BLOCK,
})  # fmt: skip


class MatroskaElement(msgspec.Struct, frozen=True):
    """An element: its id, where it begins, and where its content begins and ends."""

    ident: int
    start: int
    inner: int
    end: int


class MatroskaFile:
    """A file that is cleaned in place, so that byte offsets in it remain valid."""

    def __init__(self, body: bytes) -> None:
        self.body = bytearray(body)
        self.elements = 0
        self.dropped = set[int]()  # tracks of subtitles and other data
        self.coded: dict[int, VideoCoding] = {}  # how pictures are coded, by track number

    def number(self, at: int, end: int, most: int, *, marked: bool) -> tuple[int, int]:
        """The value of a variable-length number, and where it ends; with `marked` the value
        includes its length bits.
        """
        first = self.body[at] if at < end else 0
        length = 9 - first.bit_length()
        if length > most:
            raise UnreadableFile("a part of it does not start where it should")
        if at + length > end:
            raise UnreadableFile("it ends too early")
        number = int.from_bytes(self.body[at : at + length])
        ones = (1 << 7 * length) - 1
        if marked:
            return number, at + length
        return (UNKNOWN if number & ones == ones else number & ones), at + length

    def element(self, at: int, end: int) -> MatroskaElement:
        self.elements += 1
        if self.elements > MOST_ELEMENTS:
            raise UnreadableFile("it is made of too many parts")
        ident, after = self.number(at, end, 4, marked=True)
        size, inner = self.number(after, end, 8, marked=False)
        # RFC 9559 allows an unknown size for these two alone.
        if size == UNKNOWN and ident in (SEGMENT, CLUSTER):
            return MatroskaElement(ident, at, inner, UNKNOWN)
        if size == UNKNOWN or inner + size > end:
            raise UnreadableFile("it ends too early")
        return MatroskaElement(ident, at, inner, inner + size)

    def within(self, at: int, end: int) -> Iterator[MatroskaElement]:
        """The elements of a part; raises if an element below the top level has no size."""
        while at < end:
            element = self.element(at, end)
            if element.end == UNKNOWN:
                raise UnreadableFile("a part of it is in the wrong place")
            yield element
            at = element.end

    def void(self, element: MatroskaElement) -> None:
        """Replace an element with a Void element of equal size."""
        total = element.end - element.start
        # A size may be written in up to eight bytes, so a void fits wherever an element was.
        width = min(8, total - 1)
        size = total - 1 - width
        head = bytes([VOID]) + (size | 1 << 7 * width).to_bytes(width)
        self.body[element.start : element.end] = head + bytes(size)

    def blank(self, element: MatroskaElement) -> None:
        self.body[element.inner : element.end] = bytes(element.end - element.inner)

    def content(self, element: MatroskaElement) -> bytes:
        return bytes(self.body[element.inner : element.end])


def without_metadata(body: bytes) -> bytes:
    """The same film with tags, attachments, chapters, names and dates turned into voids."""
    film, at, tracks = MatroskaFile(body), 0, 0
    while at < len(body):
        element = film.element(at, len(body))
        if element.ident == EBML:
            void_unneeded_elements(film, element)
            at = element.end
        elif element.ident == SEGMENT:
            at, more = clean_segment(
                film, element, len(body) if element.end == UNKNOWN else element.end
            )
            tracks += more
        elif at and element.end != UNKNOWN:
            film.void(element)
            at = element.end
        else:
            raise UnreadableFile("it does not start like a video")
    if not tracks:
        raise UnreadableFile("it has neither sound nor pictures")
    return bytes(film.body)


def clean_segment(film: MatroskaFile, segment: MatroskaElement, end: int) -> tuple[int, int]:
    """Clean a segment; returns where it ends, and how many sound or picture tracks it has."""
    at, tracks = segment.inner, 0
    while at < end:
        element = film.element(at, end)
        # A segment without a size ends where the next file of a joined recording begins.
        if element.ident == EBML and segment.end == UNKNOWN:
            return at, tracks
        if element.ident == CLUSTER:
            at = clean_cluster(film, element, end)
            continue
        if element.end == UNKNOWN:
            raise UnreadableFile("a part of it is in the wrong place")
        at = element.end
        if element.ident == TRACKS:
            tracks += clean_tracks(film, element)
        elif element.ident in KEPT[SEGMENT]:
            void_unneeded_elements(film, element)
        else:
            film.void(element)
    return at, tracks


def void_unneeded_elements(film: MatroskaFile, parent: MatroskaElement) -> None:
    """Void every unneeded element within its parent, and within the elements that are kept."""
    for element in film.within(parent.inner, parent.end):
        if not is_needed(film, parent, element):
            film.void(element)
        # RFC 9559 makes both mandatory, so they stay, without their text.
        elif element.ident in (MUXER, WRITER):
            film.blank(element)
        elif element.ident in KEPT:
            void_unneeded_elements(film, element)


def is_needed(film: MatroskaFile, parent: MatroskaElement, element: MatroskaElement) -> bool:
    if element.ident not in KEPT[parent.ident] or (
        element.ident == SEEK and is_dangling_seek(film, element)
    ):
        return False
    return element.ident in LONG or element.end - element.inner <= 8


def is_dangling_seek(film: MatroskaFile, seek: MatroskaElement) -> bool:
    """Whether a seek entry points to an element that is no longer there."""
    idents = {ident.to_bytes(4) for ident in KEPT[SEGMENT]}
    return not any(film.content(element) in idents for element in film.within(seek.inner, seek.end))


def clean_cluster(film: MatroskaFile, cluster: MatroskaElement, end: int) -> int:
    """Clean a cluster; returns where it ends.

    A cluster of unknown size, as in a live recording, ends where the next top-level element begins.
    """
    at = cluster.inner
    upto = end if cluster.end == UNKNOWN else cluster.end
    while at < upto:
        element = film.element(at, upto)
        if cluster.end == UNKNOWN and element.ident in TOP | {EBML}:
            return at
        if element.end == UNKNOWN:
            raise UnreadableFile("a part of it is in the wrong place")
        if not is_needed(film, cluster, element):
            film.void(element)
        elif element.ident in (SIMPLE_BLOCK, BLOCK_GROUP):
            clean_block(film, element)
        at = element.end
    return at


def clean_block(film: MatroskaFile, element: MatroskaElement) -> None:
    """Void a block of a dropped track, or blank camera messages in a block of pictures."""
    if element.ident == BLOCK_GROUP:
        for part in film.within(element.inner, element.end):
            if not is_needed(film, element, part):
                film.void(part)
            elif part.ident == BLOCK:
                clean_block(film, part)
        return
    track, at = film.number(element.inner, element.end, 8, marked=False)
    coding = film.coded.get(track)
    if track in film.dropped:
        film.void(element)
    elif coding is not None and at + 3 <= element.end:
        # Several frames in one block have their sizes first, so the units could not be found.
        if film.body[at + 2] & LACED:
            raise UnreadableFile("its pictures are packed in a way that is not read here")
        coding.blank(film.body, at + 3, element.end)


def clean_tracks(film: MatroskaFile, tracks: MatroskaElement) -> int:
    void_unneeded_elements(film, tracks)
    track_elements = [
        element for element in film.within(tracks.inner, tracks.end) if element.ident == TRACK
    ]
    played = 0
    for track in track_elements:
        parts = {part.ident: part for part in film.within(track.inner, track.end)}
        number, kind = (
            int.from_bytes(film.content(parts[ident])) if ident in parts else 0
            for ident in (TRACK_NUMBER, TRACK_TYPE)
        )
        if kind not in (VIDEO, AUDIO):
            film.dropped.add(number)
            film.void(track)
            continue
        played += 1
        if CODEC in parts and PRIVATE in parts:
            codec = film.content(parts[CODEC])
            private = parts[PRIVATE]
            if codec.startswith(b"A_VORBIS"):
                start, end = second_packet(film, private)
                if end - start < len(sound.VORBIS):
                    raise UnreadableFile("it does not say how its sound is packed")
                # Decoders insist on a comment header, so an empty one takes its place.
                film.body[start:end] = sound.VORBIS.ljust(end - start, b"\0")
            elif codec.startswith(b"A_FLAC"):
                head = private.inner + len(sound.FLAC_SIGNATURE)
                sound.blank_metadata(film.body, head, private.end)
            track_private = parts[PRIVATE]
            # RFC 8794 lets texts end in zero bytes.
            codec = CODINGS.get(film.content(parts[CODEC]).rstrip(b"\0"), b"")
            coding = video_coding(codec, film.content(track_private))
            # Compressed units could not be found, nor those that have lost their first bytes.
            if coding is not None and ENCODINGS in parts:
                raise UnreadableFile("its pictures are packed in a way that is not read here")
            if coding is not None and TRACK_NUMBER in parts:
                blank_decoder_record(film.body, track_private.inner, track_private.end, coding)
                film.coded[int.from_bytes(film.content(parts[TRACK_NUMBER]))] = coding
    return played


def second_packet(film: MatroskaFile, private: MatroskaElement) -> tuple[int, int]:
    """Where the second of the three Vorbis header packets begins and ends.

    The sizes of the first two precede the packets.
    """
    # Xiph lacing: the number of packets less one, then sizes as runs of 255 and a rest.
    at, sizes = private.inner + 1, [0, 0]
    if film.content(private)[:1] != b"\x02":
        raise UnreadableFile("it does not say how its sound is packed")
    for number in range(2):
        while at < private.end and film.body[at] == 255:
            sizes[number], at = sizes[number] + 255, at + 1
        if at >= private.end:
            raise UnreadableFile("it ends too early")
        sizes[number], at = sizes[number] + film.body[at], at + 1
    start = at + sizes[0]
    if start + sizes[1] > private.end:
        raise UnreadableFile("it ends too early")
    return start, start + sizes[1]
