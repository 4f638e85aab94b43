"""Every file format that can be imported, and what a file is, by how it begins."""

import datetime
import io
import re
import zipfile
import zlib

from msgspec.structs import replace

from survey.deployments import Import
from survey.files import delimited
from survey.files.refusals import file_of_another_kind, unknown_format
from survey.places import City
from survey.problems import Fault, Problem
from survey.sources import Format, home_office, met, mopac, open_table, plain, searches, taser

# What people call a file, and where it belongs (KIND_REMEDIES in survey/files/refusals.py).
FileKind = tuple[str, str]

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
    """What a file is that we cannot import, and where it belongs; None if that is not known."""
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
    end = content.rfind(END)
    size = int.from_bytes(content[end + 12 : end + 16], "little")
    # The size that a zip64 directory has is elsewhere, so this one would say nothing.
    if not (end >= 0 and size < MOST_DIRECTORY and END_64 not in content):
        return "a zip archive that is damaged or enormous", "archive"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.namelist()
            sheets = b""
            if WORKBOOK in parts:
                with packed.open(WORKBOOK) as part:
                    sheets = part.read(BYTES_SEARCHED)
    # `zipfile` raises RuntimeError for a password and NotImplementedError for a compression.
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, RuntimeError):
        return "a zip archive that is damaged or enormous", "archive"
    if WORKBOOK in parts:
        xlsform = b'name="survey"' in sheets
        return ("a survey as XLSForm", "survey") if xlsform else ("an Excel workbook", "workbook")
    if "word/document.xml" in parts:
        return "a Word document", "document"
    return "a zip archive", "archive"


FORMATS = (
    met.MET_MONTHS,
    met.MET_REPORTS,
    home_office.HOME_OFFICE,
    open_table.OPEN_TABLE,
    taser.TASER_TRIAL,
    taser.TASER_QUARTERS,
    searches.SEARCHES_CSV,
    searches.SEARCHES_JSON,
    mopac.MOPAC_ROWS,
    mopac.MOPAC_COLUMNS,
    plain.COUNTS,
    plain.BENCHMARK_FIGURES,
    plain.DEPLOYMENTS,
)


def find_format(content: bytes) -> Format | None:
    """The format that the start of a file matches, None if there is none."""
    return next((form for form in FORMATS if form.recognises(content)), None)


def require_format(name: str, content: bytes, kind: str = "") -> Format:
    """The format of a file by its header; raises if there is none, or not of the wanted `kind`."""
    form = find_format(content)
    delimited.check_size(name, content, streamed=form is not None and form.streamed)
    if form and kind in ("", form.kind):
        return form
    raise other_kind_problem(name, content) or unknown_format_problem(name, content, kind)


def other_kind_problem(name: str, content: bytes) -> Problem | None:
    """The refusal that says what the file is instead, None if that is not known."""
    if form := find_format(content):
        return file_of_another_kind(name, form.label, form.kind)
    other = find_other_kind(content)
    return file_of_another_kind(name, *other) if other else None


def unknown_format_problem(name: str, content: bytes, kind: str) -> Problem:
    """The refusal that shows how the file begins and which formats can be read."""
    possible = [form for form in FORMATS if kind in ("", form.kind)]
    seen = (
        delimited.header_as_words(delimited.read_header(content))
        if content.strip()
        else "an empty file"
    )
    return unknown_format(
        name,
        seen,
        tuple(Fault(form.label, form.expected.rpartition("(")[2].rstrip(")")) for form in possible),
    )


def read_import(
    name: str, content: bytes, *, city: City, known_on: datetime.date, kind: str = ""
) -> Import:
    """The import of a file in any of the formats, as known on a day."""
    form = require_format(name, content, kind)
    new_import = form.read(name, content, city=city, known_on=known_on)
    # By the format and not by the reader: it decides what may be shown outside of editions.
    return replace(new_import, origin=form.origin)
