"""Every figure of an edition as a flat list, to be compared before and after walls move.

`python -P -m tests.house.figures FILE.inputs ...` makes each edition from a file that
`./soundings report inputs` wrote, and prints a line for each figure: of the edition itself
(chapter, key, field, value), of the rows of its table, and of the cells of its page.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from analysis.editions import serialisation
from api import editions
from api.editions import export
from api.jobs.edition_inputs.editions import edition_from_inputs
from survey.editions.edition import Edition

NAMED_BY_CODE = ("code_version", "inputs_sha256")


def figures_of(packed: bytes) -> list[str]:
    """The figures of an edition that is made from packed inputs."""
    edition = edition_from_inputs(serialisation.decompress(packed))
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
    """What tells a row from its neighbours: its words and days; else its number."""
    if not isinstance(value, dict):
        return str(number)
    words = (text for text in value.values() if isinstance(text, str) and 0 < len(text) < 40)
    return " ".join((str(number), *words))


def table_figures(edition: Edition) -> Iterator[str]:
    for row in export.edition_rows(edition):
        yield "table " + " | ".join("" if cell is None else str(cell) for cell in row)


def page_figures(edition: Edition) -> Iterator[str]:
    view = msgspec.to_builtins(editions.report_view(edition, ""))
    yield from (f"page {path} = {leaf!r}" for path, leaf in leaves(view) if leaf not in (None, ""))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        click.echo("\n".join((f"# {Path(name).name}", *figures_of(Path(name).read_bytes()), "")))
