"""AMR, in which phones record speech. It has no room for metadata, so it is stored unchanged."""

import re

from survey.media.reading import UnreadableFile

MOST_FRAMES = 3_000_000
HEAD = re.compile(rb"#!AMR(?:-WB)?\n")
NARROW = (13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1)  # bytes of a frame by its type
WIDE = (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 1, 1, 1, 1, 1, 1)


def check_amr(body: bytes) -> bytes:
    """The same bytes; raises unless they are whole frames with nothing in between or after."""
    head = HEAD.match(body)
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
