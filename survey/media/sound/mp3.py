"""An MP3 without metadata."""

import re

from survey.media.reading import MOST_PARTS, UnreadableFile

ID3 = re.compile(rb"ID3..(.)([\x00-\x7f]{4})", re.DOTALL)
FOOTER = 0x10
# Layer III of MPEG 1, 2 or 2.5; a rate and a frequency that exist.
HEAD = re.compile(rb"\xff[\xfa\xfb\xf2\xf3\xe2\xe3][\x10-\xef]", re.DOTALL)
RATES = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
LOW_RATES = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
FREQUENCIES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


def without_metadata(body: bytes) -> bytes:
    """The frames of the sound, without the tags before, between and after them."""
    begin = at = end_of_tags(body)
    frames: list[bytes] = []
    tries = 0
    while (found := HEAD.search(body, at)) is not None:
        tries += 1
        # Bytes that only look like frames would otherwise be tried one by one, millions of them.
        if tries > MOST_PARTS:
            raise UnreadableFile("it is made of too many parts")
        at = found.start()
        end = end_of_frames(body, at)
        if end is not None and (not frames or is_alike(frames[0], body[at : at + 4])):
            frames.append(body[at:end])
        at = end or at + 1
    # Frames are found by their look: if they are the smaller part, this is some other kind of file.
    if 2 * sum(map(len, frames)) < len(body) - begin or not frames:
        raise UnreadableFile("it has no sound")
    return b"".join(frames)


def end_of_tags(body: bytes) -> int:
    at = 0
    while (tag := ID3.match(body, at)) is not None:
        size = 0
        # ID3 sizes use seven bits of each byte, so that they never look like a frame.
        for seven in tag[2]:
            size = size << 7 | seven
        at = tag.end() + size + (10 if tag[1][0] & FOOTER else 0)
        if at > len(body):
            raise UnreadableFile("it ends too early")
    return at


def end_of_frames(body: bytes, at: int) -> int | None:
    """Where a run of frames ends; None for a single one, as other bytes can look like a frame."""
    start, frames = at, 0
    while HEAD.match(body, at) and (
        frames == 0 or is_alike(body[start : start + 4], body[at : at + 4])
    ):
        size = frame_size(body[at : at + 4])
        if not size or at + size > len(body):
            break
        at, frames = at + size, frames + 1
    return at if frames > 1 else None


def is_alike(first: bytes, other: bytes) -> bool:
    """Whether two frames have the same version and frequency, which never change within a file."""
    return first[1] & 0x18 == other[1] & 0x18 and first[2] & 0x0C == other[2] & 0x0C


def frame_size(head: bytes) -> int:
    """The size of a frame in bytes; 0 if its header is invalid.

    A frame has 1,152 samples, or 576 in the lower MPEG versions.
    """
    if len(head) < 4 or head[2] >> 2 & 3 == 3:
        return 0
    version = head[1] >> 3 & 3
    rate = (RATES if version == 3 else LOW_RATES)[head[2] >> 4]
    frequency = FREQUENCIES[version][head[2] >> 2 & 3]
    return (144 if version == 3 else 72) * rate * 1_000 // frequency + (head[2] >> 1 & 1)
