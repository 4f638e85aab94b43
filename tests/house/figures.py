"""Every figure of an edition as a flat list, to be compared before and after walls move.

tests/reference/editions has the inputs of two editions of a demonstration (seed 2007, made on
1 December 2026 at dcabf891), and the figures that they gave. `python -P -m tests.house.figures
KIND` prints today's: a line for each leaf of the edition itself, for each row of its table, and for
each cell, sentence and mark of its page.
"""

import lzma
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from api import editions
from api.editions import files
from api.jobs.edition_inputs.editions import edition_from_inputs
from survey.editions import Edition

FOLDER = Path(__file__).parents[1] / "reference" / "editions"
NAMED_BY_CODE = ("code_version", "inputs_sha256")


def read_inputs(kind: str) -> bytes:
    return lzma.decompress((FOLDER / f"{kind}.inputs.xz").read_bytes())


def kept_figures(kind: str) -> list[str]:
    """What the inputs gave before any wall moved."""
    return lzma.decompress((FOLDER / f"{kind}.figures.xz").read_bytes()).decode().splitlines()


def figures_of(inputs: bytes) -> list[str]:
    """What the inputs give today."""
    # Editions had no history then, and these inputs lack the index of earlier ones.
    edition = msgspec.structs.replace(edition_from_inputs(inputs), history=None)
    return [*own_figures(edition), *table_figures(edition), *page_figures(edition)]


def own_figures(edition: Edition) -> Iterator[str]:
    for field, value in msgspec.to_builtins(edition).items():
        if field not in NAMED_BY_CODE:
            yield from (f"edition {field}{path} = {leaf!r}" for path, leaf in leaves(value))


def leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Each number, word and None in a value, with the way to it."""
    match value:
        case dict():
            for name, below in value.items():
                yield from leaves(below, f"{path}.{name}")
        case list() | tuple():
            for number, below in enumerate(value):
                yield from leaves(below, f"{path}[{key_of(below, number)}]")
        case _:
            yield path, value


def key_of(value: object, number: int) -> str:
    """What tells a row from its neighbours: its place, words and days."""
    if not isinstance(value, dict):
        return str(number)
    words = (text for text in value.values() if isinstance(text, str) and 0 < len(text) < 40)
    return " ".join((str(number), *words))


def table_figures(edition: Edition) -> Iterator[str]:
    for row in files.edition_rows(edition):
        yield "table " + " | ".join("" if cell is None else str(cell) for cell in row)


def page_figures(edition: Edition) -> Iterator[str]:
    view = msgspec.to_builtins(editions.report_view(edition, ""))
    yield from (f"page {path} = {leaf!r}" for path, leaf in leaves(view) if leaf not in (None, ""))


if __name__ == "__main__":
    for kind in sys.argv[1:]:
        click.echo("\n".join(figures_of(read_inputs(kind))))
