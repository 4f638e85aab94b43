"""Finds the reader for a survey file, by its name and contents, and runs it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from survey.files import too_large_file
from survey.formats import limesurvey, native, surveyjs, xlsform
from survey.formats.importing.mending import mended_instrument, with_room, with_unique_names
from survey.formats.instruments import (
    MOST_BYTES,
    ImportedInstrument,
    ImportReport,
    InstrumentReader,
)
from survey.formats.json_files import parse_json
from survey.formats.tidying import printable_text
from survey.isolation import IsolationError, run_limited
from survey.surveys.instruments.drafts import NotImported
from survey.surveys.instruments.sizes import faults_of_size
from survey.surveys.refusals import bad_instrument_file

IN_SURVEY = re.compile(r"survey \(([^()]+)\)")
MOST_WRITTEN = 50_000_000  # pyxform writes its form to a temporary file
MOST_LINES, MOST_LETTERS = 2_000, 1_000  # of the import report
# The reader of each ending; JSON is told apart by what is in it.
READERS: dict[str, InstrumentReader] = {
    **dict.fromkeys((".xlsx", ".xls", ".xlsm", ".csv", ".md"), xlsform.read),
    # a survey, a group of questions, one question
    **dict.fromkeys((".lss", ".lsg", ".lsq"), limesurvey.read),
}
JSON_READERS: tuple[tuple[frozenset[str], InstrumentReader], ...] = (
    (frozenset({"slug", "items"}), native.read),
    (frozenset({"pages"}), surveyjs.read),
    (frozenset({"elements"}), surveyjs.read),
    (frozenset({"questions"}), surveyjs.read),
)
EXPECTED = (
    "Choose a spreadsheet in XLSForm (.xlsx, .xls, .csv or .md), a file of LimeSurvey (.lss, .lsg "
    "or .lsq), of SurveyJS (.json), or a survey downloaded from here (.json)."
)


def read(name: str, content: bytes) -> ImportedInstrument:
    """The instrument of a file, whichever program wrote it."""
    if len(content) > MOST_BYTES:
        raise too_large_file(name, MOST_BYTES)
    reader = find_reader(name, content)
    found = reader(name, content)
    report, instrument = ImportReport(), found.instrument
    # Our own files are never cut: what comes back must be what went out.
    if reader is not native.read and faults_of_size(instrument):
        instrument = with_room(instrument, report)
    # Before the names are compared, which a file too large would make slow.
    if faults := faults_of_size(instrument):
        raise bad_instrument_file(name, f"{faults[0].where} {faults[0].sentence}.", *faults)
    if reader is native.read:
        instrument = with_unique_names(instrument, report)
    else:
        instrument = mended_instrument(instrument, report, found.lists)
    mends = with_rows(report.not_imported(), found.rows)
    return ImportedInstrument(instrument, shortened_report((*found.left, *mends)), found.lists)


def with_rows(
    left: tuple[NotImported, ...], rows: Mapping[str, Sequence[int]]
) -> Iterator[NotImported]:
    """The lines on corrected questions, each with the row of its question; of several with one name
    the first keeps it.
    """
    later = {name: iter(numbers[1:]) for name, numbers in rows.items()}
    for one in left:
        match = IN_SURVEY.fullmatch(one.where)
        name = match[1] if match else ""
        numbers = rows.get(name, ())
        if len(numbers) > 1:
            numbers = [*islice(later[name], 1)] if one.what == f"the name “{name}”" else ()
        yield (
            NotImported(f"survey, row {numbers[0]} ({name})", one.what, one.why) if numbers else one
        )


def shortened_report(left: tuple[NotImported, ...]) -> tuple[NotImported, ...]:
    """The report without unprintable characters, and cut to a length that people will read."""
    shown = [
        NotImported(
            *(printable_text(words)[:MOST_LETTERS] for words in (one.where, one.what, one.why))
        )
        for one in left[:MOST_LINES]
    ]
    if more := len(left) - len(shown):
        shown.append(NotImported("the file", f"{more:,} more things", "the report ends here"))
    return tuple(shown)


def read_in_child(name: str, content: bytes) -> ImportedInstrument:
    """The instrument of a file, read in a separate process with limits, as with every upload."""
    try:
        return run_limited(read, (name, content), {}, file_size=MOST_WRITTEN)
    except IsolationError as ended:
        raise bad_instrument_file(name, f"{ended}.") from None


def find_reader(name: str, content: bytes) -> InstrumentReader:
    kind = "." + name.rpartition(".")[2].lower() if "." in name else ""
    if kind in READERS:
        return READERS[kind]
    if kind == ".json":
        return find_json_reader(name, content)
    raise bad_instrument_file(name, f"its name ends in {kind or 'nothing'}. {EXPECTED}")


def find_json_reader(name: str, content: bytes) -> InstrumentReader:
    given = parse_json(name, content)
    keys = given.keys() if isinstance(given, dict) else set()
    for wanted, reader in JSON_READERS:
        if wanted <= keys:
            return reader
    raise bad_instrument_file(
        name,
        "it is JSON, but has neither “slug” and “items” (a survey of this product) "
        f"nor “pages” or “elements” (SurveyJS). {EXPECTED}",
    )
