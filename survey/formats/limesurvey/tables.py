"""The tables of a LimeSurvey file, and its texts, which are HTML, as plain text.

Up to version 3 a row is repeated for each language; from version 4 the texts are in separate
tables, such as question_l10ns.
"""

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree, html

from survey.files.refusals import too_large_file
from survey.formats.foreign import MOST_BYTES, ImportReport
from survey.formats.languages import CODE
from survey.problems import Fault
from survey.surveys.instruments import Wording
from survey.surveys.refusals import bad_instrument_file

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
    """The code used as wording, for anything that has no text."""
    return {languages[0]: plain_text(code, "", ImportReport()) or "?"}


def plain_wording(texts: Mapping[str, str], where: str, report: ImportReport) -> Wording:
    wording = {code: plain_text(text, where, report) for code, text in texts.items()}
    return {code: text for code, text in wording.items() if text}


def fixed_wording(word: str, languages: list[str], where: str, report: ImportReport) -> Wording:
    """A built-in English text of LimeSurvey as a wording; a number counts for every language."""
    if word.isdecimal():
        return dict.fromkeys(languages, word)
    english = [code for code in languages if code.partition("-")[0] == "en"]
    if len(english) < len(languages):
        why = "LimeSurvey has it in other languages by itself; it is in English here"
        report.leave(where, f"the word {word}", why)
    return dict.fromkeys(english or ["en"], word)


Record = dict[str, str]
Tables = dict[str, list[Record]]
VERSIONS = range(177, 642)
KINDS = ("Survey", "Group", "Question")
# For each table, the one with its texts, and the column that links them.
WORDS = {
    "groups": ("group_l10ns", "gid"),
    "questions": ("question_l10ns", "qid"),
    "subquestions": ("question_l10ns", "qid"),
    "answers": ("answer_l10ns", "aid"),
    "defaultvalues": ("defaultvalue_l10ns", "dvid"),
}
# Files come from strangers: entities could read files of the server, or grow without end.
BARE = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
# PostgreSQL stores no NUL, and XML 1.0 has no place for most of the others.


class LimesurveyFile:
    """One file: what kind it is, its languages with the base one first, and its tables."""

    def __init__(self, name: str, content: bytes) -> None:
        if len(content) > MOST_BYTES:
            raise too_large_file(name, MOST_BYTES)
        self.name = name
        try:
            root = etree.fromstring(content, BARE)
        except (etree.XMLSyntaxError, ValueError, LookupError) as wrong:
            raise bad_instrument_file(name, f"it is not valid XML: {wrong}.") from None
        self.kind = (root.findtext("LimeSurveyDocType") or "").strip()
        if root.tag != "document" or self.kind not in KINDS:
            raise bad_instrument_file(
                name, "it is not a survey, group or question from LimeSurvey."
            )
        given = (root.findtext("DBVersion") or "").strip()
        if not given.isdecimal() or int(given) not in VERSIONS:
            named = f"of version {given[:20]}" if given else "without a DBVersion"
            raise bad_instrument_file(
                self.name,
                f"it is a file {named}; versions {VERSIONS[0]} to {VERSIONS[-1]} can be read.",
            )
        self.version = int(given)
        self.languages = [
            (language.text or "").strip()
            for language in root.iterfind("languages/language")
            if language.text
        ]
        self.tables: Tables = {
            str(table.tag): [
                {
                    str(cell.tag): CONTROL.sub("", "".join(cell.itertext())).strip()
                    for cell in row
                    if isinstance(cell.tag, str)
                }
                for row in table.iterfind("rows/row")
            ]
            for table in root
            if isinstance(table.tag, str) and table.find("rows") is not None
        }
        settings = self.settings()
        base = settings.get("language", "")
        more = [base, *settings.get("additional_languages", "").split(), *self.languages]
        # A code becomes an attribute of pages and a heading of spreadsheets.
        self.languages = list(dict.fromkeys(code for code in more if CODE.fullmatch(code))) or [
            "en"
        ]
        if not self.rows("questions"):
            raise self.bad("questions", 0, "there is no question in it.")

    def settings(self) -> Record:
        return next(iter(self.rows("surveys")), {})

    def rows(self, table: str) -> list[Record]:
        return self.tables.get(table, [])

    def bad(self, table: str, row: int, sentence: str) -> Exception:
        where = f"table {table}" + (f", row {row}" if row else "")
        return bad_instrument_file(self.name, f"{where}: {sentence}", Fault(where, sentence))

    def records_with_texts(self, table: str, *words: str) -> list[Record]:
        """The records of a table, one for each thing, with its texts under 'column:language'."""
        apart, key = WORDS[table]
        own = "qid" if table == "subquestions" else key
        records: dict[str, Record] = {}
        for number, row in enumerate(self.rows(table), 1):
            name = row.get(own) or self.name_by_place(table, row)
            if not name:
                raise self.bad(table, number, f"it has no {own}.")
            record = records.setdefault(name, row | {"row": str(number)})
            self.add_words(record, row, words)
        for number, row in enumerate(self.rows(apart), 1):
            if not row.get(key):
                raise self.bad(apart, number, f"it has no {key}.")
            # Questions and subquestions share one table of texts.
            if row[key] in records:
                self.add_words(records[row[key]], row, words)
        return list(records.values())

    def name_by_place(self, table: str, row: Record) -> str:
        """The key of an answer or default value in older files, where these have no id; for
        anything else ''.
        """
        if table not in ("answers", "defaultvalues"):
            return ""
        keys = ("qid", "code", "scale_id", "sqid", "specialtype")
        return "/".join(row.get(key, "") for key in keys) if row.get("qid") else ""

    def add_words(self, record: Record, row: Record, words: tuple[str, ...]) -> None:
        language = row.get("language") or self.languages[0]
        for column in words:
            if row.get(column) and language in self.languages:
                record.setdefault(f"{column}:{language}", row[column])

    def wording(self, row: Record, column: str) -> dict[str, str]:
        texts = {code: row.get(f"{column}:{code}", "") for code in self.languages}
        return {code: text for code, text in texts.items() if text}


def to_integer(text: str) -> int:
    """A number in a cell, for ordering rows; 0 if the cell holds no number."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else 0
