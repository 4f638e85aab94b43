"""The PDF: opened again, its words are there, it is tagged, and it is the same every time."""

import hashlib
import subprocess
import sys

import pypdfium2
import pytest

from api import paper
from tests.unit.editions import bare, sample

SHA = "c0ffee" * 10 + "c0de"
AGAIN = (
    "import hashlib; from api import paper; from tests.unit.editions import sample;"
    f"print(hashlib.sha256(paper.pdf(sample(), '{SHA}')).hexdigest())"
)


def opened(edition):
    document = pypdfium2.PdfDocument(paper.pdf(edition, SHA))
    pages = [page.get_textpage().get_text_bounded() for page in document]
    return document, [" ".join(page.split()) for page in pages]


@pytest.fixture(scope="module")
def full():
    return opened(sample())


def test_it_is_a_tagged_a4_document_with_a_title(full):
    document, pages = full
    assert document.is_tagged()
    assert 5 <= len(pages) <= 9
    assert [round(side) for side in document[0].get_size()] == [595, 842]
    assert document.get_metadata_dict()["Title"] == "Weekly report: London, Week 27 of 2008"


def test_it_names_the_standard_it_keeps():
    assert b"pdfuaid:part>1<" in paper.pdf(sample(), SHA)


def test_every_page_says_which_edition_it_is_and_that_it_is_made_up(full):
    for place, page in enumerate(full[1], start=1):
        assert "Edition 2 · data as of 9 July 2008 · SHA-256 c0ffeec0ffee" in page
        assert f"{place} of {len(full[1])}" in page
        assert "SYNTHETIC DATA" in page


def test_it_holds_the_words_that_the_page_holds(full):
    text = " ".join(full[1])
    for words in (
        "The perception index for London was 58.4 of 100 in the four weeks to 6 July 2008",
        "Hammersmith and Fulham",
        "Too few deployments (n=96) to tell",
        "Smallest effect that could have been detected: 29.7 points",
        "They are not a sample of Londoners; no margin of error can be given",
        "withheld",
        "36 figures are withheld.",
        "Contains OS data © Crown copyright",
        SHA,
    ):
        assert words in text


def test_the_order_is_that_of_the_page(full):
    text = " ".join(full[1])
    headings = (
        "Boroughs at a glance",
        "Perception Index over time",
        "Perception Index by borough",
        "Police do a good job in the local area: published, to",
        "Published perception and deployments together",
        "Complaints and deployments 7",
        "What was done with the device",
        "Perception and deployments together",
        "What people wrote about",
        "What to keep in mind",
        "How this edition was made",
    )
    places = [text.index(heading) for heading in headings]
    assert places == sorted(places)


def test_another_process_makes_the_same_bytes():
    again = subprocess.run(
        [sys.executable, "-c", AGAIN], capture_output=True, text=True, check=True, timeout=120
    )
    here = paper.pdf.__wrapped__(sample(), SHA)
    assert again.stdout.strip() == hashlib.sha256(here).hexdigest()


def test_an_empty_edition_is_one_page_without_the_mark():
    _, pages = opened(bare())
    assert len(pages) == 1
    assert "SYNTHETIC" not in pages[0]
    assert "No figure is withheld." in pages[0]


def test_what_looks_like_markup_is_only_text():
    hostile = '#read("/etc/passwd") *bold* $x$ <label> @ref'
    _, pages = opened(sample(headline=(hostile,), caveats=(hostile,)))
    assert hostile in pages[0]
