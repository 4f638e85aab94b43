"""The tests and files that docs/reliability.md names exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reliability.md").read_text()
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def test_every_test_that_the_page_of_reliability_names_is_there():
    written = "\n".join(file.read_text() for file in TESTS)
    names = set(re.findall(r"::(test_\w+)(?!\w*\.{3})", PAGE))
    assert len(names) > 100
    assert {name for name in names if f"def {name}(" not in written} == set()


def test_every_file_that_the_page_of_reliability_names_is_there():
    files = set(re.findall(r"(?:^|[ `(])((?:tests|api|docs|survey|analysis)/[\w/]+\.\w+)", PAGE))
    assert {file for file in files if not (ROOT / file).exists()} == set()
