"""A WAV without what was written beside the sound."""

from survey.attachments.reading import Reader, Unreadable
from survey.attachments.riff import chunk, chunk_in, whole

KEPT = {b"fmt ", b"fact", b"data", b"cue "}
MOST_FORMAT = 64  # the longest format that is in use has 40 bytes; the rest would be words


def cleaned(body: bytes) -> bytes:
    """How the sound is packed, the sound and numbered places in it; names of these go."""
    reader = Reader(body, 4)
    inner = Reader(reader.take(reader.number(4, big=False)))
    if inner.take(4) != b"WAVE":
        raise Unreadable("it is not a sound recording")
    kept = [(kind, content) for kind, content in chunks_in(inner) if kind in KEPT]
    kinds = [kind for kind, _ in kept]
    if b"data" not in kinds or b"fmt " not in kinds[: kinds.index(b"data")]:
        raise Unreadable("it has no sound")
    if any(kind == b"fmt " and not 14 <= len(content) <= MOST_FORMAT for kind, content in kept):
        raise Unreadable("it does not say how its sound is packed")
    return whole(b"WAVE", [chunk(*one) for one in kept])


def chunks_in(reader: Reader) -> list[tuple[bytes, bytes]]:
    found = []
    while reader.left:
        found.append(chunk_in(reader))
    return found
