"""Which reader a file of another program needs, by its name and by what it holds."""

from survey.formats import limesurvey, native, surveyjs, xlsform
from survey.formats.instruments import MOST_BYTES, Imported, Reader, bad_file
from survey.formats.json_files import decoded
from survey.problems import too_large_file

SPREADSHEETS = (".xlsx", ".xls", ".xlsm", ".csv", ".md")
EXPECTED = (
    "A spreadsheet in XLSForm (.xlsx, .xls, .csv or .md), a LimeSurvey survey (.lss), a SurveyJS "
    "survey (.json) or a survey of this product (.json) was expected."
)


def read(name: str, content: bytes) -> Imported:
    """The instrument of a file, whichever program wrote it."""
    if len(content) > MOST_BYTES:
        raise too_large_file(name, MOST_BYTES)
    return reader_of(name, content)(name, content)


def reader_of(name: str, content: bytes) -> Reader:
    kind = "." + name.rpartition(".")[2].lower() if "." in name else ""
    if kind in SPREADSHEETS:
        return xlsform.read
    if kind == ".lss":
        return limesurvey.read
    if kind == ".json":
        return reader_of_json(name, content)
    raise bad_file(name, f"its name ends in {kind or 'nothing'}. {EXPECTED}")


def reader_of_json(name: str, content: bytes) -> Reader:
    given = decoded(name, content)
    keys = given.keys() if isinstance(given, dict) else set()
    if {"slug", "items"} <= keys:
        return native.read
    if keys & {"pages", "elements", "questions"}:
        return surveyjs.read
    raise bad_file(
        name,
        "it is JSON, but has neither “slug” and “items” (a survey of this product) "
        f"nor “pages” or “elements” (SurveyJS). {EXPECTED}",
    )
