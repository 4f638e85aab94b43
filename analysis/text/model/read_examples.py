"""Reads the examples that come with Soundings, so that no installation has to.

Run `python -m analysis.text.model.read_examples` after a change of codebook.toml, elsewhere.txt,
comment_types.toml or of a model. A text that is not in these files is read as any other.
"""

import hashlib
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.text import codebook, comment_types, multilingual, reading

ENGLISH, ANY_LANGUAGE = "examples.npz", "examples_in_any_language.npz"


def main() -> None:
    taught = sorted(texts_of_codebook())
    save_english(sorted({*taught, *comment_types.texts()}))
    if reason := multilingual.why_absent():
        raise SystemExit(reason)
    rows = np.array([multilingual.of_one(text) for text in taught])
    save(ANY_LANGUAGE, texts=np.array(taught), rows=rows, reader=np.array(multilingual.READER))


def texts_of_codebook() -> set[str]:
    themes = codebook.STARTING.themes
    examples = {text for theme in themes for text in codebook.all_of(theme)}
    return examples | {codebook.said_of(theme) for theme in themes} | set(codebook.ELSEWHERE)


def save_english(texts: list[str]) -> None:
    found = [reading.of_one(text) for text in texts]
    save(
        ENGLISH,
        texts=np.array(texts),
        tones=np.array([one.tone for one in found]),
        sizes=np.array([len(one.placed.rows) for one in found]),
        spans=np.concatenate([np.array(one.placed.spans) for one in found]),
        rows=np.concatenate([one.placed.rows for one in found]),
    )


def save(name: str, **arrays: NDArray[Any]) -> None:
    """Writes the file, and into two_heads.toml which file it is."""
    path, card = reading.FOLDER / name, reading.FOLDER / "two_heads.toml"
    np.savez_compressed(path, allow_pickle=False, **arrays)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    before = card.read_text()
    after, count = re.subn(rf'^"{name}" = .*$', f'"{name}" = "{digest}"', before, flags=re.M)
    card.write_text(
        after if count else before.replace("[sha256]\n", f'[sha256]\n"{name}" = "{digest}"\n')
    )


if __name__ == "__main__":
    main()
