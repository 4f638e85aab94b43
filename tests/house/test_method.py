"""The pages of docs/method are what docs/method.py writes."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

from analysis import measures
from analysis.editions.workings import SHARES
from tests.house.trees import nodes_of

ROOT = Path(__file__).parents[2]


def load_script():
    spec = importlib.util.spec_from_file_location("method_pages", ROOT / "docs/method.py")
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


SCRIPT = load_script()


@pytest.mark.parametrize(("name", "text"), SCRIPT.pages().items(), ids=list(SCRIPT.pages()))
def test_a_page_is_what_the_script_writes(name, text):
    assert (ROOT / "docs/method" / name).read_text(encoding="utf-8") == text


def test_the_acceptance_rows_named_for_a_module_exist():
    table = (ROOT / "docs/method/acceptance.md").read_text(encoding="utf-8")
    rows = [row for held in SCRIPT.HELD.values() for row in held.split(", ")]
    assert [row for row in rows if f"| {row}" not in table] == []
    modules = {file.stem for file in (ROOT / "analysis/statistics").rglob("*.py")}
    assert set(SCRIPT.HELD) <= modules


def test_the_level_of_a_question_is_the_one_that_editions_use():
    told = measures.load_measures()["what_moved"].method
    assert f"the level 1 - {SHARES['monthly']['questions']:g}·R/m of R picked from m" in told


DEFINED = {
    node.name
    for file in sorted((ROOT / "analysis").rglob("*.py"))
    for node in nodes_of(file)
    if isinstance(node, ast.FunctionDef | ast.ClassDef)
}
# A work with its year, or the body and the name of a standard, a table or a program.
WORK = re.compile(
    r"\(?\b(?:18|19|20)\d\d\b|\bR `[\w.]+|AAPOR|OHID|Home Office|MOPAC|this product|onnx", re.I
)


def sources():
    """What docstrings and measures name as their source, by where it stands."""
    for file in sorted((ROOT / "analysis").rglob("*.py")):
        for node in nodes_of(file):
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
                told = ast.get_docstring(node) or ""
                for found in re.findall(r"Source: (.*?)(?:\n\n|\Z)", told, re.S):
                    yield f"{file.name}: {getattr(node, 'name', '')}", " ".join(found.split())
    for name, one in measures.load_measures().items():
        yield name, one.source


def is_found(source):
    files = re.findall(r"[\w/-]+\.md\b", source)
    if re.search(r"\.md §?\d", source) or not all((ROOT / one).exists() for one in files):
        return False
    here = set(re.findall(r"`(?:\w+\.)?(\w+)`", source)) & DEFINED
    return bool(WORK.search(source) or here or files)


def test_every_source_is_a_published_work_or_something_that_is_here():
    found = dict(sources())
    assert len(found) > 140
    assert {where: source for where, source in found.items() if not is_found(source)} == {}
    assert not is_found("statistics.md 2.10; Holm (1979)")
