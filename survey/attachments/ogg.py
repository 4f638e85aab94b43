"""An Ogg without what was written beside the sound: Opus, Vorbis and Speex."""

import zlib
from collections.abc import Iterator

import msgspec

from survey.attachments.reading import Unreadable

PAGE = b"OggS"
HEAD = 27
FIRST = 2  # the mark on the page with which a sound begins
MOST_PAGES = 500_000  # 32 MB of speech with a page for each fiftieth of a second have fewer
MOST_STREAMS = 1_000  # one behind the other, as when recordings are joined
# The comments of each kind of sound with nothing in them. Behind it the rest of their room stays,
# empty: readers pass over it, and no page has to be numbered anew.
NOTHING = bytes(8)
VORBIS = b"\x03vorbis" + NOTHING + b"\x01"
EMPTY = {
    b"OpusHead": b"OpusTags" + NOTHING,
    b"\x01vorbis": VORBIS,
    b"Speex   ": NOTHING,
}
FLIPPED = bytes(int(f"{n:08b}"[::-1], 2) for n in range(256))


class Page(msgspec.Struct, frozen=True):
    """Where a page begins, how it is divided, where its content begins and ends."""

    start: int
    lacing: bytes
    inner: int
    end: int


class Stream(msgspec.Struct):
    """One sound: what its comments become, and which of its packets comes next."""

    empty: bytes
    packet: int = 0
    written: int = 0


def cleaned(body: bytes) -> bytes:
    """The same pages with empty comments; what stands behind the last page goes."""
    found = bytearray(body)
    streams: dict[bytes, Stream] = {}
    begun = end = 0
    for page in pages(body):
        serial, end = body[page.start + 14 : page.start + 18], page.end
        if body[page.start + 5] & FIRST:
            streams[serial], begun = Stream(empty_of(body, page)), begun + 1
        if serial not in streams or begun > MOST_STREAMS:
            raise Unreadable("it is made of parts that do not belong together")
        if streams[serial].packet < 2:
            emptied(found, page, streams[serial])
    if not streams or any(stream.packet < 2 for stream in streams.values()):
        raise Unreadable("it ends too early")
    return bytes(found[:end])


def pages(body: bytes) -> Iterator[Page]:
    at = number = 0
    while body[at : at + 4] == PAGE:
        number += 1
        if number > MOST_PAGES:
            raise Unreadable("it is made of too many parts")
        inner = at + HEAD + (body[at + 26] if at + HEAD <= len(body) else 0)
        lacing = body[at + HEAD : inner]
        end = inner + sum(lacing)
        if end > len(body):
            raise Unreadable("it ends too early")
        if body[at + 22 : at + 26] != checksum(body[at:end]):
            raise Unreadable("a part of it was changed on the way")
        yield Page(at, lacing, inner, end)
        at = end
    if PAGE in body[at:]:
        raise Unreadable("a part of it does not start where it should")


def checksum(page: bytes) -> bytes:
    """Ogg counts its bits from the other end than everybody else."""
    blank = page[:22] + bytes(4) + page[26:]
    found = zlib.crc32(blank.translate(FLIPPED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return found.to_bytes(4, "big").translate(FLIPPED)


def empty_of(body: bytes, page: Page) -> bytes:
    for head, empty in EMPTY.items():
        if body.startswith(head, page.inner, page.end):
            return empty
    raise Unreadable("it has something other than Opus, Vorbis or Speex sound")


def emptied(found: bytearray, page: Page, stream: Stream) -> None:
    """Overwrite what of the comments, the second packet of a sound, stands on this page."""
    at = page.inner
    for size in page.lacing:
        if stream.packet == 1:
            part = stream.empty[stream.written : stream.written + size]
            found[at : at + size] = part.ljust(size, b"\0")
            stream.written += size
        at += size
        if size < 255:
            if stream.packet == 1 and stream.written < len(stream.empty):
                raise Unreadable("it does not say how its sound is packed")
            stream.packet += 1
    found[page.start + 22 : page.start + 26] = checksum(bytes(found[page.start : page.end]))
