"""Rows of the database end at the store: what it gives to others has names and types."""

import ast
import re

import pytest

from tests.house.trees import ROOT, tree_of

STORE = ROOT / "survey" / "store"
UNTYPED = re.compile(r"\b(Record|Row|Any)\b")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def untyped_returns(tree):
    """The functions that give a record, or who knows what: by their annotation, or by the word
    that declares them, such as `many(Struct)`.
    """
    return [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, Function)
        if node.returns is None
        or any(UNTYPED.search(ast.unparse(one)) for one in [node.returns, *node.decorator_list])
    ]


def test_no_function_of_the_store_gives_a_record():
    found = {
        str(file.relative_to(ROOT)): names
        for file in sorted(STORE.rglob("*.py"))
        if (names := untyped_returns(tree_of(file)))
    }
    assert found == {}


def store_names(tree):
    """The names under which a module knows modules of the store."""
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("survey.store")
        for alias in node.names
    }


def is_read(value, stores):
    """True for what a function of the store gives, or one of several that it gives."""
    while isinstance(value, ast.Await | ast.Subscript):
        value = value.value
    call = value.func if isinstance(value, ast.Call) else None
    return (
        isinstance(call, ast.Attribute)
        and isinstance(call.value, ast.Name)
        and call.value.id in stores
        and not call.attr.startswith("count_by_")  # numbers by name
    )


def bound_names(function, stores):
    """The variables of a function that hold what the store gave."""
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and (is_read(node.value, stores) or names_in(node) & found):
            found |= {part.id for part in node.targets if isinstance(part, ast.Name)}
        if isinstance(node, ast.For | ast.comprehension) and (
            is_read(node.iter, stores) or getattr(node.iter, "id", "") in found
        ):
            found |= {node.target.id} if isinstance(node.target, ast.Name) else set()
    return found


def names_in(node):
    """The variable that an assignment copies."""
    return {node.value.id} if isinstance(node.value, ast.Name) else set()


def rows_taken_apart(tree):
    """The lines on which something that the store gave is subscripted by a column's name."""
    stores = store_names(tree)
    return [
        node.lineno
        for function in ast.walk(tree)
        if isinstance(function, Function)
        for bound in [bound_names(function, stores)]
        for node in ast.walk(function)
        if isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
        and (is_read(node.value, stores) or getattr(node.value, "id", "") in bound)
    ]


def test_nobody_beyond_the_store_takes_a_row_apart():
    found = {
        str(file.relative_to(ROOT)): lines
        for room in ("api", "survey", "analysis")
        for file in sorted((ROOT / room).rglob("*.py"))
        if STORE not in file.parents and (lines := rows_taken_apart(tree_of(file)))
    }
    assert found == {}


@pytest.mark.parametrize(
    "taken",
    [
        "    row = await texts.get(connection)\n    return row['item']",
        "    return (await texts.get(connection))['item']",
        "    return [row['item'] for row in await texts.load_all(connection)]",
        "    rows = await texts.load_all(connection)\n    for row in rows:\n        row['item']",
        "    return (await texts.load_all(connection))[-1]['item']",
    ],
)
def test_a_row_that_is_taken_apart_is_found(taken):
    module = f"from survey.store.themes import texts\n\n\nasync def show(connection):\n{taken}\n"
    assert rows_taken_apart(ast.parse(module))


def test_a_record_that_a_function_gives_is_found():
    given = "async def get(connection) -> list[asyncpg.Record]: ...\ndef first(rows): ..."
    declared = "@values(list[Record])\ndef load() -> SQL: ...\n@many(Noun)\ndef of() -> SQL: ..."
    assert untyped_returns(ast.parse(f"{given}\n{declared}")) == ["get", "first", "load"]
