"""Which code made an edition: the product's version and a hash of the files that compute."""

import hashlib
import tomllib
from functools import cache
from importlib.metadata import version
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
# Without analysis/text: an edition is made from codes, each with the version that made it.
COMPUTING_FILES = (
    "analysis/*.py",
    "analysis/coding/**/*.py",
    "analysis/disclosure/**/*.py",
    "analysis/editions/**/*.py",
    "analysis/scrutiny/**/*.py",
    "analysis/statistics/**/*.py",
    "survey/*.py",
    "survey/cases/**/*.py",
    "survey/coding/**/*.py",
    "survey/deployments/**/*.py",
    "survey/editions/**/*.py",
    "survey/encounters/**/*.py",
    "survey/scrutiny/**/*.py",
    "survey/surveys/**/*.py",
)
LIBRARIES = ("numpy", "scipy", "msgspec")  # they compute figures, or write the bytes


def computing_files() -> list[Path]:
    return sorted({file for pattern in COMPUTING_FILES for file in REPOSITORY.glob(pattern)})


@cache
def code_version() -> str:
    """The version of the program with a hash of its code, such as '0.1.0+1a2b3c4d5e6f': alike on
    every machine.
    """
    digest = hashlib.sha256()
    for file in computing_files():
        digest.update(file.relative_to(REPOSITORY).as_posix().encode() + file.read_bytes())
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)}".encode())
    product = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]
    return f"{product}+{digest.hexdigest()[:12]}"
