"""What there is to write a test with: `python -P -m tests.house.inventory` writes its page.

Each line is the first sentence of a helper's own docstring, so that the page cannot fall behind.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.trees import ROOT, nodes_of, tree_of

PAGE = ROOT / "docs/reference/test-helpers.md"
TESTS = ROOT / "tests"
# Each part of the page: its heading, and the folders whose files it lists.
PARTS = {
    "Running, measuring, reading": ("",),
    "Rows in the database": ("stored",),
    "Editions and their inputs": ("analysis/editions", "analysis/scrutiny", "oracles"),
    "Files": ("files",),
    "Pages, forms and requests": (
        *("api/pages", "api/security", "browser", "documented"),
        "survey/store/surveys",
    ),
    "Other people's services": ("fakes",),
    "The house": ("house", "house/manifest"),
}
ASIDE = {"bench", "campaigns", "reference"}  # docs/explanation/performance.md runs them


def helper_files() -> list[Path]:
    """Every module of the tests that has no tests in it and is no package or set of fixtures."""
    return [
        file
        for file in sorted(TESTS.rglob("*.py"))
        if not file.name.startswith(("test_", "__init__", "conftest", "__main__"))
        and file.relative_to(TESTS).parts[0] not in ASIDE
    ]


def fixtures() -> Iterator[tuple[str, str, str]]:
    """Each fixture that several files may use: its name, where it holds, and what it is."""
    for file in sorted(TESTS.rglob("conftest.py")):
        for node in nodes_of(file):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and is_fixture(node):
                yield node.name, place_of(file.parent), first_sentence(node)


def is_fixture(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("fixture" in ast.unparse(decorator) for decorator in node.decorator_list)


def first_sentence(node: ast.Module | ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    told = (ast.get_docstring(node) or "").partition("\n\n")[0]
    return " ".join(told.split()).replace("|", "\\|")


def place_of(folder: Path) -> str:
    return folder.relative_to(ROOT).as_posix()


def page_text() -> str:
    return "\n".join((*heading_lines(), *fixture_lines(), *helper_lines())) + "\n"


def heading_lines() -> Iterator[str]:
    yield from ("---", "for: Programmers", "---", "# What there is to write a test with")
    yield ""
    yield (
        "How to run the tests, and how to write one, is in "
        "[tests.md](../how-to/programmers/tests.md). This page is made from the docstrings of the "
        "helpers by `python -P -m tests.house.inventory`: look here before you build one."
    )


def fixture_lines() -> Iterator[str]:
    yield from ("", "## Fixtures", "", "| fixture | for tests in | what it is |")
    yield "| --- | --- | --- |"
    for name, place, told in fixtures():
        yield f"| `{name}` | `{place}` | {told} |"


def helper_lines() -> Iterator[str]:
    files = helper_files()
    for heading, folders in PARTS.items():
        yield from ("", f"## {heading}", "", "| file | what it does |", "| --- | --- |")
        for file in files:
            if file.parent in [TESTS / folder for folder in folders]:
                yield f"| `{place_of(file)}` | {first_sentence(tree_of(file))} |"


if __name__ == "__main__":
    PAGE.write_text(page_text())
