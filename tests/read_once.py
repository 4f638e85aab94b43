"""Caches what the machine reads in the texts of the demo data, from one run to the next.

Reading them takes half a minute and gives the same as long as the code, the model, the
libraries and the texts are the same: all of that is in the name of the file or in the key of a
text.
"""

import hashlib
import os
import sys
from pathlib import Path

import msgspec

from analysis.text.personal_data import named_entities
from survey.themes.codebooks import Coding

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "var/tests"
READING_SOURCES = (
    "analysis/text",
    "survey/themes/codebooks.py",
    "uv.lock",
)


def readings_file():
    """The cache file; its name changes with everything that decides how a text is read."""
    digest = hashlib.sha256(f"{sys.version} {named_entities.is_installed()}".encode())
    for name in READING_SOURCES:
        place = ROOT / name
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(file.read_bytes())
    return FOLDER / f"read-{digest.hexdigest()[:16]}.json"


def reading_key(book, text, language):
    said = msgspec.json.encode([book, text, language])
    return hashlib.sha256(said).hexdigest()


class CachedReadings:
    """Replaces `coding.code` in tests: reads only texts that are not cached yet."""

    def __init__(self, code):
        self.code = code
        self.file = readings_file()
        kind = dict[str, Coding]
        self.known = (
            msgspec.json.decode(self.file.read_bytes(), type=kind) if self.file.exists() else {}
        )

    async def __call__(self, book, texts, languages):
        keys = [reading_key(book, *one) for one in zip(texts, languages, strict=True)]
        asked = dict(zip(keys, zip(texts, languages, strict=True), strict=True))
        unread = {key: one for key, one in asked.items() if key not in self.known}
        if unread:
            found = await self.code(book, *map(list, zip(*unread.values(), strict=True)))
            self.known.update(zip(unread, found, strict=True))
            self.save()
        return [self.known[key] for key in keys]

    def save(self):
        """Write to a temporary file first, so that another process never finds half a cache."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        for old in FOLDER.glob("read-*.json"):
            if old != self.file:
                old.unlink(missing_ok=True)
        temporary = self.file.with_suffix(f".{os.getpid()}")
        temporary.write_bytes(msgspec.json.encode(self.known))
        temporary.replace(self.file)
