"""An instrument in our own format: the JSON of its Struct."""

import re

import msgspec

from survey.files import too_large_file
from survey.formats.instruments import MOST_BYTES, ImportedInstrument
from survey.formats.json_files import parse_json
from survey.problems import Fault
from survey.surveys.instruments import Instrument
from survey.surveys.refusals import bad_instrument_file

PLACE = re.compile(r"(?P<cause>.*?)(?: - at `(?P<path>.*)`)?", re.DOTALL)
MISSING = re.compile(r"Object missing required field `(.*)`")
EXPECTED = re.compile(r"Expected `(.*?)`, got `(.*?)`")
UNKNOWN = re.compile(r"Invalid (?:enum )?value '(.*)'", re.DOTALL)
LENGTH = re.compile(r"Expected `array` of length (\d+)(?:, got (\d+))?")
WORDS = {
    "str": "a text", "int": "a whole number", "float": "a number", "bool": "true or false",
    "object": "an object { }", "array": "a list [ ]", "null": "nothing", "date": "a day",
}  # fmt: skip


def read(name: str, content: bytes) -> ImportedInstrument:
    """The instrument in a file of our own; there is never anything that cannot be imported."""
    if len(content) > MOST_BYTES:
        raise too_large_file(name, MOST_BYTES)
    given = parse_json(name, content)
    try:
        return ImportedInstrument(msgspec.convert(given, Instrument))
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
    if expected := EXPECTED.fullmatch(cause):
        wanted, found = (type_phrase(kinds) for kinds in expected.groups())
        return path, f"{wanted} was expected, but there is {found}"
    if unknown := UNKNOWN.fullmatch(cause):
        return path, f"“{unknown[1]}” is not one of the words allowed there"
    return path, f"something is wrong: {cause}"


def type_phrase(kinds: str) -> str:
    return " or ".join(WORDS.get(kind, kind) for kind in kinds.split(" | "))
