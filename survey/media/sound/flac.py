"""A FLAC file without metadata."""

from survey.media.reading import ByteReader, UnreadableFile

SIGNATURE = b"fLaC"
LAST = 0x80
STREAM, PADDING, SEEKTABLE, INVALID = 0, 1, 3, 127
TAG_BYTES = 128  # an ID3v1 tag, which some programs write after the end


def without_metadata(body: bytes) -> bytes:
    """The file with only its stream information, seek table and sound."""
    reader = ByteReader(body, len(SIGNATURE))
    blocks_kept: list[tuple[int, bytes]] = []
    last = False
    while not last:
        head = reader.number(1)
        kind, last = head & ~LAST, bool(head & LAST)
        content = reader.take(reader.number(3))
        if kind == INVALID or (not blocks_kept and (kind, len(content)) != (STREAM, 34)):
            raise UnreadableFile("it does not start like a sound recording")
        # Seek points count from the first frame, so they stay right without the blocks before it.
        if kind in (STREAM, SEEKTABLE):
            blocks_kept.append((kind, content))
    sound = reader.take(reader.remaining)
    if sound[-TAG_BYTES:].startswith(b"TAG"):
        sound = sound[:-TAG_BYTES]
    if sound[:2] not in (b"\xff\xf8", b"\xff\xf9"):
        raise UnreadableFile("it has no sound")
    # The block that was marked as the last one may be gone, so the flag is written again.
    blocks = [metadata_block(kind, content, number == len(blocks_kept)) for number, (kind, content)
              in enumerate(blocks_kept, 1)]  # fmt: skip
    return SIGNATURE + b"".join(blocks) + sound


def metadata_block(kind: int, content: bytes, last: bool) -> bytes:
    return bytes([kind | (LAST if last else 0)]) + len(content).to_bytes(3) + content


def blank_metadata(blocks: bytearray, start: int, end: int) -> None:
    """Turn all other metadata into padding, in place.

    For FLAC blocks at the start of a film's sound track.
    """
    while start + 4 <= end:
        size = int.from_bytes(blocks[start + 1 : start + 4])
        upto = start + 4 + size
        if upto > end:
            raise UnreadableFile("it ends too early")
        last = bool(blocks[start] & LAST)
        if blocks[start] & ~LAST not in (STREAM, SEEKTABLE):
            blocks[start] = PADDING | (LAST if last else 0)
            blocks[start + 4 : upto] = bytes(size)
        start = upto if not last else end
