"""The PDF: opened again, its words are there, it is tagged, and it is the same every time."""

import hashlib
import subprocess
import sys

import msgspec
import pypdfium2
import pytest

from api.editions import files
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.made_up_edition import bare_edition, sample

SHA = "c0ffee" * 10 + "c0de"
AGAIN = (
    "import hashlib; from api.editions import files;"
    "from tests.analysis.editions.made_up_edition import sample;"
    f"print(hashlib.sha256(files.render_edition_pdf(sample(), '{SHA}')).hexdigest())"
)


def open_pdf(edition):
    document = pypdfium2.PdfDocument(files.render_edition_pdf(edition, SHA))
    pages = [page.get_textpage().get_text_bounded() for page in document]
    return document, [" ".join(page.split()) for page in pages]


@pytest.fixture(scope="module")
def full():
    return open_pdf(sample())


def test_it_is_a_tagged_a4_document_with_a_title(full):
    document, pages = full
    assert document.is_tagged()
    assert 5 <= len(pages) <= 9
    assert [round(side) for side in document[0].get_size()] == [595, 842]
    assert document.get_metadata_dict()["Title"] == "Weekly report: London, Week 27 of 2008"


def test_it_names_the_standard_it_keeps():
    assert b"pdfuaid:part>1<" in files.render_edition_pdf(sample(), SHA)


def test_every_page_says_which_edition_it_is_and_that_it_is_made_up(full):
    for place, page in enumerate(full[1], start=1):
        assert "Edition 2, data as of 9 July 2008, SHA-256 c0ffeec0ffee" in page
        assert f"{place} of {len(full[1])}" in page
        assert "SYNTHETIC DATA" in page


def test_it_holds_the_words_that_the_page_holds(full):
    text = " ".join(full[1])
    for words in (
        "The perception index for London was 58.4 of 100 in the four weeks to 6 July 2008",
        "Hammersmith and Fulham",
        "Too few deployments (n=96) to tell",
        "Smallest effect that would usually have shown up: 29.7 points",
        "They do not represent Londoners, so there is no margin of error",
        "withheld",
        "36 figures are withheld in the tables of the index",
        "Contains OS data © Crown copyright",
        SHA,
    ):
        assert words in text


def test_the_order_is_that_of_the_page(full):
    text = " ".join(full[1])
    headings = (
        "Perception index over time",
        "Boroughs at a glance",
        "The figures in full",
        "Perception index by borough",
        "Police do a good job in the local area: published figures to",
        "Published perception and deployments together",
        "What people wrote about Residents we asked",
        "Complaints and deployments 7",
        "What was done with the device",
        "Perception and deployments together Residents",
        "What to keep in mind",
        "How this edition was made",
    )
    places = [text.index(heading) for heading in headings]
    assert places == sorted(places)


@pytest.mark.slow
def test_another_process_makes_the_same_bytes():
    again = subprocess.run(
        [sys.executable, "-c", AGAIN], capture_output=True, text=True, check=True, timeout=120
    )
    here = files.render_edition_pdf.__wrapped__(sample(), SHA)
    assert again.stdout.strip() == hashlib.sha256(here).hexdigest()


def test_an_empty_edition_is_one_page_without_the_mark():
    _, pages = open_pdf(bare_edition())
    assert len(pages) == 1
    assert "SYNTHETIC" not in pages[0]
    assert "No figure is withheld in the tables of the index" in pages[0]


def test_what_looks_like_markup_is_only_text():
    hostile = '#read("/etc/passwd") *bold* $x$ <label> @ref'
    _, pages = open_pdf(sample(headline=(hostile,), caveats=(hostile,)))
    assert hostile in pages[0]


@pytest.fixture(scope="module")
def week():
    return open_pdf(full_weekly_edition())[1]


@pytest.fixture(scope="module")
def month():
    return open_pdf(full_monthly_edition())[1]


def test_a_week_stands_on_one_side_and_what_is_longer_comes_after(week):
    for words in (
        "Week 27 of 2008",
        "Answers came from 31 of 33 boroughs",
        "What we built into this demo.",
        "Expected: 9 to 29.",
        "Perception index over time",
        "Boroughs at a glance",
        "What changed",
        "Frequent themes",
        "Association is not proof of cause.",
    ):
        assert words in week[0].replace("\N{NO-BREAK SPACE}", " ")
    assert "The figures in full" in week[1]


def test_a_busy_week_is_set_smaller_and_stays_on_its_side():
    edition = full_weekly_edition()
    pages = open_pdf(
        full_weekly_edition(alerts=edition.alerts * 2, findings=(edition.findings * 2)[:5])
    )[1]
    assert "Association is not proof of cause." in pages[0]
    assert "The figures in full" in pages[1]


def test_on_its_side_a_week_names_themes_and_says_later_what_they_are_about():
    """The descriptions took the room of the alerts, which ran into the foot of the page."""
    about = "Being stopped, being searched, and being told why."
    themes = tuple(
        msgspec.structs.replace(one, meaning=about) for one in full_weekly_edition().themes
    )
    first, *later = open_pdf(full_weekly_edition(themes=themes))[1]
    assert themes[0].name in first
    assert about not in first
    assert any(about in page for page in later)


def test_a_month_has_every_chapter(month):
    text = " ".join(month)
    for words in (
        "Summary",
        "How good the sample is",
        "Whether the questions measure one thing",
        "Which boroughs stand out",
        "On whom force was used",
        "A ratio does not show why",
        "Fired at, of people it was drawn on",
        "Children, older and disabled people",
        "Complaints after deployments",
        "Week by week, with a placebo check",
        "Effect of the start",
        "In the words of people who wrote in",
        "Compared with May 2008",
        "Actions from last month",
        "(/method/disparity_ratio)",
    ):
        assert words in text
    # All boroughs in order take a page more than three funnels did.
    assert len(month) <= 27


def test_a_month_is_tagged_and_the_same_each_time():
    body = files.render_edition_pdf(full_monthly_edition(), SHA)
    assert b"pdfuaid:part>1<" in body
    assert files.render_edition_pdf.__wrapped__(full_monthly_edition(), SHA) == body
