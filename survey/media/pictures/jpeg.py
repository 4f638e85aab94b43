"""A JPEG without metadata."""

import re

from survey.media.pictures import exif
from survey.media.reading import ByteReader, UnreadableFile, check_pixels

START, END, SCAN = 0xD8, 0xD9, 0xDA
TABLES = {0xC4, 0xCC, 0xDB, 0xDC, 0xDD}  # Huffman, arithmetic, quantization, lines, restarts
FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
DROPPED = set(range(0xE0, 0xF0)) | {0xFE}  # application segments and comments
JFIF, EXIF, ADOBE = 0xE0, 0xE1, 0xEE
# Within a scan FF is followed by 00 or a restart marker; anything else ends the scan.
OVER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
MARK = re.compile(rb"\xff+([^\xff])", re.DOTALL)


def without_metadata(body: bytes) -> bytes:
    """The file up to the first end of the picture, with only what is needed to show it.

    A second picture after the end, such as the uncropped original, is removed. So are colour
    profiles, which can name a device.
    """
    reader = ByteReader(body, 2)
    parts: list[bytes] = []
    head: dict[int, bytes] = {}
    framed = scanned = False
    while (mark := read_marker(reader)) != END:
        content = reader.take(read_length(reader))
        if mark in DROPPED:
            head[mark] = head.get(mark) or needed_application_data(mark, content)
            continue
        # A second frame header could ask for more pixels than were checked, so only one may come.
        if mark in FRAMES and not framed:
            check_pixels(int.from_bytes(content[3:5]), int.from_bytes(content[1:3]))
            framed = True
        elif mark not in TABLES and not (mark == SCAN and framed):
            raise UnreadableFile("a part of it is unknown, or in the wrong place")
        parts.append(segment(mark, content))
        if mark == SCAN:
            parts.append(read_scan(reader))
            scanned = True
    if not scanned:
        raise UnreadableFile("it has no picture")
    return (
        # In the order of their numbers, as JFIF has to come first.
        b"\xff\xd8" + b"".join(head[mark] for mark in sorted(head)) + b"".join(parts) + b"\xff\xd9"
    )


def read_marker(reader: ByteReader) -> int:
    found = MARK.match(reader.body, reader.at)
    if found is None:
        raise UnreadableFile("a part of it does not start where it should")
    reader.take(found.end() - reader.at)
    return found[1][0]


def read_length(reader: ByteReader) -> int:
    found = reader.number(2)
    if found < 2:
        raise UnreadableFile("a part of it has no length")
    return found - 2


def read_scan(reader: ByteReader) -> bytes:
    over = OVER.search(reader.body, reader.at)
    if over is None:
        raise UnreadableFile("it ends too early")
    return reader.take(over.start() - reader.at)


def segment(mark: int, content: bytes) -> bytes:
    return bytes([0xFF, mark]) + (len(content) + 2).to_bytes(2) + content


def needed_application_data(mark: int, content: bytes) -> bytes:
    """What a decoder needs of an application segment: pixel shape, orientation or colour transform.

    The thumbnail is left out.
    """
    if mark == JFIF and content.startswith(b"JFIF\0") and len(content) >= 14:
        # The last two bytes are the size of a thumbnail, which may show what was cropped.
        return segment(JFIF, content[:12] + b"\0\0")
    if mark == ADOBE and content.startswith(b"Adobe") and len(content) >= 12:
        return segment(ADOBE, content[:12])
    if mark == EXIF and content.startswith(b"Exif\0"):
        upright = exif.orientation_exif(exif.orientation(content[6:]))
        return segment(EXIF, b"Exif\0\0" + upright) if upright else b""
    return b""
