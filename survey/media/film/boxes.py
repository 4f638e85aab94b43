"""The boxes of MP4, QuickTime and 3GP files: finds them and empties them in place."""

from collections.abc import Iterator

import msgspec

from survey.media.reading import MOST_PARTS, UnreadableFile

UUID = b"uuid"


class IsoBox(msgspec.Struct, frozen=True):
    """A box: its type, where it begins, and where its content begins and ends."""

    kind: bytes
    start: int
    inner: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.inner


class IsoFile:
    """A file that is cleaned in place, so that byte offsets in it remain valid."""

    def __init__(self, body: bytes) -> None:
        self.body = bytearray(body)
        self.found = 0

    def number(self, at: int, count: int) -> int:
        return int.from_bytes(self.body[at : at + count])

    def within(self, at: int, end: int) -> Iterator[IsoBox]:
        while at < end:
            one = self.box(at, end)
            yield one
            at = one.end

    def box(self, at: int, end: int) -> IsoBox:
        self.found += 1
        if self.found > MOST_PARTS:
            raise UnreadableFile("it is made of too many parts")
        size, kind, inner = self.number(at, 4), bytes(self.body[at + 4 : at + 8]), at + 8
        if size == 1:
            size, inner = self.number(at + 8, 8), at + 16
        # A size of 0 means to the end of the file, so only the last box of all may have it.
        elif size == 0 and end == len(self.body):
            size = end - at
        if inner > end or at + size > end:
            raise UnreadableFile("it ends too early")
        # A box smaller than its own head would be read again and again without moving on.
        if at + size < inner:
            raise UnreadableFile("a part of it does not start where it should")
        return IsoBox(kind, at, inner, at + size)

    def free(self, one: IsoBox) -> None:
        """Turn a box into unused space of the same size.

        An extended type (uuid) is part of the content, so it is emptied as well.
        """
        self.body[one.start + 4 : one.start + 8] = b"free"
        self.zero(one.inner, one.end)

    def zero(self, start: int, end: int) -> None:
        self.body[start:end] = bytes(max(end - start, 0))

    def need(self, one: IsoBox, least: int) -> None:
        if one.size < least:
            raise UnreadableFile(f"its part {one.kind.decode('latin-1')!r} is too short")

    def first(self, parent: IsoBox, *path: bytes) -> IsoBox | None:
        """The box at this path: at each level the first of its kind; None if one is missing."""
        found: IsoBox | None = parent
        for kind in path:
            inside = self.within(found.inner, found.end) if found else ()
            found = next((one for one in inside if one.kind == kind), None)
        return found
