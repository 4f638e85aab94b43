"""Nothing stays that the product does not use: no function, class, constant, refusal or data file.

What only a test calls is a promise that nobody keeps: it goes, or it moves to the tests.
"""

import ast
import re
from collections import defaultdict
from functools import cache
from typing import NamedTuple

import pytest

from tests.house.trees import ROOT, nodes_of, tree_of

ROOMS = ("api", "survey", "analysis", "demo", "tools")
WORD = re.compile(r"\w+")
LONGEST_REFERENCE = 200  # characters of a string that may name things; longer ones are prose
KEPT_VALUES = {"property", "cached_property", "cache", "lru_cache", "staticmethod", "classmethod"}
KEPT_VALUES |= {
    node.name for node in tree_of(ROOT / "survey/store/statements.py").body
    if isinstance(node, ast.FunctionDef)
}  # fmt: skip
"""Decorators that register nothing: whatever has another one is called by its framework."""
TEXT_FILES = {".html", ".toml", ".typ", ".j2", ".json", ".txt", ".js", ".sh", ".xml", ".svg"}
PLAIN_BASES = {"Struct", "NamedTuple", "Protocol", "Exception", "ABC", "object"}
"""Bases of no library that calls the methods of a class by itself, as html.parser does."""


NAMED_BY_THEIR_FOLDER = {
    "api/pages/static/atkinson-OFL.txt": "the licence of a font",
    "api/pages/templates/resident/item_types/": "a template has the name of its item type",
    "api/pages/templates/work/codebook/": "an edit of the codebook names its form",
    "survey/store/schema/": "migrations run in the order of their numbers",
    "survey/surveys/ready/templates/": "every template of a survey is offered",
}


class Definition(NamedTuple):
    """A function, class, constant or refusal: its name, where it is, and the lines it takes."""

    name: str
    file: str
    first: int
    last: int


@cache
def product_files():
    found = (file for room in ROOMS for file in sorted((ROOT / room).rglob("*")))
    return [file for file in found if file.is_file() and "__pycache__" not in file.parts]


def is_text(file):
    """Whether a file is code, a template or a list; the tables of the model are not."""
    return file.suffix in {".py", *TEXT_FILES} and file.stat().st_size < 200_000


@cache
def words_of_text_files():
    return {
        word
        for file in product_files()
        if file.suffix != ".py" and is_text(file)
        for word in WORD.findall(file.read_text(encoding="utf-8"))
    }


def is_registered(node):
    """Whether a decorator hands the function to a framework, which calls it."""
    names = (
        one.id if isinstance(one, ast.Name) else one.attr
        for each in getattr(node, "decorator_list", ())
        for one in [each.func if isinstance(each, ast.Call) else each]
    )
    return not isinstance(node, ast.ClassDef) and any(name not in KEPT_VALUES for name in names)


def is_called_by_library(node, ours):
    """Whether a class extends one of a library, which then calls its methods."""
    bases = (one.value if isinstance(one, ast.Subscript) else one for one in node.bases)
    names = {one.attr if isinstance(one, ast.Attribute) else one.id for one in bases}
    return bool(names - PLAIN_BASES - ours)


def definitions_in(body, file, ours):
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if not node.name.startswith("__") and not is_registered(node):
                yield Definition(node.name, file, node.lineno, node.end_lineno)
            if isinstance(node, ast.ClassDef) and not is_called_by_library(node, ours):
                yield from definitions_in(node.body, file, ours)
        elif isinstance(node, ast.Assign):
            is_refusal = getattr(getattr(node.value, "func", None), "attr", "") == "of"
            for target in node.targets:
                if isinstance(target, ast.Name) and (target.id.isupper() or is_refusal):
                    yield Definition(target.id, file, node.lineno, node.end_lineno)


def references_in(tree):
    """Names that a file mentions, with their lines; not its docstrings, and not what it defines."""
    docstrings = {
        node.value for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute):
            yield node.attr, node.lineno
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg, node.value.lineno
        elif isinstance(node, ast.alias) and node.asname:
            yield node.name, node.lineno
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and len(node.value) < LONGEST_REFERENCE
            and node not in docstrings
        ):
            for word in WORD.findall(node.value):
                yield word, node.lineno


def unused_definitions():
    """Definitions that nothing names except themselves and other unused ones."""
    files = [file for file in product_files() if file.suffix == ".py"]
    mentions, found = defaultdict(list), []
    ours = {
        node.name for file in files for node in nodes_of(file) if isinstance(node, ast.ClassDef)
    }
    for file in files:
        where, tree = str(file.relative_to(ROOT)), tree_of(file)
        found += definitions_in(tree.body, where, ours)
        for name, line in references_in(tree):
            mentions[name].append((where, line))
    words, unused = words_of_text_files(), set()
    while True:
        spans = defaultdict(list)
        for one in unused:
            spans[one.file].append(one)
        more = {
            one
            for one in set(found) - unused
            if one.name not in words
            and all(
                is_inside(at, one) or any(is_inside(at, dead) for dead in spans[at[0]])
                for at in mentions[one.name]
            )
        }
        if not more:
            return unused
        unused |= more


def is_inside(at, one):
    return at[0] == one.file and one.first <= at[1] <= one.last


def test_the_product_uses_whatever_it_defines():
    assert [f"{one.file}:{one.first} {one.name}" for one in sorted(unused_definitions())] == []


def test_the_product_names_every_data_file():
    """By its name, or by its stem, as templates and measures are; a few folders are read whole."""
    mentioned = defaultdict(set)
    for file in filter(is_text, product_files()):
        for word in re.findall(r"[\w.-]+", file.read_text(encoding="utf-8")):
            mentioned[word.strip(".")].add(file)
    found = [
        str(file.relative_to(ROOT))
        for file in product_files()
        if file.suffix not in {".py", ".md"}
        and not {*mentioned[file.name], *mentioned[file.stem.replace("-", "_")]} - {file}
        and not mentioned[file.stem] - {file}
    ]
    assert [name for name in found if not name.startswith(tuple(NAMED_BY_THEIR_FOLDER))] == []


@pytest.mark.parametrize("name", NAMED_BY_THEIR_FOLDER)
def test_every_exception_names_something(name):
    assert [file for file in product_files() if str(file.relative_to(ROOT)).startswith(name)]
