"""A PNG without what was written beside the picture."""

import zlib

from survey.attachments import exif
from survey.attachments.reading import Reader, Unreadable, check_size

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEPT = {
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"cICP", b"sBIT",
    b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT",
}  # fmt: skip


def cleaned(body: bytes) -> bytes:
    """The chunks that make the picture; what stands behind its end goes too."""
    reader = Reader(body, len(SIGNATURE))
    kind, content = chunk_in(reader)
    if kind != b"IHDR" or len(content) != 13:
        raise Unreadable("it does not start like a picture")
    check_size(int.from_bytes(content[:4]), int.from_bytes(content[4:8]))
    head, turned = chunk(kind, content), 1
    found = bytearray()
    drawn = False
    while kind != b"IEND":
        kind, content = chunk_in(reader)
        if kind in KEPT and kind != b"IHDR":
            found += chunk(kind, b"" if kind == b"IEND" else content)
            drawn = drawn or kind == b"IDAT"
        elif kind == b"eXIf":
            turned = exif.orientation(content)
        elif not kind[0] & 0x20:  # a capital letter: nobody can draw the picture without it
            raise Unreadable("a part of it is unknown")
    if not drawn:
        raise Unreadable("it has no picture")
    upright = exif.only(turned)
    around = chunk(b"eXIf", upright) if upright else b""
    return SIGNATURE + head + around + bytes(found)


def chunk_in(reader: Reader) -> tuple[bytes, bytes]:
    size = reader.number(4)
    kind, content = reader.take(4), reader.take(size)
    if not kind.isalpha():
        raise Unreadable("a part of it does not start where it should")
    if reader.number(4) != zlib.crc32(kind + content):
        raise Unreadable("a part of it was changed on the way")
    return kind, content


def chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4)
