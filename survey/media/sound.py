"""Sound without metadata: WAV, MP3, Ogg (Opus, Vorbis or Speex), FLAC and AMR."""

import re
import zlib
from collections.abc import Iterator

import msgspec

from survey.media.parts import (
    MOST_PARTS,
    ByteReader,
    UnreadableFile,
    chunk_bytes,
    read_chunk,
    riff_bytes,
)

WAV_KEPT = {b"fmt ", b"fact", b"data", b"cue "}
MOST_FORMAT = 64  # the longest format in use has 40 bytes; a longer one could hold text


def wav_without_metadata(body: bytes) -> bytes:
    """The file with only its format, sound and cue points; the names of cue points are removed."""
    reader = ByteReader(body, 4)
    inner = ByteReader(reader.take(reader.number(4, big=False)))
    if inner.take(4) != b"WAVE":
        raise UnreadableFile("it is not a sound recording")
    all_chunks = []
    while inner.remaining:
        all_chunks.append(read_chunk(inner))
    chunks = [(kind, content) for kind, content in all_chunks if kind in WAV_KEPT]
    kinds = [kind for kind, _ in chunks]
    if b"data" not in kinds or b"fmt " not in kinds[: kinds.index(b"data")]:
        raise UnreadableFile("it has no sound")
    if any(kind == b"fmt " and not 14 <= len(content) <= MOST_FORMAT for kind, content in chunks):
        raise UnreadableFile("it does not say how its sound is packed")
    return riff_bytes(b"WAVE", [chunk_bytes(*chunk) for chunk in chunks])


ID3 = re.compile(rb"ID3..(.)([\x00-\x7f]{4})", re.DOTALL)
FOOTER = 0x10
# Layer III of MPEG 1, 2 or 2.5; a rate and a frequency that exist.
MP3_HEAD = re.compile(rb"\xff[\xfa\xfb\xf2\xf3\xe2\xe3][\x10-\xef]", re.DOTALL)
RATES = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
LOW_RATES = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
FREQUENCIES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


def mp3_without_metadata(body: bytes) -> bytes:
    """The frames of the sound, without the tags before, between and after them."""
    begin = 0
    while (tag := ID3.match(body, begin)) is not None:
        size = 0
        # ID3 sizes use seven bits of each byte, so that they never look like a frame.
        for seven in tag[2]:
            size = size << 7 | seven
        begin = tag.end() + size + (10 if tag[1][0] & FOOTER else 0)
        if begin > len(body):
            raise UnreadableFile("it ends too early")
    at = begin
    frames: list[bytes] = []
    tries = 0
    while (head := MP3_HEAD.search(body, at)) is not None:
        tries += 1
        # Bytes that only look like frames would otherwise be tried one by one, millions of them.
        if tries > MOST_PARTS:
            raise UnreadableFile("it is made of too many parts")
        at = head.start()
        end = end_of_frames(body, at)
        if end is not None and (not frames or is_alike(frames[0], body[at : at + 4])):
            frames.append(body[at:end])
        at = end or at + 1
    # Frames are found by their look: if they are the smaller part, this is some other kind of file.
    if 2 * sum(map(len, frames)) < len(body) - begin or not frames:
        raise UnreadableFile("it has no sound")
    return b"".join(frames)


def end_of_frames(body: bytes, at: int) -> int | None:
    """Where a run of two frames or more ends; else None, as other bytes can look like a frame."""
    start, frames = at, 0
    while MP3_HEAD.match(body, at) and (
        frames == 0 or is_alike(body[start : start + 4], body[at : at + 4])
    ):
        head = body[at : at + 4]
        if len(head) < 4 or head[2] >> 2 & 3 == 3:
            size = 0
        else:
            version = head[1] >> 3 & 3
            rate = (RATES if version == 3 else LOW_RATES)[head[2] >> 4]
            frequency = FREQUENCIES[version][head[2] >> 2 & 3]
            size = (144 if version == 3 else 72) * rate * 1_000 // frequency + (head[2] >> 1 & 1)
        if not size or at + size > len(body):
            break
        at, frames = at + size, frames + 1
    return at if frames > 1 else None


def is_alike(first: bytes, other: bytes) -> bool:
    """Whether two frames have the same version and frequency, which never change within a file."""
    return first[1] & 0x18 == other[1] & 0x18 and first[2] & 0x0C == other[2] & 0x0C


OGG_PAGE = b"OggS"
OGG_HEAD = 27
FIRST = 2  # the flag on the first page of a sound
MOST_PAGES = 500_000  # more than 32 MB of speech with fifty pages a second
MOST_STREAMS = 1_000  # one after the other, as in joined recordings
# Empty comments for each kind of sound. The rest of their space is left as zeros: decoders skip
# it, and no page has to be renumbered.
NOTHING = bytes(8)
VORBIS = b"\x03vorbis" + NOTHING + b"\x01"
EMPTY = {
    b"OpusHead": b"OpusTags" + NOTHING,
    b"\x01vorbis": VORBIS,
    b"Speex   ": NOTHING,
}
FLIPPED = bytes(int(f"{n:08b}"[::-1], 2) for n in range(256))


class OggPage(msgspec.Struct, frozen=True):
    """A page: where it begins, its segment sizes, and where its content begins and ends."""

    start: int
    lacing: bytes
    inner: int
    end: int


class OggStream(msgspec.Struct):
    """A stream: its empty comments, how much of them is written, and which packet comes next."""

    empty: bytes
    packet: int = 0
    written: int = 0


def ogg_without_metadata(body: bytes) -> bytes:
    """The pages of the file with empty comments; anything after the last page is removed."""
    pages = bytearray(body)
    streams: dict[bytes, OggStream] = {}
    begun = end = 0
    for page in read_pages(body):
        serial, end = body[page.start + 14 : page.start + 18], page.end
        if body[page.start + 5] & FIRST:
            streams[serial], begun = OggStream(empty_comments(body, page)), begun + 1
        if serial not in streams or begun > MOST_STREAMS:
            raise UnreadableFile("it is made of parts that do not belong together")
        # Comments are the second packet of a stream; after it there is only sound.
        if streams[serial].packet < 2:
            overwrite_comments(pages, page, streams[serial])
    if not streams or any(stream.packet < 2 for stream in streams.values()):
        raise UnreadableFile("it ends too early")
    return bytes(pages[:end])


def read_pages(body: bytes) -> Iterator[OggPage]:
    at = number = 0
    while body[at : at + 4] == OGG_PAGE:
        number += 1
        if number > MOST_PAGES:
            raise UnreadableFile("it is made of too many parts")
        inner = at + OGG_HEAD + (body[at + 26] if at + OGG_HEAD <= len(body) else 0)
        lacing = body[at + OGG_HEAD : inner]
        end = inner + sum(lacing)
        if end > len(body):
            raise UnreadableFile("it ends too early")
        if body[at + 22 : at + 26] != page_checksum(body[at:end]):
            raise UnreadableFile("a part of it was changed on the way")
        yield OggPage(at, lacing, inner, end)
        at = end
    # What follows the last page is dropped; a page after a gap would be lost with it.
    if OGG_PAGE in body[at:]:
        raise UnreadableFile("a part of it does not start where it should")


def page_checksum(page: bytes) -> bytes:
    """The checksum of a page: CRC-32 with its bits in the opposite order to zlib's."""
    blank = page[:22] + bytes(4) + page[26:]
    checksum = zlib.crc32(blank.translate(FLIPPED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return checksum.to_bytes(4, "big").translate(FLIPPED)


def empty_comments(body: bytes, page: OggPage) -> bytes:
    for head, empty in EMPTY.items():
        if body.startswith(head, page.inner, page.end):
            return empty
    raise UnreadableFile("it has something other than Opus, Vorbis or Speex sound")


def overwrite_comments(pages: bytearray, page: OggPage, stream: OggStream) -> None:
    """Overwrite the part of the comments (the second packet of a sound) that is on this page."""
    at = page.inner
    for size in page.lacing:
        if stream.packet == 1:
            part = stream.empty[stream.written : stream.written + size]
            pages[at : at + size] = part.ljust(size, b"\0")
            stream.written += size
        at += size
        # RFC 3533: a segment of less than 255 bytes ends its packet.
        if size < 255:
            if stream.packet == 1 and stream.written < len(stream.empty):
                raise UnreadableFile("it does not say how its sound is packed")
            stream.packet += 1
    pages[page.start + 22 : page.start + 26] = page_checksum(bytes(pages[page.start : page.end]))


FLAC_SIGNATURE = b"fLaC"
LAST = 0x80
STREAM, PADDING, SEEKTABLE, INVALID = 0, 1, 3, 127
TAG_BYTES = 128  # an ID3v1 tag, which some programs write after the end


def flac_without_metadata(body: bytes) -> bytes:
    """The file with only its stream information, seek table and sound."""
    reader = ByteReader(body, len(FLAC_SIGNATURE))
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
    return FLAC_SIGNATURE + b"".join(blocks) + sound


def metadata_block(kind: int, content: bytes, last: bool) -> bytes:
    return bytes([kind | (LAST if last else 0)]) + len(content).to_bytes(3) + content


def blank_metadata(blocks: bytearray, start: int, end: int) -> None:
    """Turn FLAC metadata into padding, in place; stream information and seek table stay.

    These blocks are at the start of a film's sound.
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


MOST_FRAMES = 3_000_000
AMR_HEAD = re.compile(rb"#!AMR(?:-WB)?\n")
NARROW = (13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1)  # bytes of a frame by its type
WIDE = (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 1, 1, 1, 1, 1, 1)


def check_amr(body: bytes) -> bytes:
    """The bytes unchanged; raises unless they are whole frames with nothing in between or after."""
    head = AMR_HEAD.match(body)
    if head is None:
        raise UnreadableFile("it has several tracks")
    sizes = WIDE if b"WB" in head[0] else NARROW
    at, frames = head.end(), 0
    if at == len(body):
        raise UnreadableFile("it has no sound")
    while at < len(body):
        frames += 1
        if frames > MOST_FRAMES:
            raise UnreadableFile("it is made of too many parts")
        # RFC 4867 keeps these bits of a frame's first byte at 0; anything else is not a frame.
        if body[at] & 0x83:
            raise UnreadableFile("a part of it does not start where it should")
        at += sizes[body[at] >> 3]
    if at != len(body):
        raise UnreadableFile("it ends too early")
    return body
