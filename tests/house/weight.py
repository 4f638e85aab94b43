"""How heavy the house is: `python -P -m tests.house.weight` prints the table.

All is counted from the source: lines of code are those with a token that is no comment and no
docstring; tokens are Python's own without comments, docstrings, ends of lines and indents.
"""

import ast
import collections
import functools
import io
import re
import statistics
import tokenize
from pathlib import Path

import click

from tests.house.trees import ROOT

ROOMS = ("api", "survey", "analysis", "demo", "tools")
FRAMES = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
    *(tokenize.ENCODING, tokenize.ENDMARKER),
}
# The nouns whose folders are counted, by words that the names of their files and folders have.
NOUNS = {
    "scrutiny": r"scrutin|meeting|\bdraws?\b",
    "demands": r"demand|stance",
    "encounters": r"encounter|wave",
    "fieldwork": r"fieldwork|interviewer|visit|sample_point",
    "campaigns": r"campaign",
    "codebooks": r"codebook|theme",
    "double coding": r"double_coding|accuracy",
    "tone heads": r"\btones?\b|tone_head",
    "quotes": r"quote",
    "kiosks": r"kiosk",
    "alerts": r"alert",
    "actions": r"\bactions?\b",
    "cases": r"\bcases?\b|\bcases?_|_cases?\b|complaint",
    "deployments": r"deployment|uses",
    "editions": r"edition",
    "webhooks": r"webhook",
    "api keys": r"api_key",
    "media": r"media|film|photo|attach",
    "accounts": r"account|people|sign_in",
    "samples": r"invitation|sample|asking",
}
Row = tuple[str, float]


def product_files() -> list[Path]:
    return [file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py"))]


def weight() -> list[Row]:
    """Each figure of the house, by what it counts."""
    files = product_files()
    sums = collections.Counter[str]()
    for file in files:
        sums.update(weight_of(file.read_text()))
    functions = function_names(files)
    sizes = [len(file.read_text().splitlines()) for file in files]
    singles = one_caller_functions(files, functions)
    return [
        ("lines of Python", sums["lines"]),
        ("lines of code", sums["code"]),
        ("tokens", sums["tokens"]),
        ("modules", len(files)),
        ("folders", len({file.parent for file in files})),
        ("median module, lines", statistics.median(sizes)),
        ("modules of more than 400 lines", sum(size > 400 for size in sizes)),
        ("modules of 1 to 149 lines", sum(0 < size < 150 for size in sizes)),
        ("imports, % of lines", round(100 * sums["imports"] / sums["lines"], 1)),
        ("docstrings, lines", sums["docstrings"]),
        ("comments, lines", sums["comments"]),
        ("functions", len(functions)),
        ("docstrings and comments for each function, lines", documented(sums, len(functions))),
        ("functions with one caller", len(singles)),
        ("of these with at most ten lines", sum(lines <= 10 for lines in singles)),
        ("templates, lines", lines_in("api", "*.html")),
        ("SQL files, lines", lines_in("survey", "*.sql")),
        ("scripts and styles, lines", lines_in("frontend", "*.js") + lines_in("frontend", "*.css")),
        ("tests, lines", lines_in("tests", "*.py")),
        *((f"folders with {noun}", len(folders_of(pattern))) for noun, pattern in NOUNS.items()),
    ]


def lines_of_code() -> int:
    return sum(weight_of(file.read_text())["code"] for file in product_files())


def documented(sums: collections.Counter[str], functions: int) -> float:
    return round((sums["docstrings"] + sums["comments"]) / functions, 2)


def lines_in(folder: str, names: str) -> int:
    files = (ROOT / folder).rglob(names)
    return sum(len(file.read_text().splitlines()) for file in files if file.is_file())


def weight_of(source: str) -> collections.Counter[str]:
    """Lines, lines of code, tokens, lines of imports, docstrings and comments of a module."""
    tree = ast.parse(source)
    spoken = docstring_lines(tree)
    code, comments, count = set[int](), set[int](), 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            comments.add(token.start[0])
        elif token.type not in FRAMES and token.start[0] not in spoken:
            count += 1
            code.update(range(token.start[0], token.end[0] + 1))
    lines = source.splitlines()
    code -= {number for number, line in enumerate(lines, 1) if not line.strip()}
    return collections.Counter(
        lines=len(lines),
        code=len(code),
        tokens=count,
        imports=import_lines(tree),
        docstrings=len(spoken),
        comments=len(comments - code),
    )


def docstring_lines(tree: ast.Module) -> set[int]:
    """The lines of every docstring, and of strings that stand below a name to explain it."""
    return {
        number
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def import_lines(tree: ast.Module) -> int:
    return sum(
        (node.end_lineno or node.lineno) - node.lineno + 1
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    )


def function_names(files: list[Path]) -> list[tuple[str, int, bool]]:
    """Each function: its name, its lines, and whether something registers it."""
    return [
        (node.name, (node.end_lineno or node.lineno) - node.lineno + 1, bool(node.decorator_list))
        for file in files
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


@functools.cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def one_caller_functions(files: list[Path], functions: list[tuple[str, int, bool]]) -> list[int]:
    """The lines of each function whose name is unique and stands in one place besides its own."""
    named = collections.Counter(
        name
        for file in files
        for node in ast.walk(tree_of(file))
        if (name := getattr(node, "id", "") or getattr(node, "attr", ""))
    )
    defined = collections.Counter(name for name, _, _ in functions)
    return [
        lines
        for name, lines, is_registered in functions
        if defined[name] == 1 and named[name] == 1 and not is_registered
    ]


def folders_of(pattern: str) -> set[Path]:
    """The folders, templates too, in which a file has the noun in its name or its folder's."""
    noun = re.compile(pattern)
    kinds = {".py", ".html", ".sql"}
    return {
        file.parent
        for room in ROOMS
        for file in (ROOT / room).rglob("*")
        if file.suffix in kinds and noun.search(f"{file.parent.name}/{file.stem}")
    }


def print_weight() -> None:
    for what, number in weight():
        click.echo(f"| {what} | {number:,} |")


if __name__ == "__main__":
    print_weight()
