"""A JPEG without what was written beside the picture."""

import re

from survey.attachments import exif
from survey.attachments.reading import Reader, Unreadable, check_size

START, END, SCAN = 0xD8, 0xD9, 0xDA
TABLES = {0xC4, 0xCC, 0xDB, 0xDC, 0xDD}  # Huffman, arithmetic, quantization, lines, restarts
FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
DROPPED = set(range(0xE0, 0xF0)) | {0xFE}  # what programs write, and comments
JFIF, EXIF, ADOBE = 0xE0, 0xE1, 0xEE
# Within a scan FF stands before 00 or a restart mark; before anything else the scan is over.
OVER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
MARK = re.compile(rb"\xff+([^\xff])", re.DOTALL)


def cleaned(body: bytes) -> bytes:
    """Everything up to the first end of the picture, and of that only the picture.

    A second picture behind the end, such as the original of one that was cut, goes as well. Colour
    profiles go too: they can name a device.
    """
    reader = Reader(body, 2)
    parts: list[bytes] = []
    head: dict[int, bytes] = {}
    framed = scanned = False
    while (mark := next_mark(reader)) != END:
        content = reader.take(length(reader))
        if mark in DROPPED:
            head[mark] = head.get(mark) or of_application(mark, content)
            continue
        if mark in FRAMES and not framed:
            check_size(int.from_bytes(content[3:5]), int.from_bytes(content[1:3]))
            framed = True
        elif mark not in TABLES and not (mark == SCAN and framed):
            raise Unreadable("a part of it is unknown, or in the wrong place")
        parts.append(segment(mark, content))
        if mark == SCAN:
            parts.append(scan(reader))
            scanned = True
    if not scanned:
        raise Unreadable("it has no picture")
    return (
        b"\xff\xd8" + b"".join(head[mark] for mark in sorted(head)) + b"".join(parts) + b"\xff\xd9"
    )


def next_mark(reader: Reader) -> int:
    found = MARK.match(reader.body, reader.at)
    if found is None:
        raise Unreadable("a part of it does not start where it should")
    reader.take(found.end() - reader.at)
    return found[1][0]


def length(reader: Reader) -> int:
    found = reader.number(2)
    if found < 2:
        raise Unreadable("a part of it has no length")
    return found - 2


def scan(reader: Reader) -> bytes:
    over = OVER.search(reader.body, reader.at)
    if over is None:
        raise Unreadable("it ends too early")
    return reader.take(over.start() - reader.at)


def segment(mark: int, content: bytes) -> bytes:
    return bytes([0xFF, mark]) + (len(content) + 2).to_bytes(2) + content


def of_application(mark: int, content: bytes) -> bytes:
    """What a decoder needs: the shape of a pixel without the small picture, which way up, and the
    kind of colours."""
    if mark == JFIF and content.startswith(b"JFIF\0") and len(content) >= 14:
        return segment(JFIF, content[:12] + b"\0\0")
    if mark == ADOBE and content.startswith(b"Adobe") and len(content) >= 12:
        return segment(ADOBE, content[:12])
    if mark == EXIF and content.startswith(b"Exif\0"):
        upright = exif.only(exif.orientation(content[6:]))
        return segment(EXIF, b"Exif\0\0" + upright) if upright else b""
    return b""
