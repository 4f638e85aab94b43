"""Reads bytes one part after the other, and never past their end."""

MOST_PIXELS = 70_000_000  # the most of a telephone; 280 MB in the memory of who opens it
MOST_PARTS = 200_000  # a picture has some thousand; millions of empty ones only keep us busy


class Unreadable(ValueError):
    """The bytes are not what they began as."""


class Reader:
    """Where one stands in the bytes."""

    def __init__(self, body: bytes, at: int = 0) -> None:
        self.body = body
        self.at = at
        self.parts = 0

    def take(self, count: int) -> bytes:
        self.parts += 1
        if self.parts > MOST_PARTS:
            raise Unreadable("it is made of too many parts")
        found = self.body[self.at : self.at + count]
        if len(found) < count:
            raise Unreadable("it ends too early")
        self.at += count
        return found

    def number(self, count: int, *, big: bool = True) -> int:
        return int.from_bytes(self.take(count), "big" if big else "little")

    @property
    def left(self) -> int:
        return len(self.body) - self.at


def check_size(width: int, height: int) -> None:
    if not width or not height:
        raise Unreadable("the picture has no width or no height")
    if width * height > MOST_PIXELS:
        raise Unreadable(f"the picture has more than {MOST_PIXELS:,} pixels")
