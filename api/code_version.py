"""Which code makes an edition: the version of the product and a hash of what computes."""

import hashlib
import tomllib
from functools import cache
from importlib.metadata import version
from pathlib import Path

HOUSE = Path(__file__).parents[1]
COMPUTES = (
    "analysis/*.py",
    "analysis/disclosure/**/*.py",
    "analysis/edition/**/*.py",
    "analysis/statistics/**/*.py",
    "survey/*.py",
)
LIBRARIES = ("numpy", "scipy", "msgspec")


@cache
def code_version() -> str:
    """Such as '0.1.0+1a2b3c4d5e6f': the same on every machine that has the same code."""
    digest = hashlib.sha256()
    for file in sorted({file for pattern in COMPUTES for file in HOUSE.glob(pattern)}):
        digest.update(file.relative_to(HOUSE).as_posix().encode() + file.read_bytes())
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)}".encode())
    product = tomllib.loads((HOUSE / "pyproject.toml").read_text())["project"]["version"]
    return f"{product}+{digest.hexdigest()[:12]}"
