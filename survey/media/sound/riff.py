"""RIFF, the boxes that WebP and WAV are packed in."""

from survey.media.reading import ByteReader


def read_chunk(reader: ByteReader) -> tuple[bytes, bytes]:
    kind = reader.take(4)
    content = reader.take(reader.number(4, big=False))
    # Chunks are padded to an even length, but the last one may come without its padding.
    if len(content) % 2 and reader.remaining:
        reader.take(1)
    return kind, content


def chunk_bytes(kind: bytes, content: bytes) -> bytes:
    return kind + len(content).to_bytes(4, "little") + content + b"\0" * (len(content) % 2)


def riff_bytes(kind: bytes, chunks: list[bytes]) -> bytes:
    content = kind + b"".join(chunks)
    return b"RIFF" + len(content).to_bytes(4, "little") + content
