"""Turns LimeSurvey's texts, which are HTML, into plain text."""

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree, html

from survey.formats.instruments import ImportReport
from survey.surveys.instruments import Wording

BLOCKS = frozenset(
    {
        "address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "fieldset",
        "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
        "li", "main", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul",
    }
)  # fmt: skip
UNSEEN = frozenset({"script", "style", "head", "title", "template", "noscript"})
SHOWN = {
    "img": "a picture", "audio": "a sound", "video": "a video", "iframe": "a page of another site",
    "object": "an embedded file", "embed": "an embedded file", "script": "a script",
    "input": "a form field", "svg": "a drawing",
}  # fmt: skip
MARKUP = re.compile(r"<[a-zA-Z/!]|&[#\w]+;")
FILLED = re.compile(r"\{[^\s{}][^{}]*\}")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# The HTML comes from strangers, and each level is a call on the stack.
DEEP = 100
# Question types with fixed options, which LimeSurvey translates itself.
FIXED = {
    "Y": {"Y": "Yes", "N": "No"},
    "G": {"F": "Female", "M": "Male"},
    "A": {str(point): str(point) for point in range(1, 6)},
    "B": {str(point): str(point) for point in range(1, 11)},
    "C": {"Y": "Yes", "U": "Uncertain", "N": "No"},
    "E": {"I": "Increase", "S": "Same", "D": "Decrease"},
}


def plain_text(text: str, where: str, report: ImportReport) -> str:
    """The text without HTML; pictures, links and other things lost are reported."""
    if MARKUP.search(text):
        try:
            root = html.fragment_fromstring(text, create_parent="div")
        except (etree.ParserError, etree.XMLSyntaxError, ValueError):
            root = html.Element("div")
            root.text = text
        pieces: list[str] = []
        append_text(root, pieces, where, report)
        text = "".join(pieces)
    text = CONTROL.sub("", text.replace("\xa0", " "))
    lines = (re.sub(r"[^\S\n]+", " ", line).strip() for line in text.split("\n"))
    text = re.sub(r"\n{2,}", "\n", "\n".join(lines)).strip()
    for filled in dict.fromkeys(FILLED.findall(text)):
        report.leave(where, filled, "answers are not put into texts here; it is shown as written")
    # XLSForm reads '-' as no text, and '${' would be taken for the answer to a question.
    return "" if text == "-" else text.replace("${", "$ {")


def append_text(
    node: Any, pieces: list[str], where: str, report: ImportReport, depth: int = 0
) -> None:
    """Append the texts of an element in reading order, block elements on lines of their own."""
    # Comments and instructions have no tag name; like scripts they are not read.
    tag = node.tag if isinstance(node.tag, str) else "script"
    if tag in SHOWN and isinstance(node.tag, str):
        source = node.get("src") or node.get("data") or node.get("alt") or ""
        report.leave(where, f"{SHOWN[tag]} {source[:200]}".strip(), "only words are shown here")
    if tag == "a" and node.get("href"):
        report.leave(where, f"the link to {node.get('href')[:200]}", "only words are shown here")
    edge = "\n" if tag in BLOCKS else ""
    pieces.append(edge)
    if tag not in UNSEEN:
        # In HTML a line break is a blank; only blocks begin a new line.
        pieces.append(" ".join((node.text or "").split("\n")))
        for child in node if depth < DEEP else ():
            append_text(child, pieces, where, report, depth + 1)
            pieces.append(" ".join((child.tail or "").split("\n")))
    pieces.append(edge)


def wording_from_code(code: str, languages: list[str]) -> Wording:
    """The code as wording, for things without a text."""
    return {languages[0]: plain_text(code, "", ImportReport()) or "?"}


def plain_wording(texts: Mapping[str, str], where: str, report: ImportReport) -> Wording:
    found = {code: plain_text(text, where, report) for code, text in texts.items()}
    return {code: text for code, text in found.items() if text}


def joined_wording(*wordings: Wording, by: str = "\n") -> Wording:
    """Several wordings joined with `by`, for each language."""
    codes = dict.fromkeys(code for wording in wordings for code in wording)
    return {code: by.join(one[code] for one in wordings if code in one) for code in codes}


def fixed_wording(word: str, languages: list[str], where: str, report: ImportReport) -> Wording:
    """A built-in English text of LimeSurvey; numbers are the same in every language."""
    if word.isdecimal():
        return dict.fromkeys(languages, word)
    english = [code for code in languages if code.partition("-")[0] == "en"]
    if len(english) < len(languages):
        why = "LimeSurvey has it in other languages by itself; it is in English here"
        report.leave(where, f"the word {word}", why)
    return dict.fromkeys(english or ["en"], word)
