"""The pages of docs/method are what docs/method.py writes."""

import importlib.util
from pathlib import Path

import pytest

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
