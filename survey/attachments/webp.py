"""A WebP without what was written beside the picture."""

from survey.attachments import exif
from survey.attachments.reading import Reader, Unreadable, check_size
from survey.attachments.riff import chunk, chunk_in, whole

FRAME = {b"VP8 ", b"VP8L", b"ALPH"}
NOTED = 0x20 | 0x08 | 0x04  # the flags that say that a colour profile, EXIF or XMP follow
EXIF = 0x08


def cleaned(body: bytes) -> bytes:
    """The chunks that make the picture; unknown ones go, as does all behind the end."""
    reader = Reader(body, 4)
    inner = Reader(reader.take(reader.number(4, big=False)))
    if inner.take(4) != b"WEBP":
        raise Unreadable("it is not a picture")
    chunks = [chunk_in(inner)]
    while inner.left:
        chunks.append(chunk_in(inner))
    first = chunks[0][0]
    check_size(*size_of(*chunks[0]))
    if first != b"VP8X":
        return whole(b"WEBP", [chunk(*chunks[0])])
    turned = next((exif.orientation(bare(c)) for kind, c in chunks if kind == b"EXIF"), 1)
    upright = exif.only(turned)
    kept = [
        chunk(kind, without_notes(kind, content)) for kind, content in chunks[1:] if is_shown(kind)
    ]
    if not kept:
        raise Unreadable("it has no picture")
    flags = chunks[0][1][0] & ~NOTED | (EXIF if upright else 0)
    head = chunk(b"VP8X", bytes([flags]) + b"\0\0\0" + chunks[0][1][4:10])
    return whole(b"WEBP", [head, *kept, *([chunk(b"EXIF", upright)] if upright else [])])


def is_shown(kind: bytes) -> bool:
    return kind in FRAME or kind in (b"ANIM", b"ANMF")


def without_notes(kind: bytes, content: bytes) -> bytes:
    """A frame of a moving picture holds chunks of its own."""
    if kind != b"ANMF":
        return content
    reader = Reader(content)
    found = bytearray(reader.take(16))
    while reader.left:
        inner, within = chunk_in(reader)
        found += chunk(inner, within) if inner in FRAME else b""
    return bytes(found)


def size_of(kind: bytes, content: bytes) -> tuple[int, int]:
    reader = Reader(content)
    if kind == b"VP8X":
        reader.take(4)
        return reader.number(3, big=False) + 1, reader.number(3, big=False) + 1
    if kind == b"VP8L" and reader.take(1) == b"\x2f":
        bits = reader.number(4, big=False)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and reader.take(6)[3:] == b"\x9d\x01\x2a":
        return reader.number(2, big=False) & 0x3FFF, reader.number(2, big=False) & 0x3FFF
    raise Unreadable("it does not start like a picture")


def bare(content: bytes) -> bytes:
    """Some programs put the head of a JPEG's EXIF before it."""
    return content.removeprefix(b"Exif\0\0")
