"""A WebP without metadata."""

from survey.media.pictures import exif
from survey.media.reading import ByteReader, UnreadableFile, check_pixels
from survey.media.sound.riff import chunk_bytes, read_chunk, riff_bytes

FRAME = {b"VP8 ", b"VP8L", b"ALPH"}
NOTED = 0x20 | 0x08 | 0x04  # flags for a colour profile, EXIF and XMP
EXIF = 0x08


def without_metadata(body: bytes) -> bytes:
    """The file with only the chunks that make the picture; anything after its end is removed."""
    reader = ByteReader(body, 4)
    inner = ByteReader(reader.take(reader.number(4, big=False)))
    if inner.take(4) != b"WEBP":
        raise UnreadableFile("it is not a picture")
    chunks = [read_chunk(inner)]
    while inner.remaining:
        chunks.append(read_chunk(inner))
    first = chunks[0][0]
    check_pixels(*image_size(*chunks[0]))
    # The simple format is one chunk, so nothing after it belongs to the picture.
    if first != b"VP8X":
        return riff_bytes(b"WEBP", [chunk_bytes(*chunks[0])])
    turned = next(
        (exif.orientation(without_exif_head(c)) for kind, c in chunks if kind == b"EXIF"), 1
    )
    upright = exif.orientation_exif(turned)
    pictures = [
        chunk_bytes(kind, without_notes(kind, content))
        for kind, content in chunks[1:]
        if is_shown(kind)
    ]
    if not pictures:
        raise UnreadableFile("it has no picture")
    # The flags must agree with the chunks: a decoder may look for what they announce.
    flags = chunks[0][1][0] & ~NOTED | (EXIF if upright else 0)
    head = chunk_bytes(b"VP8X", bytes([flags]) + b"\0\0\0" + chunks[0][1][4:10])
    return riff_bytes(
        b"WEBP", [head, *pictures, *([chunk_bytes(b"EXIF", upright)] if upright else [])]
    )


def is_shown(kind: bytes) -> bool:
    return kind in FRAME or kind in (b"ANIM", b"ANMF")


def without_notes(kind: bytes, content: bytes) -> bytes:
    """A chunk of the picture; a frame of an animation keeps only the picture chunks within it."""
    if kind != b"ANMF":
        return content
    reader = ByteReader(content)
    found = bytearray(reader.take(16))
    while reader.remaining:
        inner, within = read_chunk(reader)
        found += chunk_bytes(inner, within) if inner in FRAME else b""
    return bytes(found)


def image_size(kind: bytes, content: bytes) -> tuple[int, int]:
    reader = ByteReader(content)
    if kind == b"VP8X":
        reader.take(4)
        return reader.number(3, big=False) + 1, reader.number(3, big=False) + 1
    if kind == b"VP8L" and reader.take(1) == b"\x2f":
        bits = reader.number(4, big=False)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and reader.take(6)[3:] == b"\x9d\x01\x2a":
        return reader.number(2, big=False) & 0x3FFF, reader.number(2, big=False) & 0x3FFF
    raise UnreadableFile("it does not start like a picture")


def without_exif_head(content: bytes) -> bytes:
    """The EXIF data without the header of a JPEG segment, which some programs write before it."""
    return content.removeprefix(b"Exif\0\0")
