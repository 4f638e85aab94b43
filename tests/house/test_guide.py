"""Each page of the guide says whom it is for, and is read in a quarter of an hour."""

import re
import runpy

import pytest

from tests.house.test_documents import FENCE
from tests.house.trees import ROOT

SCRIPT = runpy.run_path(str(ROOT / "docs/guide.py"))
DOCS = ROOT / "docs"
complete_page, page_reader = SCRIPT["complete_page"], SCRIPT["page_reader"]
MOST_MINUTES = 15
MOST_WORDS = 60_000
MOST_IN_A_PARAGRAPH = 120
SOURCES = {
    file.relative_to(DOCS).with_suffix("").as_posix(): file.read_text()
    for file in sorted(DOCS.rglob("*.md"))
}
# The reports of the method are as long as their proofs.
PAGES = {name: text for name, text in SOURCES.items() if not name.startswith("method/")}


def paragraphs(text):
    """The running text of a page: no tables, blocks of code, lists or headings."""
    plain = FENCE.sub("", SCRIPT["FRONT_MATTER"].sub("", text))
    return [part for part in plain.split("\n\n") if not re.match(r"\s*([|#>-]|\d+\.)", part)]


def test_a_page_has_its_reader_and_time_below_its_title():
    text = "---\nfor: Organisers\n---\n# Make a survey\n\n" + "word " * 231
    assert "# Make a survey\n\n{.reader}\nFor: Organisers · 2 min\n" in complete_page("x", text)


@pytest.mark.parametrize(("text", "hidden"), [("# A\n\n[b](b.md)\n", True), ("# A\n", False)])
def test_the_first_page_of_a_folder_lists_the_others_unless_it_links_to_them(text, hidden):
    completed = complete_page("how-to/organisers/index", text)
    assert ":glob:" in completed
    assert (":hidden:" in completed) is hidden
