"""Finds the reader for a survey file, by its name and contents, and runs it; our own JSON."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import msgspec

from survey.files.isolation import IsolationError, run_limited
from survey.files.refusals import too_large_file
from survey.formats import foreign, limesurvey, surveyjs, xlsform
from survey.formats.repairs import mended_instrument, with_room, with_unique_names
from survey.problems import Fault
from survey.surveys.instruments import Instrument, faults_of_size
from survey.surveys.instruments.drafts import NotImported
from survey.surveys.refusals import bad_instrument_file

PLACE = re.compile(r"(?P<cause>.*?)(?: - at `(?P<path>.*)`)?", re.DOTALL)
MISSING = re.compile(r"Object missing required field `(.*)`")
EXPECTED_TYPE = re.compile(r"Expected `(.*?)`, got `(.*?)`")
UNKNOWN = re.compile(r"Invalid (?:enum )?value '(.*)'", re.DOTALL)
LENGTH = re.compile(r"Expected `array` of length (\d+)(?:, got (\d+))?")
WORDS = {
    "str": "a text", "int": "a whole number", "float": "a number", "bool": "true or false",
    "object": "an object { }", "array": "a list [ ]", "null": "nothing", "date": "a day",
}  # fmt: skip
IN_SURVEY = re.compile(r"survey \(([^()]+)\)")
MOST_WRITTEN = 50_000_000  # pyxform writes its form to a temporary file
MOST_LINES, MOST_LETTERS = 2_000, 1_000  # of the import report


def read_own(name: str, content: bytes) -> foreign.ImportedInstrument:
    """The instrument that a file in our own format holds; everything in it can be imported."""
    if len(content) > foreign.MOST_BYTES:
        raise too_large_file(name, foreign.MOST_BYTES)
    given = foreign.parse_json(name, content)
    try:
        return foreign.ImportedInstrument(msgspec.convert(given, Instrument))
    except msgspec.ValidationError as wrong:
        path, cause = error_path_and_cause(str(wrong))
        raise bad_instrument_file(name, f"at {path} {cause}.", Fault(path, cause)) from None
    except RecursionError:
        raise bad_instrument_file(name, "it is nested too deeply.") from None


def to_json(instrument: Instrument) -> bytes:
    return msgspec.json.format(msgspec.json.encode(instrument), indent=2) + b"\n"


def error_path_and_cause(message: str) -> tuple[str, str]:
    """The path at which a file is wrong, and the cause in plain words."""
    match = PLACE.fullmatch(message)
    path = (match and match["path"]) or "$"
    cause = str(match["cause"]) if match else message
    if missing := MISSING.fullmatch(cause):
        return path, f"the entry “{missing[1]}” is missing"
    if length := LENGTH.fullmatch(cause):
        return path, f"the list needs {length[1]} entries" + (
            f" but has {length[2]}" if length[2] else ""
        )
    if expected := EXPECTED_TYPE.fullmatch(cause):
        wanted, actual_type = (
            " or ".join(WORDS.get(kind, kind) for kind in kinds.split(" | "))
            for kinds in expected.groups()
        )
        return path, f"{wanted} was expected, but there is {actual_type}"
    if unknown := UNKNOWN.fullmatch(cause):
        return path, f"“{unknown[1]}” is not one of the words allowed there"
    return path, f"something is wrong: {cause}"


# The reader of each ending; JSON is told apart by what is in it.
READERS: dict[str, foreign.InstrumentReader] = {
    **dict.fromkeys((".xlsx", ".xls", ".xlsm", ".csv", ".md"), xlsform.read),
    # a survey, a group of questions, one question
    **dict.fromkeys((".lss", ".lsg", ".lsq"), limesurvey.read),
}
JSON_READERS: tuple[tuple[frozenset[str], foreign.InstrumentReader], ...] = (
    (frozenset({"slug", "items"}), read_own),
    (frozenset({"pages"}), surveyjs.read),
    (frozenset({"elements"}), surveyjs.read),
    (frozenset({"questions"}), surveyjs.read),
)
EXPECTED = (
    "Choose a spreadsheet in XLSForm (.xlsx, .xls, .csv or .md), a file of LimeSurvey (.lss, .lsg "
    "or .lsq), of SurveyJS (.json), or a survey downloaded from here (.json)."
)


def read(name: str, content: bytes) -> foreign.ImportedInstrument:
    """The instrument of a file, whichever program wrote it."""
    if len(content) > foreign.MOST_BYTES:
        raise too_large_file(name, foreign.MOST_BYTES)
    reader = find_reader(name, content)
    original = reader(name, content)
    report, instrument = foreign.ImportReport(), original.instrument
    # Our own files are never cut: what comes back must be what went out.
    if reader is not read_own and faults_of_size(instrument):
        instrument = with_room(instrument, report)
    # Before the names are compared, which a file too large would make slow.
    if faults := faults_of_size(instrument):
        raise bad_instrument_file(name, f"{faults[0].where} {faults[0].sentence}.", *faults)
    if reader is read_own:
        instrument = with_unique_names(instrument, report)
    else:
        instrument = mended_instrument(instrument, report, original.lists)
    mends = with_rows(report.not_imported(), original.rows)
    left = (*original.left, *mends)
    shown = [
        NotImported(
            *(
                foreign.printable_text(words)[:MOST_LETTERS]
                for words in (line.where, line.what, line.why)
            )
        )
        for line in left[:MOST_LINES]
    ]
    if more := len(left) - len(shown):
        shown.append(NotImported("the file", f"{more:,} more things", "the report ends here"))
    return foreign.ImportedInstrument(instrument, tuple(shown), original.lists)


def with_rows(
    left: tuple[NotImported, ...], rows: Mapping[str, Sequence[int]]
) -> Iterator[NotImported]:
    """The report lines on corrected questions, each with the row of its question. If several
    questions share a name, the first keeps it, and only the lines on new names for the others
    get a row.
    """
    later = {name: iter(numbers[1:]) for name, numbers in rows.items()}
    for line in left:
        match = IN_SURVEY.fullmatch(line.where)
        name = match[1] if match else ""
        numbers = rows.get(name, ())
        if len(numbers) > 1:
            numbers = [*islice(later[name], 1)] if line.what == f"the name “{name}”" else ()
        yield (
            NotImported(f"survey, row {numbers[0]} ({name})", line.what, line.why)
            if numbers
            else line
        )


def read_in_child(name: str, content: bytes) -> foreign.ImportedInstrument:
    """The instrument of a file, read in a separate process with limits, as with every upload."""
    try:
        return run_limited(read, (name, content), {}, file_size=MOST_WRITTEN)
    except IsolationError as ended:
        raise bad_instrument_file(name, f"{ended}.") from None


def find_reader(name: str, content: bytes) -> foreign.InstrumentReader:
    kind = "." + name.rpartition(".")[2].lower() if "." in name else ""
    if kind in READERS:
        return READERS[kind]
    if kind == ".json":
        given = foreign.parse_json(name, content)
        keys = given.keys() if isinstance(given, dict) else set()
        for wanted, reader in JSON_READERS:
            if wanted <= keys:
                return reader
        raise bad_instrument_file(
            name,
            "it is JSON, but has neither “slug” and “items” (a survey of this product) "
            f"nor “pages” or “elements” (SurveyJS). {EXPECTED}",
        )
    raise bad_instrument_file(name, f"its name ends in {kind or 'nothing'}. {EXPECTED}")
