"""Pictures without what a device wrote into them: no place, time or device.

JPEG, PNG, GIF and WebP are read here, part by part; of a camera's EXIF only the orientation stays.
Photos that are too large, or in HEIC as some phones write them, become JPEGs: Pillow and libheif
read files from strangers, so they run in a separate process with limits.
"""

import io
import re
import struct
import zlib
from typing import TYPE_CHECKING

from survey.files.isolation import IsolationError, run_limited
from survey.media.parts import (
    ByteReader,
    UnreadableFile,
    check_pixels,
    chunk_bytes,
    read_chunk,
    riff_bytes,
)

if TYPE_CHECKING:  # only the child process needs a parser of strangers' files
    from PIL import Image

HEIC = re.compile(rb"....ftyp(?:heic|heix|heim|heis|mif1|msf1)", re.DOTALL)
PHOTO = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n|RIFF....WEBP", re.DOTALL)
LONGEST_SIDE = 4_000  # pixels: enough to read a number plate across a street
QUALITIES = (85, 70, 50)
SMALL_SIDE, MOST_SMALL = 240, 100_000
LOGO_SIDE, MOST_LOGO = 320, 20_000
SMALL_TYPE = "image/jpeg"
MOST_PIXELS = 120_000_000
MEMORY, SECONDS = 1_500_000_000, 20.0


def thumbnail(body: bytes) -> bytes:
    return redraw_in_child(body, SMALL_SIDE, len(body) + MOST_SMALL)


def logo(body: bytes) -> bytes:
    """The picture as a small JPEG, for the pages and posters of the survey's organisation."""
    if not (HEIC.match(body) or PHOTO.match(body)):
        raise UnreadableFile("it is not a PNG, JPEG, WebP or HEIC picture")
    return redraw_in_child(body, LOGO_SIDE, MOST_LOGO)


def redraw_in_child(body: bytes, side: int, most: int) -> bytes:
    try:
        return run_limited(redrawn_jpeg, (body, side, most), {}, memory=MEMORY, seconds=SECONDS)
    except IsolationError as why:
        raise UnreadableFile(str(why)) from None


def redrawn_jpeg(body: bytes, side: int, most: int) -> bytes:
    """The picture, turned upright and scaled down, as a new JPEG.

    Runs in the child process.
    """
    # Imported here, as only the child process needs a parser of strangers' files.
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2  # Pillow refuses twice as many
    if HEIC.match(body):
        import pi_heif

        pi_heif.register_heif_opener(thumbnails=False)
    with Image.open(io.BytesIO(body)) as opened:
        opened.draft("RGB", (side, side))  # a large JPEG is decoded at a reduced size
        # Turned before it is scaled: the new file has no orientation that a viewer could follow.
        seen: Image.Image = ImageOps.exif_transpose(opened)
        seen.thumbnail((side, side))
        picture = on_white(seen)
    for quality in QUALITIES:
        written = io.BytesIO()
        picture.save(written, "JPEG", quality=quality)
        if written.tell() <= most:
            return written.getvalue()
    raise ValueError("it has too much detail to be made smaller")


def on_white(picture: "Image.Image") -> "Image.Image":
    """The picture with transparent parts filled with white."""
    from PIL import Image

    # JPEG has no transparency: clear parts would show whatever colour lies under them.
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    page = Image.new("RGB", layer.size, "white")
    page.paste(layer, mask=layer.getchannel("A"))
    return page


START, JPEG_END, SCAN = 0xD8, 0xD9, 0xDA
TABLES = {0xC4, 0xCC, 0xDB, 0xDC, 0xDD}  # Huffman, arithmetic, quantization, lines, restarts
FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
DROPPED = set(range(0xE0, 0xF0)) | {0xFE}  # application segments and comments
JFIF, JPEG_EXIF, ADOBE = 0xE0, 0xE1, 0xEE
# Within a scan FF is followed by 00 or a restart marker; anything else ends the scan.
OVER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
MARK = re.compile(rb"\xff+([^\xff])", re.DOTALL)


def jpeg_without_metadata(body: bytes) -> bytes:
    """The file up to the first end of the picture, with only what is needed to show it.

    A second picture after the end, such as the uncropped original, is removed. So are colour
    profiles, which can name a device.
    """
    reader = ByteReader(body, 2)
    parts: list[bytes] = []
    head: dict[int, bytes] = {}
    framed = scanned = False
    while (mark := read_marker(reader)) != JPEG_END:
        length = reader.number(2)
        if length < 2:
            raise UnreadableFile("a part of it has no length")
        content = reader.take(length - 2)
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
            over = OVER.search(reader.body, reader.at)
            if over is None:
                raise UnreadableFile("it ends too early")
            parts.append(reader.take(over.start() - reader.at))
            scanned = True
    if not scanned:
        raise UnreadableFile("it has no picture")
    return (
        # In the order of their numbers, as JFIF has to come first.
        b"\xff\xd8" + b"".join(head[mark] for mark in sorted(head)) + b"".join(parts) + b"\xff\xd9"
    )


def read_marker(reader: ByteReader) -> int:
    match = MARK.match(reader.body, reader.at)
    if match is None:
        raise UnreadableFile("a part of it does not start where it should")
    reader.take(match.end() - reader.at)
    return match[1][0]


def segment(mark: int, content: bytes) -> bytes:
    return bytes([0xFF, mark]) + (len(content) + 2).to_bytes(2) + content


def needed_application_data(mark: int, content: bytes) -> bytes:
    """The segment with only what a decoder needs: pixel shape, orientation or colour transform.

    The thumbnail is left out.
    """
    if mark == JFIF and content.startswith(b"JFIF\0") and len(content) >= 14:
        # The last two bytes are the size of a thumbnail, which may show what was cropped.
        return segment(JFIF, content[:12] + b"\0\0")
    if mark == ADOBE and content.startswith(b"Adobe") and len(content) >= 12:
        return segment(ADOBE, content[:12])
    if mark == JPEG_EXIF and content.startswith(b"Exif\0"):
        upright = orientation_exif(orientation(content[6:]))
        return segment(JPEG_EXIF, b"Exif\0\0" + upright) if upright else b""
    return b""


PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# No iCCP, as a colour profile can name a device, and no text, time or EXIF.
KEPT = {
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"cICP", b"sBIT",
    b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT",
}  # fmt: skip


def png_without_metadata(body: bytes) -> bytes:
    """The file with only the chunks that make the picture; anything after its end is removed."""
    reader = ByteReader(body, len(PNG_SIGNATURE))
    kind, content = read_png_chunk(reader)
    if kind != b"IHDR" or len(content) != 13:
        raise UnreadableFile("it does not start like a picture")
    check_pixels(int.from_bytes(content[:4]), int.from_bytes(content[4:8]))
    head, turned = png_chunk_bytes(kind, content), 1
    chunks = bytearray()
    drawn = False
    while kind != b"IEND":
        kind, content = read_png_chunk(reader)
        # A second header is refused below as an unknown part: its size was not checked.
        if kind in KEPT and kind != b"IHDR":
            # The end has no content in the standard, so whatever a file puts there is not copied.
            chunks += png_chunk_bytes(kind, b"" if kind == b"IEND" else content)
            drawn = drawn or kind == b"IDAT"
        elif kind == b"eXIf":
            turned = orientation(content)
        elif not kind[0] & 0x20:  # upper case: the picture cannot be shown without this chunk
            raise UnreadableFile("a part of it is unknown")
    if not drawn:
        raise UnreadableFile("it has no picture")
    upright = orientation_exif(turned)
    around = png_chunk_bytes(b"eXIf", upright) if upright else b""
    return PNG_SIGNATURE + head + around + bytes(chunks)


def read_png_chunk(reader: ByteReader) -> tuple[bytes, bytes]:
    size = reader.number(4)
    kind, content = reader.take(4), reader.take(size)
    if not kind.isalpha():
        raise UnreadableFile("a part of it does not start where it should")
    if reader.number(4) != zlib.crc32(kind + content):
        raise UnreadableFile("a part of it was changed on the way")
    return kind, content


def png_chunk_bytes(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4)


EXTENSION, IMAGE, GIF_END = 0x21, 0x2C, 0x3B
TEXT, CONTROL, APPLICATION = 0x01, 0xF9, 0xFF
LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def gif_without_metadata(body: bytes) -> bytes:
    """The picture with only its frames, their timing and the number of loops."""
    reader = ByteReader(body, 6)
    screen = reader.take(7)
    check_pixels(int.from_bytes(screen[:2], "little"), int.from_bytes(screen[2:4], "little"))
    # Always 89a: the older version knows neither timing nor loops.
    picture = bytearray(b"GIF89a" + screen + read_colours(reader, screen[4]))
    waiting, frames = b"", 0
    while (block := reader.number(1)) != GIF_END:
        if block == EXTENSION:
            kind, content = reader.number(1), read_blocks(reader)
            # A control is for the next block: where that is text, which goes, it goes too.
            if kind in (CONTROL, TEXT):
                waiting = control_extension(content) if kind == CONTROL else b""
            picture += loop_extension(content) if kind == APPLICATION else b""
        elif block == IMAGE:
            place = reader.take(9)
            table, least = read_colours(reader, place[8]), reader.take(1)
            picture += waiting + (
                bytes([IMAGE]) + place + table + least + joined_blocks(read_blocks(reader))
            )
            waiting, frames = b"", frames + 1
        else:
            raise UnreadableFile("a part of it is unknown")
    if not frames:
        raise UnreadableFile("it has no picture")
    return bytes(picture) + bytes([GIF_END])


def read_colours(reader: ByteReader, flags: int) -> bytes:
    return reader.take(3 << ((flags & 7) + 1)) if flags & 0x80 else b""


def read_blocks(reader: ByteReader) -> list[bytes]:
    blocks = []
    while size := reader.number(1):
        blocks.append(reader.take(size))
    return blocks


def control_extension(content: list[bytes]) -> bytes:
    if [len(block) for block in content] != [4]:
        raise UnreadableFile("a frame of it does not say how long it is shown")
    return bytes([EXTENSION, CONTROL]) + joined_blocks(content)


def loop_extension(content: list[bytes]) -> bytes:
    if len(content) != 2 or content[0] not in LOOPS or len(content[1]) != 3 or content[1][0] != 1:
        return b""
    return bytes([EXTENSION, APPLICATION]) + joined_blocks(content)


def joined_blocks(content: list[bytes]) -> bytes:
    return b"".join(bytes([len(block)]) + block for block in content) + b"\0"


FRAME = {b"VP8 ", b"VP8L", b"ALPH"}
NOTED = 0x20 | 0x08 | 0x04  # flags for a colour profile, EXIF and XMP
WEBP_EXIF = 0x08


def webp_without_metadata(body: bytes) -> bytes:
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
        (orientation(c.removeprefix(b"Exif\0\0")) for kind, c in chunks if kind == b"EXIF"), 1
    )
    upright = orientation_exif(turned)
    pictures = [
        chunk_bytes(kind, without_notes(kind, content))
        for kind, content in chunks[1:]
        if kind in FRAME or kind in (b"ANIM", b"ANMF")
    ]
    if not pictures:
        raise UnreadableFile("it has no picture")
    # The flags must agree with the chunks: a decoder may look for what they announce.
    flags = chunks[0][1][0] & ~NOTED | (WEBP_EXIF if upright else 0)
    head = chunk_bytes(b"VP8X", bytes([flags]) + b"\0\0\0" + chunks[0][1][4:10])
    return riff_bytes(
        b"WEBP", [head, *pictures, *([chunk_bytes(b"EXIF", upright)] if upright else [])]
    )


def without_notes(kind: bytes, content: bytes) -> bytes:
    """The content to keep of a WebP chunk: of an animation's frame, only the picture chunks."""
    if kind != b"ANMF":
        return content
    reader = ByteReader(content)
    frame = bytearray(reader.take(16))
    while reader.remaining:
        inner, within = read_chunk(reader)
        frame += chunk_bytes(inner, within) if inner in FRAME else b""
    return bytes(frame)


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


TAG = 0x0112
SHORT = 3


def orientation(tiff: bytes) -> int:
    """The orientation from the first EXIF directory, or 1 (upright) if none can be read.

    Everything else in EXIF is dropped, so parts that cannot be read do no harm.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return 1
    (start,) = struct.unpack(f"{order}I", tiff[4:8])
    # Start and count come from the file, so neither may lead past its end.
    entries = tiff[start + 2 :]
    (count,) = struct.unpack(f"{order}H", tiff[start : start + 2].ljust(2, b"\0"))
    for at in range(0, min(12 * count, len(entries) - 11), 12):
        tag, kind, number, value = struct.unpack(f"{order}HHIH", entries[at : at + 10])
        if (tag, kind, number) == (TAG, SHORT, 1):
            return int(value) if 1 <= value <= 8 else 1
    return 1


def orientation_exif(turned: int) -> bytes:
    """EXIF that holds nothing but the orientation; empty for an upright picture."""
    if turned == 1:
        return b""
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, TAG, SHORT, 1, turned, 0, 0)
