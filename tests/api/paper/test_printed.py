"""No figure of a PDF is printed over another, off the page, or with one letter a line."""

import re

import pypdfium2
import pytest
import typst

from api.editions import files
from tests import printed
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.made_up_edition import bare_edition, sample

SHA = "c0ffee" * 10 + "c0de"
MAKE = {
    "weekly": full_weekly_edition,
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
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_would_be_found(kind):
    pdf = typst.compile((PAGE + FAULTS[kind]).encode())
    assert kind in {found[1] for found in printed.faults(pdf)}
