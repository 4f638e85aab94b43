"""A copy of somebody's own answers as a PDF, from the page that shows them."""

from pathlib import Path

import msgspec
from lxml import html

from api.paper.form import compile_content
from api.paper.words import isolated_text, main_language, printable_text

TEMPLATE = Path(__file__).with_name("answer_copy.typ")


def render_copy_pdf(page: bytes, language: str, direction: str) -> bytes:
    """The PDF of a page of answers: its heading, what it says above them, and each pair."""
    content = copy_content(page, language) | {
        "lang": main_language(language),
        "direction": direction,
    }
    return compile_content(msgspec.json.encode(content).decode(), TEMPLATE)


def copy_content(page: bytes, language: str) -> dict[str, object]:
    """The words of a page of answers, without what only a screen needs."""
    found = html.fromstring(page.decode()).get_element_by_id("copy")
    for line in found.iter("br"):
        line.tail = "\n" + (line.tail or "")
    rows = found.findall(".//div[@class='govuk-summary-list__row']")
    return {
        "title": words_of(found.find(".//h1")),
        "lines": [words_of(one) for one in found.findall("./p")],
        "rows": [
            [isolated_lines(words_of(row.find(part)), language) for part in ("dt", "dd")]
            for row in rows
        ],
    }


def isolated_lines(text: str, language: str) -> str:
    """The text with each line read in its own direction: an answer in English, on a copy in Urdu,
    too.
    """
    return "\n".join(isolated_text(line, language) for line in text.split("\n"))


def words_of(element: html.HtmlElement) -> str:
    """The text of an element, line by line as it is written."""
    for block in element.iter("p", "li", "div"):
        block.tail = "\n" + (block.tail or "")
    lines = [" ".join(line.split()) for line in element.text_content().split("\n")]
    return printable_text("\n".join(line for line in lines if line))
