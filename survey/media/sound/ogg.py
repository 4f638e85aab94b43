"""An Ogg file (Opus, Vorbis or Speex) without metadata."""

import zlib
from collections.abc import Iterator

import msgspec

from survey.media.reading import UnreadableFile

PAGE = b"OggS"
HEAD = 27
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
    """One sound: what its comments become, and which of its packets comes next."""

    empty: bytes
    packet: int = 0
    written: int = 0


def without_metadata(body: bytes) -> bytes:
    """The same pages with empty comments; anything after the last page is removed."""
    found = bytearray(body)
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
            overwrite_comments(found, page, streams[serial])
    if not streams or any(stream.packet < 2 for stream in streams.values()):
        raise UnreadableFile("it ends too early")
    return bytes(found[:end])


def read_pages(body: bytes) -> Iterator[OggPage]:
    at = number = 0
    while body[at : at + 4] == PAGE:
        number += 1
        if number > MOST_PAGES:
            raise UnreadableFile("it is made of too many parts")
        inner = at + HEAD + (body[at + 26] if at + HEAD <= len(body) else 0)
        lacing = body[at + HEAD : inner]
        end = inner + sum(lacing)
        if end > len(body):
            raise UnreadableFile("it ends too early")
        if body[at + 22 : at + 26] != page_checksum(body[at:end]):
            raise UnreadableFile("a part of it was changed on the way")
        yield OggPage(at, lacing, inner, end)
        at = end
    # What follows the last page is dropped; a page after a gap would be lost with it.
    if PAGE in body[at:]:
        raise UnreadableFile("a part of it does not start where it should")


def page_checksum(page: bytes) -> bytes:
    """The checksum of a page: CRC-32 with its bits in the opposite order to zlib's."""
    blank = page[:22] + bytes(4) + page[26:]
    found = zlib.crc32(blank.translate(FLIPPED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return found.to_bytes(4, "big").translate(FLIPPED)


def empty_comments(body: bytes, page: OggPage) -> bytes:
    for head, empty in EMPTY.items():
        if body.startswith(head, page.inner, page.end):
            return empty
    raise UnreadableFile("it has something other than Opus, Vorbis or Speex sound")


def overwrite_comments(found: bytearray, page: OggPage, stream: OggStream) -> None:
    """Overwrite the part of the comments (the second packet of a sound) that is on this page."""
    at = page.inner
    for size in page.lacing:
        if stream.packet == 1:
            part = stream.empty[stream.written : stream.written + size]
            found[at : at + size] = part.ljust(size, b"\0")
            stream.written += size
        at += size
        # RFC 3533: a segment of less than 255 bytes ends its packet.
        if size < 255:
            if stream.packet == 1 and stream.written < len(stream.empty):
                raise UnreadableFile("it does not say how its sound is packed")
            stream.packet += 1
    found[page.start + 22 : page.start + 26] = page_checksum(bytes(found[page.start : page.end]))
