"""No figure of a PDF is printed over another, off the page, too small or a letter a line."""

import datetime
import re

import msgspec
import pypdfium2
import pytest
import typst

from api.editions import files
from survey.editions.figures import CountedDays
from tests import printed
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.made_up_edition import bare_edition, sample

SHA = "c0ffee" * 10 + "c0de"
DAY = datetime.date(2008, 6, 28)


def busy_weekly_edition():
    """A week whose front is set smaller."""
    edition = full_weekly_edition()
    return full_weekly_edition(alerts=edition.alerts * 2, findings=(edition.findings * 2)[:5])


MAKE = {
    "weekly": full_weekly_edition,
    "busy weekly": busy_weekly_edition,
    "monthly": full_monthly_edition,
    "sample": sample,
    "bare": bare_edition,
}


@pytest.mark.parametrize(
    "kind", [pytest.param(one, marks=[pytest.mark.slow] * one.endswith("ly")) for one in MAKE]
)
def test_nothing_is_printed_over_something_else(kind):
    """Found: names and rates of *Twelve months*, themes of *How well the machine reads*."""
    pdf = files.render_edition_pdf(MAKE[kind](), SHA)
    assert "London" in pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()
    assert list(printed.faults(pdf)) == []


@pytest.mark.slow
def test_a_heading_breaks_before_its_brackets_and_never_in_a_date():
    """Found: "(28" and "of 30 days)", "29 Nov" and "2026", and a "year" alone."""
    edition = full_monthly_edition()
    start = edition.end - datetime.timedelta(days=90)
    counted = CountedDays(
        start=edition.start, end=edition.end, first=edition.start, last=DAY, days=28
    )
    persons = tuple(
        msgspec.structs.replace(one, since=start, until=edition.end, counted=counted)
        for one in edition.persons
    )
    edition = msgspec.structs.replace(edition, persons=persons)
    pdf = pypdfium2.PdfDocument(files.render_edition_pdf(edition, SHA))
    words = "\n".join(page.get_textpage().get_text_range() for page in pdf)
    words = words.replace("\N{NO-BREAK SPACE}", " ")
    assert "(28 of 30 days)" in words
    for part in ("1 Apr 2008 to", "30 Jun 2008", "last year"):
        assert part in words.split("Uses on people who may need special care")[-1], part
    assert not re.search(r"\(95%\s*\r\n\s*interval\)", words)


@pytest.mark.slow
def test_a_borough_next_to_its_chart_takes_one_line():
    pdf = pypdfium2.PdfDocument(files.render_edition_pdf(full_weekly_edition(), SHA))
    words = "\n".join(page.get_textpage().get_text_range() for page in pdf)
    assert words.count("within the expected range\r\n") > 30
    assert not re.search(r"within the expected\s*\r\nrange\r\n", words)


PAGE = """#set page(width: 200pt, height: 200pt, margin: 20pt)
#set text(size: 10pt)
"""
FAULTS = {
    "over each other": "#place(dx: 4pt)[Barking]#place[15 uses]",
    "off the page": "#place(dx: 150pt)[Hammersmith]",
    "apart": "B \\ a \\ r \\ n",
    "small": "#scale(60%)[Camden]",
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_would_be_found(kind):
    pdf = typst.compile((PAGE + FAULTS[kind]).encode())
    assert kind in {found[1] for found in printed.faults(pdf)}
