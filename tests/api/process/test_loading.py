"""Libraries that threads import late are imported under one lock; charts are drawn under it too."""

import ast
import sys
import threading
import types

import pytest

from api.editions import contents, drawing
from api.process.installation import IMPORT_LOCK, import_lock
from tests.analysis.editions.made_up_edition import bare_edition
from tests.house.trees import ROOT

# One thread loads there.
OWN_PROCESS = ("api/commands", "api/operations/foundations.py", "api/process/file_tools.py")


def late_imports(tree):
    """Each import inside a function, and whether it is within `with import_lock(...)`."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            guarded = {
                id(inner)
                for block in ast.walk(function)
                if isinstance(block, ast.With) and "import_lock(" in ast.unparse(block.items[0])
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
    """scikit-learn imports pandas; Altair would use it while it is half imported."""
    held = []
    charted = lambda _: held.append(IMPORT_LOCK._is_owned()) or []  # noqa: E731
    monkeypatch.setattr(contents, "all_charts", charted)
    assert drawing.render_charts(bare_edition()) == {}
    assert held == [True]


def test_what_is_loaded_waits_for_nobody():
    held, done = threading.Event(), threading.Event()

    def hold():
        with IMPORT_LOCK:
            held.set()
            done.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(30)
    with import_lock("json"):
        pass
    done.set()
    holder.join(30)


def test_altair_fails_on_a_library_that_is_half_loaded(monkeypatch):
    """The reason for the lock; when this no longer holds, charts need it less."""
    import altair

    monkeypatch.setitem(sys.modules, "pandas", types.ModuleType("pandas"))
    with pytest.raises(AttributeError):
        altair.Chart(altair.Data(values=[{"a": 1}])).mark_bar().encode(x="a:Q").to_dict()
