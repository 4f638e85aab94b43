"""The pages of the method are what they are made of."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def maker():
    spec = importlib.util.spec_from_file_location("method_pages", ROOT / "docs/method.py")
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


MAKER = maker()


@pytest.mark.parametrize(("name", "text"), MAKER.pages().items(), ids=list(MAKER.pages()))
def test_a_page_is_what_it_is_made_of(name, text):
    assert (ROOT / "docs/method" / name).read_text(encoding="utf-8") == text


def test_what_holds_a_module_is_a_row_of_the_table():
    table = (ROOT / "docs/method/acceptance.md").read_text(encoding="utf-8")
    rows = [row for held in MAKER.HELD.values() for row in held.split(", ")]
    assert [row for row in rows if f"| {row}" not in table] == []
    modules = {file.stem for file in (ROOT / "analysis/statistics").glob("*.py")}
    assert set(MAKER.HELD) <= modules
