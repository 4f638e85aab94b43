"""What a file is if it is not a file of figures, by how it begins: a survey, a codebook, a PDF."""

import io
import re
import zipfile
import zlib

from survey.sources.reading import delimited

FileKind = tuple[
    str, str
]  # what people call it, and where it belongs (KIND_REMEDIES in refusals.py)

STARTS: tuple[tuple[bytes, FileKind], ...] = (
    (b"%PDF-", ("a PDF", "document")),
    (b"\xd0\xcf\x11\xe0", ("an old Excel workbook", "workbook")),
    (b"\x1f\x8b", ("a compressed file", "archive")),
)
MARKS: tuple[tuple[re.Pattern[bytes], FileKind], ...] = (
    (re.compile(rb"<!doctype html|<html", re.I), ("a web page", "page")),
    (re.compile(rb"<LimeSurveyDocType>"), ("a LimeSurvey survey", "survey")),
    (re.compile(rb"<CodeBook\b"), ("a codebook (REFI-QDA)", "codebook")),
    (re.compile(rb"<h:html"), ("a survey as XForm", "survey")),
    (re.compile(rb'^\s*\{.*"slug"\s*:.*"items"\s*:', re.S), ("a survey as JSON", "survey")),
    (re.compile(rb'^\s*\{.*"(pages|elements)"\s*:', re.S), ("a SurveyJS survey", "survey")),
)
HEADERS: tuple[tuple[frozenset[str], FileKind], ...] = (
    (frozenset({"type", "name", "label"}), ("a survey as XLSForm", "survey")),
    (frozenset({"name", "description", "seeds"}), ("a codebook", "codebook")),
    (
        frozenset({"area", "year", "dimension", "category", "persons"}),
        ("a census of residents", "places"),
    ),
    (frozenset({"date", "geography", "geography code"}), ("a table of the census", "places")),
    (frozenset({"code", "name", "police_area"}), ("a list of areas", "places")),
    (frozenset({"district", "areas"}), ("a list of postcode districts", "places")),
)
BYTES_SEARCHED = 20_000
END, END_64 = b"PK\x05\x06", b"PK\x06\x07"
MOST_DIRECTORY = 200_000
WORKBOOK = "xl/workbook.xml"


def find_other_kind(content: bytes) -> FileKind | None:
    """What the file is and where it belongs; None if that is not known."""
    start = content[:BYTES_SEARCHED]
    for mark, kind in STARTS:
        if start.startswith(mark):
            return kind
    if start.startswith(b"PK\x03\x04"):
        return zip_kind(content)
    for pattern, kind in MARKS:
        if pattern.search(start):
            return kind
    header = set(delimited.read_header(content))
    return next((kind for columns, kind in HEADERS if columns <= header), None)


def zip_kind(content: bytes) -> FileKind:
    """The kind of a zip file, by the names of its parts and of a workbook's sheets."""
    if not has_small_directory(content):
        return "a zip archive that is damaged or enormous", "archive"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.namelist()
            sheets = b""
            if WORKBOOK in parts:
                with packed.open(WORKBOOK) as part:
                    sheets = part.read(BYTES_SEARCHED)
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, RuntimeError):
        return "a zip archive that is damaged or enormous", "archive"
    if WORKBOOK in parts:
        xlsform = b'name="survey"' in sheets
        return ("a survey as XLSForm", "survey") if xlsform else ("an Excel workbook", "workbook")
    if "word/document.xml" in parts:
        return "a Word document", "document"
    return "a zip archive", "archive"


def has_small_directory(content: bytes) -> bool:
    """True if the zip directory is short by its own account: the library reads all of it."""
    end = content.rfind(END)
    size = int.from_bytes(content[end + 12 : end + 16], "little")
    return end >= 0 and size < MOST_DIRECTORY and END_64 not in content
