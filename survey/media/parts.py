"""The parts that media files are made of: bytes, RIFF chunks, boxes and units of films.

A picture in H.264 or H.265 is made of NAL units; some hold a message of the camera instead: place,
time and device. Messages that a decoder needs stay; every other one is overwritten with filler of
the same length, which decoders skip. In MPEG-4, user data is overwritten with blanks.
"""

import re
from collections.abc import Iterator

import msgspec

MOST_PIXELS = 70_000_000  # the largest that phones take; 280 MB in the memory of a viewer
MOST_PARTS = 200_000  # a picture has some thousands; millions of empty ones would only cost time


class UnreadableFile(ValueError):
    """The file is damaged, or not of the type that its first bytes announce."""


class ByteReader:
    """A position in some bytes, which moves on as they are read."""

    def __init__(self, body: bytes, at: int = 0) -> None:
        self.body = body
        self.at = at
        self.parts = 0

    def take(self, count: int) -> bytes:
        self.parts += 1
        if self.parts > MOST_PARTS:
            raise UnreadableFile("it is made of too many parts")
        content = self.body[self.at : self.at + count]
        if len(content) < count:
            raise UnreadableFile("it ends too early")
        self.at += count
        return content

    def number(self, count: int, *, big: bool = True) -> int:
        return int.from_bytes(self.take(count), "big" if big else "little")

    @property
    def remaining(self) -> int:
        return len(self.body) - self.at


def check_pixels(width: int, height: int) -> None:
    if not width or not height:
        raise UnreadableFile("the picture has no width or no height")
    if width * height > MOST_PIXELS:
        raise UnreadableFile(f"the picture has more than {MOST_PIXELS:,} pixels")


def read_chunk(reader: ByteReader) -> tuple[bytes, bytes]:
    kind = reader.take(4)
    content = reader.take(reader.number(4, big=False))
    # Chunks are padded to an even length, but the last one may come without its padding.
    if len(content) % 2 and reader.remaining:
        reader.take(1)
    return kind, content


def chunk_bytes(kind: bytes, content: bytes) -> bytes:
    return kind + len(content).to_bytes(4, "little") + content + b"\0" * (len(content) % 2)


def riff_bytes(kind: bytes, chunks: list[bytes]) -> bytes:
    content = kind + b"".join(chunks)
    return b"RIFF" + len(content).to_bytes(4, "little") + content


UUID = b"uuid"


class IsoBox(msgspec.Struct, frozen=True):
    """A box: its type, where it begins, and where its content begins and ends."""

    kind: bytes
    start: int
    inner: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.inner


class IsoFile:
    """A file that is cleaned in place, so that byte offsets in it remain valid."""

    def __init__(self, body: bytes) -> None:
        self.body = bytearray(body)
        self.found = 0

    def number(self, at: int, count: int) -> int:
        return int.from_bytes(self.body[at : at + count])

    def within(self, at: int, end: int) -> Iterator[IsoBox]:
        while at < end:
            box = self.box(at, end)
            yield box
            at = box.end

    def box(self, at: int, end: int) -> IsoBox:
        self.found += 1
        if self.found > MOST_PARTS:
            raise UnreadableFile("it is made of too many parts")
        size, kind, inner = self.number(at, 4), bytes(self.body[at + 4 : at + 8]), at + 8
        if size == 1:
            size, inner = self.number(at + 8, 8), at + 16
        # A size of 0 means to the end of the file, so only the last box of all may have it.
        elif size == 0 and end == len(self.body):
            size = end - at
        if inner > end or at + size > end:
            raise UnreadableFile("it ends too early")
        # A box smaller than its own head would be read again and again without moving on.
        if at + size < inner:
            raise UnreadableFile("a part of it does not start where it should")
        return IsoBox(kind, at, inner, at + size)

    def free(self, box: IsoBox) -> None:
        """Turn a box into unused space of the same size.

        An extended type (uuid) is part of the content, so it is emptied as well.
        """
        self.body[box.start + 4 : box.start + 8] = b"free"
        self.zero(box.inner, box.end)

    def zero(self, start: int, end: int) -> None:
        self.body[start:end] = bytes(max(end - start, 0))

    def need(self, box: IsoBox, least: int) -> None:
        if box.size < least:
            raise UnreadableFile(f"its part {box.kind.decode('latin-1')!r} is too short")

    def first(self, parent: IsoBox, *path: bytes) -> IsoBox | None:
        """The box at this path, the first of its kind at each level; None if a box is missing."""
        box: IsoBox | None = parent
        for kind in path:
            inside = self.within(box.inner, box.end) if box else ()
            box = next((child for child in inside if child.kind == kind), None)
        return box


AVC = frozenset({b"avc1", b"avc2", b"avc3", b"avc4"})
HEVC = frozenset({b"hvc1", b"hev1", b"hvc2", b"hev2"})
MPEG4 = b"mp4v"
# Buffering, recovery point, frame packing, orientation, brightness.
NEEDED = frozenset({0, 6, 45, 47, 137, 144, 147})
USER_DATA = re.compile(rb"(?<=\x00\x00\x01\xb2).+?(?=\x00\x00\x01|\Z)", re.DOTALL)
MOST_MESSAGES = 100


class VideoCoding(msgspec.Struct, frozen=True):
    """How a track's pictures are coded; the length of each unit is written in `width` bytes."""

    width: int
    is_hevc: bool = False
    is_mpeg4: bool = False

    def blank(self, body: bytearray, start: int, end: int) -> None:
        """Blank the messages among the units in these bytes; each unit is preceded by its
        length.
        """
        if self.is_mpeg4:
            blank_user_data(body, start, end)
            return
        at = start
        while at + self.width < end:
            size = int.from_bytes(body[at : at + self.width])
            at += self.width
            if at + size > end:  # a truncated unit
                size = end - at
            self.blank_unit(body, at, at + size)
            at += size

    def blank_unit(self, body: bytearray, start: int, end: int) -> None:
        if end > start and self.is_message(bytes(body[start:end])):
            head = 2 if self.is_hevc else 1
            # Filler data is type 38 in H.265 and 12 in H.264: bytes of ff and a stop bit.
            body[start] = 38 << 1 | body[start] & 1 if self.is_hevc else 12
            filler = end - start - head
            if filler > 0:
                body[start + head : end] = b"\xff" * (filler - 1) + b"\x80"

    def is_message(self, unit: bytes) -> bool:
        """Whether a unit holds nothing that a decoder needs."""
        if self.is_hevc:
            kind = unit[0] >> 1 & 0x3F
            # Filler and reserved types go too: a decoder skips them, so they can hide anything.
            return kind in (38, *range(41, 62)) or (kind in (39, 40) and not is_needed(unit[2:]))
        kind = unit[0] & 0x1F
        return kind in (0, 12, *range(22, 32)) or (kind == 6 and not is_needed(unit[1:]))


def is_needed(content: bytes) -> bool:
    """Whether all SEI messages of a unit are of kinds that decoders need."""
    # Encoders put 03 after two zeros so that no start code appears; it is not part of the message.
    content = content.replace(b"\x00\x00\x03", b"\x00\x00")
    at = 0
    for _ in range(MOST_MESSAGES):
        if content[at:].rstrip(b"\x00") in (b"\x80", b""):
            return True
        kind, at = message_number(content, at)
        size, at = message_number(content, at)
        if kind not in NEEDED:
            return False
        at += size
    return False


def message_number(content: bytes, at: int) -> tuple[int, int]:
    number = 0
    while at < len(content) and content[at] == 255:
        number, at = number + 255, at + 1
    return (number + content[at] if at < len(content) else number), at + 1


def blank_user_data(body: bytearray, start: int, end: int) -> None:
    for match in USER_DATA.finditer(bytes(body[start:end])):
        body[start + match.start() : start + match.end()] = b" " * len(match[0])


def video_coding(kind: bytes, record: bytes) -> VideoCoding | None:
    """How the pictures of a track are coded, by its type and its decoder data; None if unknown."""
    # ISO/IEC 14496-15: the lowest two bits are the bytes of a unit's length, less one.
    if kind in AVC and len(record) > 4:
        return VideoCoding(record[4] % 4 + 1)
    if kind in HEVC and len(record) > 21:
        return VideoCoding(record[21] % 4 + 1, is_hevc=True)
    return VideoCoding(0, is_mpeg4=True) if kind == MPEG4 else None


def blank_decoder_record(body: bytearray, start: int, end: int, coding: VideoCoding) -> None:
    """Blank the messages within the decoder data of a track."""
    if coding.is_mpeg4:
        blank_user_data(body, start, end)
    # An avcC holds parameter sets only; an hvcC has arrays from byte 23, which may be messages.
    if not coding.is_hevc or end - start < 23:
        return
    at = start + 23
    for _ in range(body[start + 22]):
        units = int.from_bytes(body[at + 1 : at + 3])
        at += 3
        for _ in range(units):
            if at + 2 > end:
                return
            upto = min(at + 2 + int.from_bytes(body[at : at + 2]), end)
            coding.blank_unit(body, at + 2, upto)
            at = upto


def clean_sample_entry(boxes: IsoFile, at: int, end: int, kind: bytes) -> VideoCoding | None:
    """Blank the messages in one sample description and return how it codes pictures."""
    while end - at >= 8 and boxes.number(at, 4):
        box = boxes.box(at, end)
        if box.kind in (b"avcC", b"hvcC", b"esds"):
            coding = video_coding(kind, bytes(boxes.body[box.inner : box.end]))
            if coding is not None:
                blank_decoder_record(boxes.body, box.inner, box.end, coding)
            return coding
        at = box.end
    return None
