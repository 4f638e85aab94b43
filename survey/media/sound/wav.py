"""A WAV without metadata."""

from survey.media.reading import ByteReader, UnreadableFile
from survey.media.sound.riff import chunk_bytes, read_chunk, riff_bytes

KEPT = {b"fmt ", b"fact", b"data", b"cue "}
MOST_FORMAT = 64  # the longest format in use has 40 bytes; a longer one could hold text


def without_metadata(body: bytes) -> bytes:
    """The file with only its format, sound and cue points, without the names of these."""
    reader = ByteReader(body, 4)
    inner = ByteReader(reader.take(reader.number(4, big=False)))
    if inner.take(4) != b"WAVE":
        raise UnreadableFile("it is not a sound recording")
    chunks = [(kind, content) for kind, content in read_chunks(inner) if kind in KEPT]
    kinds = [kind for kind, _ in chunks]
    if b"data" not in kinds or b"fmt " not in kinds[: kinds.index(b"data")]:
        raise UnreadableFile("it has no sound")
    if any(kind == b"fmt " and not 14 <= len(content) <= MOST_FORMAT for kind, content in chunks):
        raise UnreadableFile("it does not say how its sound is packed")
    return riff_bytes(b"WAVE", [chunk_bytes(*one) for one in chunks])


def read_chunks(reader: ByteReader) -> list[tuple[bytes, bytes]]:
    found = []
    while reader.remaining:
        found.append(read_chunk(reader))
    return found
