"""The boxes of MP4, QuickTime and 3GP: found, and emptied where they stand."""

from collections.abc import Iterator

import msgspec

from survey.attachments.reading import MOST_PARTS, Unreadable

UUID = b"uuid"


class Box(msgspec.Struct, frozen=True):
    """What a box is, where it begins, and where its content begins and ends."""

    kind: bytes
    start: int
    inner: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.inner


class Boxes:
    """Bytes that are cleaned where they stand, so that what refers to a place stays right."""

    def __init__(self, body: bytes) -> None:
        self.body = bytearray(body)
        self.found = 0

    def number(self, at: int, count: int) -> int:
        return int.from_bytes(self.body[at : at + count])

    def within(self, at: int, end: int) -> Iterator[Box]:
        while at < end:
            one = self.box(at, end)
            yield one
            at = one.end

    def box(self, at: int, end: int) -> Box:
        self.found += 1
        if self.found > MOST_PARTS:
            raise Unreadable("it is made of too many parts")
        size, kind, inner = self.number(at, 4), bytes(self.body[at + 4 : at + 8]), at + 8
        if size == 1:
            size, inner = self.number(at + 8, 8), at + 16
        elif size == 0 and end == len(self.body):
            size = end - at
        if inner > end or at + size > end:
            raise Unreadable("it ends too early")
        if at + size < inner:
            raise Unreadable("a part of it does not start where it should")
        return Box(kind, at, inner, at + size)

    def free(self, one: Box) -> None:
        """Turn a box into room that nobody reads; an extended kind is part of the content."""
        self.body[one.start + 4 : one.start + 8] = b"free"
        self.zero(one.inner, one.end)

    def zero(self, start: int, end: int) -> None:
        self.body[start:end] = bytes(max(end - start, 0))

    def need(self, one: Box, least: int) -> None:
        if one.size < least:
            raise Unreadable(f"its part {one.kind.decode('latin-1')!r} is too short")

    def first(self, parent: Box, *path: bytes) -> Box | None:
        """The first box of each kind on the way down."""
        found: Box | None = parent
        for kind in path:
            inside = self.within(found.inner, found.end) if found else ()
            found = next((one for one in inside if one.kind == kind), None)
        return found
