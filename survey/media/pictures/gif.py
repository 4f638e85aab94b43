"""A GIF without metadata."""

from survey.media.reading import ByteReader, UnreadableFile, check_pixels

EXTENSION, IMAGE, END = 0x21, 0x2C, 0x3B
TEXT, CONTROL, APPLICATION = 0x01, 0xF9, 0xFF
LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def without_metadata(body: bytes) -> bytes:
    """The picture with only its frames, their timing and the number of loops."""
    reader = ByteReader(body, 6)
    screen = reader.take(7)
    check_pixels(int.from_bytes(screen[:2], "little"), int.from_bytes(screen[2:4], "little"))
    # Always 89a: the older version knows neither timing nor loops.
    found = bytearray(b"GIF89a" + screen + read_colours(reader, screen[4]))
    waiting, frames = b"", 0
    while (block := reader.number(1)) != END:
        if block == EXTENSION:
            kind, content = reader.number(1), read_blocks(reader)
            # A control is for the next block: where that is text, which goes, it goes too.
            if kind in (CONTROL, TEXT):
                waiting = control_extension(content) if kind == CONTROL else b""
            found += loop_extension(content) if kind == APPLICATION else b""
        elif block == IMAGE:
            found += waiting + read_image(reader)
            waiting, frames = b"", frames + 1
        else:
            raise UnreadableFile("a part of it is unknown")
    if not frames:
        raise UnreadableFile("it has no picture")
    return bytes(found) + bytes([END])


def read_colours(reader: ByteReader, flags: int) -> bytes:
    return reader.take(3 << ((flags & 7) + 1)) if flags & 0x80 else b""


def read_blocks(reader: ByteReader) -> list[bytes]:
    found = []
    while size := reader.number(1):
        found.append(reader.take(size))
    return found


def read_image(reader: ByteReader) -> bytes:
    place = reader.take(9)
    table, least = read_colours(reader, place[8]), reader.take(1)
    return bytes([IMAGE]) + place + table + least + joined_blocks(read_blocks(reader))


def control_extension(content: list[bytes]) -> bytes:
    if [len(one) for one in content] != [4]:
        raise UnreadableFile("a frame of it does not say how long it is shown")
    return bytes([EXTENSION, CONTROL]) + joined_blocks(content)


def loop_extension(content: list[bytes]) -> bytes:
    if len(content) != 2 or content[0] not in LOOPS or len(content[1]) != 3 or content[1][0] != 1:
        return b""
    return bytes([EXTENSION, APPLICATION]) + joined_blocks(content)


def joined_blocks(content: list[bytes]) -> bytes:
    return b"".join(bytes([len(one)]) + one for one in content) + b"\0"
