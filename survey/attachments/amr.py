"""AMR, as phones record speech: there is no place in it for words, so it stays as it came."""

import re

from survey.attachments.reading import Unreadable

MOST_FRAMES = 3_000_000
HEAD = re.compile(rb"#!AMR(?:-WB)?\n")
NARROW = (13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1)  # bytes of a frame by its type
WIDE = (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 1, 1, 1, 1, 1, 1)


def checked(body: bytes) -> bytes:
    """Whole frames and nothing between or behind them."""
    head = HEAD.match(body)
    if head is None:
        raise Unreadable("it has several tracks")
    sizes = WIDE if b"WB" in head[0] else NARROW
    at, frames = head.end(), 0
    if at == len(body):
        raise Unreadable("it has no sound")
    while at < len(body):
        frames += 1
        if frames > MOST_FRAMES:
            raise Unreadable("it is made of too many parts")
        if body[at] & 0x83:
            raise Unreadable("a part of it does not start where it should")
        at += sizes[body[at] >> 3]
    if at != len(body):
        raise Unreadable("it ends too early")
    return body
