"""Reads the examples that come with Soundings in advance, so that installations need not.

Run `python -m tools.text_model.read_examples` after a change of codebook.toml,
elsewhere.txt, comment_types.toml or of a model. Texts that are not in these files are read as
usual.
"""

import hashlib
import re

import numpy as np
from numpy.typing import NDArray

from analysis.text import codes
from analysis.text.model import files, multilingual, reading
from analysis.themes import codebook

ENGLISH, ANY_LANGUAGE = "examples.npz", "examples_in_any_language.npz"


def main() -> None:
    # Sorted, because a set has another order in every process.
    taught = sorted(codebook_texts())
    save_english(sorted({*taught, *codes.example_texts()}))
    if reason := multilingual.absence_reason():
        raise SystemExit(reason)
    rows = half_precision(np.array([multilingual.read_vector(text) for text in taught]))
    save_arrays(
        ANY_LANGUAGE, texts=np.array(taught), rows=rows, reader=np.array(multilingual.READER)
    )


def codebook_texts() -> set[str]:
    themes = codebook.STARTING_CODEBOOK.themes
    examples = {text for theme in themes for text in codebook.theme_texts(theme)}
    return (
        examples
        | {codebook.theme_in_words(theme) for theme in themes}
        | set(codebook.OFF_TOPIC_TEXTS)
    )


def save_english(texts: list[str]) -> None:
    # Not read_texts, which would return what the last run stored.
    readings = [reading.read_text(text) for text in texts]
    save_arrays(
        ENGLISH,
        texts=np.array(texts),
        tones=np.array([text_reading.tone for text_reading in readings]),
        sizes=np.array([len(text_reading.placed.rows) for text_reading in readings]),
        spans=np.concatenate([np.array(text_reading.placed.spans) for text_reading in readings]),
        rows=half_precision(
            np.concatenate([text_reading.placed.rows for text_reading in readings])
        ),
        toned=np.array([len(text_reading.sentences) for text_reading in readings]),
        sentences=np.concatenate([text_reading.sentences for text_reading in readings]),
    )


def half_precision(rows: NDArray[np.float32]) -> NDArray[np.float16]:
    """The rows in half precision, as vectors of coded texts are stored: half the bytes to ship."""
    return rows.astype(np.float16)


def save_arrays(name: str, **arrays: NDArray[np.generic]) -> None:
    """Write the arrays to the file, and its checksum to two_heads.toml."""
    path, card = files.FOLDER / name, files.FOLDER / "two_heads.toml"
    np.savez_compressed(path, allow_pickle=False, **arrays)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    before = card.read_text()
    after, count = re.subn(rf'^"{name}" = .*$', f'"{name}" = "{digest}"', before, flags=re.M)
    card.write_text(
        after if count else before.replace("[sha256]\n", f'[sha256]\n"{name}" = "{digest}"\n')
    )


if __name__ == "__main__":
    main()
