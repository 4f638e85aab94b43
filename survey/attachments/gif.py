"""A GIF without what was written beside the picture."""

from survey.attachments.reading import Reader, Unreadable, check_size

EXTENSION, IMAGE, END = 0x21, 0x2C, 0x3B
TEXT, CONTROL, APPLICATION = 0x01, 0xF9, 0xFF
LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def cleaned(body: bytes) -> bytes:
    """The frames, how long each stands and how often they come; comments and all else go."""
    reader = Reader(body, 6)
    screen = reader.take(7)
    check_size(int.from_bytes(screen[:2], "little"), int.from_bytes(screen[2:4], "little"))
    found = bytearray(b"GIF89a" + screen + colours(reader, screen[4]))
    waiting, frames = b"", 0
    while (block := reader.number(1)) != END:
        if block == EXTENSION:
            kind, content = reader.number(1), blocks(reader)
            if kind in (CONTROL, TEXT):
                waiting = control(content) if kind == CONTROL else b""
            found += loop(content) if kind == APPLICATION else b""
        elif block == IMAGE:
            found += waiting + image(reader)
            waiting, frames = b"", frames + 1
        else:
            raise Unreadable("a part of it is unknown")
    if not frames:
        raise Unreadable("it has no picture")
    return bytes(found) + bytes([END])


def colours(reader: Reader, flags: int) -> bytes:
    return reader.take(3 << ((flags & 7) + 1)) if flags & 0x80 else b""


def blocks(reader: Reader) -> list[bytes]:
    found = []
    while size := reader.number(1):
        found.append(reader.take(size))
    return found


def image(reader: Reader) -> bytes:
    place = reader.take(9)
    table, least = colours(reader, place[8]), reader.take(1)
    return bytes([IMAGE]) + place + table + least + written(blocks(reader))


def control(content: list[bytes]) -> bytes:
    if [len(one) for one in content] != [4]:
        raise Unreadable("a frame of it does not say how long it is shown")
    return bytes([EXTENSION, CONTROL]) + written(content)


def loop(content: list[bytes]) -> bytes:
    if len(content) != 2 or content[0] not in LOOPS or len(content[1]) != 3 or content[1][0] != 1:
        return b""
    return bytes([EXTENSION, APPLICATION]) + written(content)


def written(content: list[bytes]) -> bytes:
    return b"".join(bytes([len(one)]) + one for one in content) + b"\0"
