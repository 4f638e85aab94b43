"""A PNG without metadata."""

import zlib

from survey.media.pictures import exif
from survey.media.reading import ByteReader, UnreadableFile, check_pixels

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# No iCCP, as a colour profile can name a device, and no text, time or EXIF.
KEPT = {
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"cICP", b"sBIT",
    b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT",
}  # fmt: skip


def without_metadata(body: bytes) -> bytes:
    """The file with only the chunks that make the picture; anything after its end is removed."""
    reader = ByteReader(body, len(SIGNATURE))
    kind, content = read_chunk(reader)
    if kind != b"IHDR" or len(content) != 13:
        raise UnreadableFile("it does not start like a picture")
    check_pixels(int.from_bytes(content[:4]), int.from_bytes(content[4:8]))
    head, turned = chunk_bytes(kind, content), 1
    found = bytearray()
    drawn = False
    while kind != b"IEND":
        kind, content = read_chunk(reader)
        # A second header is refused below as an unknown part: its size was not checked.
        if kind in KEPT and kind != b"IHDR":
            # The end has no content in the standard, so whatever a file puts there is not copied.
            found += chunk_bytes(kind, b"" if kind == b"IEND" else content)
            drawn = drawn or kind == b"IDAT"
        elif kind == b"eXIf":
            turned = exif.orientation(content)
        elif not kind[0] & 0x20:  # upper case: the picture cannot be shown without this chunk
            raise UnreadableFile("a part of it is unknown")
    if not drawn:
        raise UnreadableFile("it has no picture")
    upright = exif.orientation_exif(turned)
    around = chunk_bytes(b"eXIf", upright) if upright else b""
    return SIGNATURE + head + around + bytes(found)


def read_chunk(reader: ByteReader) -> tuple[bytes, bytes]:
    size = reader.number(4)
    kind, content = reader.take(4), reader.take(size)
    if not kind.isalpha():
        raise UnreadableFile("a part of it does not start where it should")
    if reader.number(4) != zlib.crc32(kind + content):
        raise UnreadableFile("a part of it was changed on the way")
    return kind, content


def chunk_bytes(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4)
