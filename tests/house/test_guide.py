"""Each page of the guide says whom it is for, and is read in a quarter of an hour."""

import ast
import re
import runpy

import pytest

from api.commands.sbom import PYTHONS
from tests.campaigns.test_backup_versions import VERSIONS
from tests.house.test_documents import FENCE
from tests.house.trees import ROOT, nodes_of

SCRIPT = runpy.run_path(str(ROOT / "docs/guide.py"))
DOCS = ROOT / "docs"
complete_page, page_reader = SCRIPT["complete_page"], SCRIPT["page_reader"]
MOST_MINUTES = 15
MOST_WORDS = 60_000
MOST_IN_A_PARAGRAPH = 120
MADE = re.compile(r"[Mm]ade (by|from) .*`python ", re.DOTALL)
SOURCES = {
    file.relative_to(DOCS).with_suffix("").as_posix(): file.read_text()
    for file in sorted(DOCS.rglob("*.md"))
}
# The reports of the method are as long as their proofs.
PAGES = {name: text for name, text in SOURCES.items() if not name.startswith("method/")}


def paragraphs(text):
    """The running text of a page: no tables, blocks of code, lists or headings."""
    plain = FENCE.sub("", SCRIPT["FRONT_MATTER"].sub("", text))
    return [
        part
        for part in re.split(r"\n\n|\n(?=- )", plain)
        if not re.match(r"\s*([|#>-]|\d+\.)", part)
    ]


def test_every_page_says_whom_it_is_for():
    assert [
        name for name in SOURCES if name != "index" and not page_reader(name, SOURCES[name])
    ] == []


def test_no_page_takes_longer_than_a_quarter_of_an_hour():
    minutes = {name: SCRIPT["reading_minutes"](text) for name, text in PAGES.items()}
    assert {name: took for name, took in minutes.items() if took > MOST_MINUTES} == {}


def test_no_paragraph_is_a_wall():
    longest = {
        name: max((len(part.split()) for part in paragraphs(text)), default=0)
        for name, text in PAGES.items()
    }
    assert {name: most for name, most in longest.items() if most > MOST_IN_A_PARAGRAPH} == {}


def test_the_guide_is_no_longer_than_it_was_made():
    """A page that is added makes room for itself; pages that a program makes are not counted."""
    written = [text for text in PAGES.values() if not MADE.search(text)]
    assert sum(len(text.split()) for text in written) <= MOST_WORDS


def test_supported_versions_are_those_that_are_tested():
    page = (DOCS / "reference/supported-versions.md").read_text()
    assert " and ".join((", ".join(VERSIONS[:-1]), VERSIONS[-1])) in page
    assert " and ".join((", ".join(PYTHONS[:-1]), PYTHONS[-1])) in page


def test_a_page_has_its_reader_and_time_below_its_title():
    text = "---\nfor: Organisers\n---\n# Make a survey\n\n" + "word " * 231
    assert "# Make a survey\n\n{.reader}\nFor: Organisers · 2 min\n" in complete_page("x", text)


@pytest.mark.parametrize(("text", "hidden"), [("# A\n\n[b](b.md)\n", True), ("# A\n", False)])
def test_the_first_page_of_a_folder_lists_the_others_unless_it_links_to_them(text, hidden):
    completed = complete_page("how-to/organisers/index", text)
    assert ":glob:" in completed
    assert (":hidden:" in completed) is hidden


@pytest.mark.parametrize("name", ["guide.py", "conf.py"])
def test_the_guide_is_built_without_the_product(name):
    """The image builds it with the libraries of the group `docs` alone."""
    rooms = {"analysis", "api", "demo", "survey", "tools"}
    assert rooms & {module.partition(".")[0] for module in imported_modules(DOCS / name)} == set()


def imported_modules(file):
    for node in nodes_of(file):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
