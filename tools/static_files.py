"""Writes the files of pages for a balancer that answers for them itself, compressed beforehand.

    python -m tools.static_files FOLDER

makes FOLDER/static/VERSION/NAME, the addresses that pages of this release name, each with its
compressed copies beside it (.br, .gz). Files of another release are not there, so that a balancer
asks an application for them.
"""

import sys
from pathlib import Path

from api.pages.public_copies import compress_once, encode, load_static_files, static_version


def write_static_files(folder: Path) -> Path:
    """Write every static file below the folder; returns the folder of this version's files."""
    top = folder / "static" / static_version()
    for name, file in load_static_files().items():
        written = top / name
        written.parent.mkdir(parents=True, exist_ok=True)
        written.write_bytes(file.body)
        if not file.packed:
            written.with_name(f"{written.name}.br").write_bytes(compress_once(name, "br"))
            written.with_name(f"{written.name}.gz").write_bytes(encode(file.body, "gzip"))
    return top


if __name__ == "__main__":
    write_static_files(Path(sys.argv[1]))
