"""Cleans a sound or film, in our way or in FFmpeg's: tests/bench/media.py runs this in a child."""

import importlib
import io
import time
from pathlib import Path
from typing import Any

from survey.media import accept_attachment
from survey.surveys.instruments import File

FILE = File(name="recording", text={"en": "A recording?"})
# What FFmpeg calls the reader and the writer of each kind, and how the writer is kept from adding
# tags of its own.
FORMATS = {
    "mp4": ("mov", "mp4", {}), "mov": ("mov", "mov", {}), "3gp": ("mov", "3gp", {}),
    "m4a": ("mov", "ipod", {}), "mp3": ("mp3", "mp3", {"id3v2_version": "0"}),
    "wav": ("wav", "wav", {}), "ogg": ("ogg", "ogg", {}), "flac": ("flac", "flac", {}),
    "webm": ("matroska", "webm", {}), "mkv": ("matroska", "matroska", {}),
    "amr": ("amr", "amr", {}),
}  # fmt: skip
# The one filter that takes messages out of the pictures of both codecs.
MESSAGES = {"h264": "filter_units=remove_types=6", "hevc": "filter_units=remove_types=39|40"}


def clean_by_ours(body: bytes, ending: str) -> bytes:
    return accept_attachment(FILE, body, "complaint").body


def clean_by_pyav(body: bytes, ending: str) -> bytes:
    """The sound and pictures of a file in a new file of the same kind."""
    import av

    reader, writer, options = FORMATS[ending]
    written = io.BytesIO()
    with (
        av.open(io.BytesIO(body), format=reader) as source,
        av.open(written, "w", format=writer, options={"fflags": "+bitexact", **options}) as target,
    ):
        copies = {
            one: copied_stream(av, target, one) for one in source.streams if is_played(av, one)
        }
        target.metadata.clear()
        for packet in source.demux(list(copies)):
            stream, without_messages = copies[packet.stream]
            found = [packet]
            if without_messages is not None:
                found = without_messages.filter(packet if packet.size else None)
            for one in found:
                if one.size:  # the last packet is empty and only marks the end
                    one.stream = stream
                    target.mux(one)
    return written.getvalue()


def is_played(av: Any, stream: Any) -> bool:
    is_cover = bool(stream.disposition & av.stream.Disposition.attached_pic)
    return stream.type in ("video", "audio") and not is_cover


def copied_stream(av: Any, target: Any, stream: Any) -> tuple[Any, Any]:
    """A stream of the new file, and the filter that its packets go through."""
    found = target.add_stream_from_template(stream)
    found.metadata.clear()
    name = MESSAGES.get(stream.codec_context.name)
    return found, name and av.bitstream.BitStreamFilterContext(name, stream, found)


WAYS = {"ours": clean_by_ours, "PyAV": clean_by_pyav}


def clean_and_measure(way: str, body: bytes, ending: str) -> tuple[bytes, float, float]:
    """The new bytes, the seconds this took, and the most memory that the child had."""
    if way == "PyAV":
        importlib.import_module("av")
    before = time.perf_counter()
    found = WAYS[way](body, ending)
    taken = time.perf_counter() - before
    return found, taken, most_memory()


def most_memory() -> float:
    """The most megabytes that this process had; rusage would count its parent's too."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1_000
