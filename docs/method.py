"""Writes measures.md and statistics.md of docs/method: `python -P docs/method.py`.

Measures come from analysis/measures/*.toml, formulas from the docstrings of analysis/statistics.
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from analysis import measures  # noqa: E402 - the repository is put on the path first
from analysis.editions.workings import SHARES  # noqa: E402
from analysis.statistics.changes import FAMILY_LEVEL  # noqa: E402

FOLDER = ROOT / "docs/method"
MADE = "Made by `python -P docs/method.py`; change what it is made from, not this page.\n"
PARTS = (
    ("Counts", "numerator"),
    ("Out of", "denominator"),
    ("Method", "method"),
    ("What it cannot say", "limits"),
    ("Source", "source"),
    ("Written by", "author"),
    ("Checked by", "checker"),
    ("Next review", "next_review"),
)
# Which rows of acceptance.md test the functions of a module; the others are only tested by parity.
HELD = {
    "agreement": "A8",
    "association": "β = 0, β = -0.8, β = smallest, β = margin",
    "changes": "BH, groups that do not differ, boroughs that do not differ, "
    "intervals of boroughs that were told",
    "correction": "A8, net sentiment, tone of a theme",
    "counts": "complaints RR 1.3",
    "disproportionality": "rate ratio",
    "estimates": "A2, A7",
    "funnel": "funnel",
    "index": "α by Feldt, A9",
    "interventions": "ITS step, DiD step, event study, staggered starts",
    "panel": "A3, A4, A5",
    "proportions": "A7",
    "rates": "rate ratio",
    "samples": "A6, A2",
    "series": "A10, charts of one-step residuals",
    "variance": "A1, A2, β = 0 where",
}


def pages() -> dict[str, str]:
    return {
        "measures.md": "\n".join(measure_lines()),
        "statistics.md": "\n".join(statistics_lines()),
    }


def measure_lines() -> Iterator[str]:
    yield f"# Measures\n\n{MADE}"
    yield from share_lines()
    for name, one in measures.load_measures().items():
        yield f"## {one.title}\n\n`{name}`. {one.why}\n\n| | |\n| --- | --- |"
        yield from (f"| {label} | {getattr(one, field)} |" for label, field in PARTS)
        yield ""


def share_lines() -> Iterator[str]:
    """How the 5% of an edition is split between kinds of findings, from what the code uses."""
    shares = {kind: dict(one) for kind, one in SHARES.items()}
    kinds = list(dict.fromkeys(kind for one in shares.values() for kind in one))
    yield (
        f"## How an edition's {FAMILY_LEVEL:.0%} is split\n\n"
        f"In at most {FAMILY_LEVEL:.0%} of editions is any finding false, whatever is true. So "
        "kinds of findings share it, and each is held to its share over all that it looks at "
        "(Holm; [decision](../decisions/0026-chosen-by-chance.md)).\n"
    )
    yield f"| findings on | {' | '.join(shares)} |\n| --- |{' --- |' * len(shares)}"
    for kind in kinds:
        cells = (f"{one[kind]:.1%}" if kind in one else "" for one in shares.values())
        yield f"| {kind} | {' | '.join(cells)} |"
    yield f"| together | {' | '.join(f'{sum(one.values()):.1%}' for one in shares.values())} |\n"


def statistics_lines() -> Iterator[str]:
    yield (
        f"# Statistics\n\n{MADE}\nEach function as it stands in `analysis/statistics/`, with "
        "formula, shapes, units, errors and source, and what it reached against known truth "
        "([acceptance.md](acceptance.md)); how far they are "
        "from R and other libraries in [parity.md](parity.md).\n"
    )
    for file in sorted((ROOT / "analysis/statistics").rglob("*.py")):
        if file.stem != "__init__":
            yield from module_lines(file)


def module_lines(file: Path) -> Iterator[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    yield f"## {file.parent.name}/{file.stem}\n\n{ast.get_docstring(tree)}\n"
    if found := list(acceptance_rows(HELD.get(file.stem, ""))):
        yield "| acceptance | target | found |\n| --- | --- | --- |"
        yield "\n".join(found) + "\n"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and (told := ast.get_docstring(node)):
            yield f"### {heading(node)}\n\n```\n{inspect.cleandoc(told)}\n```\n"


def acceptance_rows(held: str) -> Iterator[str]:
    """The rows of acceptance.md that begin with one of these words."""
    begins = tuple(held.split(", ")) if held else ()
    for line in (FOLDER / "acceptance.md").read_text(encoding="utf-8").splitlines():
        cells = line.strip("| ").split(" | ")
        if len(cells) > 4 and cells[1].startswith(begins or ("\0",)):
            yield f"| {cells[1]} | {cells[3]} | {cells[4]} |"


def heading(node: ast.FunctionDef | ast.ClassDef) -> str:
    if isinstance(node, ast.ClassDef):
        return f"`{node.name}`"
    names = [one.arg for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    return f"`{node.name}({', '.join(names)})`"


if __name__ == "__main__":
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
