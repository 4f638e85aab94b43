"""What is loaded late, in threads, is loaded under one lock; charts are made under it too."""

import ast
import sys
import threading
import types

import pytest

from api import charts
from api.loading import LOADING, loading
from tests.house.trees import ROOT

OWN_PROCESS = ("api/commands", "api/seeding.py")  # one thread loads there


def late_imports(tree):
    """The imports of slow rooms and libraries that stand in functions, and whether in `loading`."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            guarded = {
                id(inner)
                for block in ast.walk(function)
                if isinstance(block, ast.With) and "loading(" in ast.unparse(block.items[0])
                for inner in ast.walk(block)
            }
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield node, id(node) in guarded


def test_every_late_import_is_made_under_the_lock():
    bare = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in sorted((ROOT / "api").rglob("*.py"))
        if not str(file.relative_to(ROOT)).startswith(OWN_PROCESS)
        for node, guarded in late_imports(ast.parse(file.read_text()))
        if not guarded
    ]
    assert bare == []


def test_charts_are_made_while_no_other_thread_loads_a_library(monkeypatch):
    """scikit-learn loads pandas; Altair would look at the half of it that is there."""
    held = []
    monkeypatch.setattr(charts, "charts", lambda *_: held.append(LOADING._is_owned()) or [])
    assert charts.drawn(None) == {}
    assert held == [True]


def test_what_is_loaded_waits_for_nobody():
    held, done = threading.Event(), threading.Event()

    def hold():
        with LOADING:
            held.set()
            done.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(30)
    with loading("json"):
        pass
    done.set()
    holder.join(30)


def test_altair_fails_on_a_library_that_is_half_loaded(monkeypatch):
    """The reason for the lock; when this no longer holds, charts need it less."""
    import altair

    monkeypatch.setitem(sys.modules, "pandas", types.ModuleType("pandas"))
    with pytest.raises(AttributeError):
        altair.Chart(altair.Data(values=[{"a": 1}])).mark_bar().encode(x="a:Q").to_dict()
