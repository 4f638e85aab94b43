"""Reads bytes one part after the other, and never past their end."""

MOST_PIXELS = 70_000_000  # the largest that phones take; 280 MB in the memory of a viewer
MOST_PARTS = 200_000  # a picture has some thousands; millions of empty ones would only cost time


class UnreadableFile(ValueError):
    """The file is damaged, or not of the type that its first bytes announce."""


class ByteReader:
    """A position in some bytes, which moves on as they are read."""

    def __init__(self, body: bytes, at: int = 0) -> None:
        self.body = body
        self.at = at
        self.parts = 0

    def take(self, count: int) -> bytes:
        self.parts += 1
        if self.parts > MOST_PARTS:
            raise UnreadableFile("it is made of too many parts")
        found = self.body[self.at : self.at + count]
        if len(found) < count:
            raise UnreadableFile("it ends too early")
        self.at += count
        return found

    def number(self, count: int, *, big: bool = True) -> int:
        return int.from_bytes(self.take(count), "big" if big else "little")

    @property
    def remaining(self) -> int:
        return len(self.body) - self.at


def check_pixels(width: int, height: int) -> None:
    if not width or not height:
        raise UnreadableFile("the picture has no width or no height")
    if width * height > MOST_PIXELS:
        raise UnreadableFile(f"the picture has more than {MOST_PIXELS:,} pixels")
