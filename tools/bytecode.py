"""Compiles the libraries that the program imports, for an image where nothing can be written.

python -P -m tools.bytecode

It follows `image_libraries.sh`, which takes out what the program never uses. A library of which
nothing is imported stays as it is: the bytecode of all would take 100 MB. What a function imports
when it is called is compiled too.
"""

import ast
import contextlib
import importlib
from collections.abc import Iterator
from pathlib import Path

from api.settings import ROOT

ROOMS = ("survey", "analysis", "api", "demo")


def imported_names(file: Path) -> Iterator[str]:
    """The modules that a file imports, and what it takes from them, which may be modules too."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def compile_imports() -> None:
    """Import each name once; Python then saves the bytecode of every module that is loaded."""
    for file in (file for room in ROOMS for file in (ROOT / room).rglob("*.py")):
        for name in imported_names(file):
            # It is no module, or is in a library that is not installed.
            with contextlib.suppress(ModuleNotFoundError):
                importlib.import_module(name)


if __name__ == "__main__":
    compile_imports()
