"""Which code made an edition: the product's version and a hash of the files that compute."""

import ast
import hashlib
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
# An edition is made here; every file of these rooms that it imports, at any depth, computes it.
MAKES_EDITIONS = ("analysis.editions",)
ROOMS = ("analysis", "survey")
TABLES = (".toml", ".json")
LIBRARIES = ("numpy", "scipy", "msgspec")  # they compute figures, or write the bytes


@cache
def computing_files() -> tuple[Path, ...]:
    """The files that an edition is computed with, read from their own imports; and the tables that
    they name and read.

    From the source, not from what is loaded: that differs between a page process and a worker.
    """
    files: set[Path] = set()
    waiting = {file for module in MAKES_EDITIONS for file in files_of(module)}
    while waiting:
        file = waiting.pop()
        files.add(file)
        if file.suffix == ".py":
            waiting |= {*files_named_in(file)} - files
    return tuple(sorted(files))


def files_named_in(file: Path) -> Iterator[Path]:
    """The files that a module imports, also inside of functions, and the tables next to it."""
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (found for alias in names for found in files_of(alias.name))
            case ast.ImportFrom(module=module, names=names):
                for alias in names:
                    yield from files_of(f"{module}.{alias.name}")
            case ast.Constant(value=str(name)) if name.endswith(TABLES):
                yield from (table for table in (file.with_name(name),) if table.is_file())


def files_of(name: str) -> Iterator[Path]:
    """The files of our rooms that are run when this name is imported: packages on the way first."""
    parts = name.split(".")
    if parts[0] not in ROOMS:
        return
    for end in range(1, len(parts) + 1):
        place = REPOSITORY.joinpath(*parts[:end])
        yield from (
            file for file in (place / "__init__.py", place.with_suffix(".py")) if file.is_file()
        )


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
