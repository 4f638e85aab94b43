"""An instrument as a file of our own: JSON with every field where the Struct has it."""

import re

import msgspec

from survey.formats.instruments import MOST_BYTES, Imported, bad_file
from survey.formats.json_files import decoded
from survey.instruments import Instrument
from survey.problems import Fault, too_large_file

PLACE = re.compile(r"(?P<cause>.*?)(?: - at `(?P<path>.*)`)?", re.DOTALL)
MISSING = re.compile(r"Object missing required field `(.*)`")
EXPECTED = re.compile(r"Expected `(.*?)`, got `(.*?)`")
UNKNOWN = re.compile(r"Invalid (?:enum )?value '(.*)'", re.DOTALL)
LENGTH = re.compile(r"Expected `array` of length (\d+)(?:, got (\d+))?")
WORDS = {
    "str": "a text", "int": "a whole number", "float": "a number", "bool": "true or false",
    "object": "an object { }", "array": "a list [ ]", "null": "nothing", "date": "a day",
}  # fmt: skip


def read(name: str, content: bytes) -> Imported:
    """The instrument as it was written; there is never anything to tell."""
    if len(content) > MOST_BYTES:
        raise too_large_file(name, MOST_BYTES)
    given = decoded(name, content)
    try:
        return Imported(msgspec.convert(given, Instrument))
    except msgspec.ValidationError as wrong:
        path, cause = told(str(wrong))
        raise bad_file(name, f"at {path} {cause}.", Fault(path, cause)) from None
    except RecursionError:
        raise bad_file(name, "it is nested too deeply.") from None


def write(instrument: Instrument) -> bytes:
    return msgspec.json.format(msgspec.json.encode(instrument), indent=2) + b"\n"


def told(message: str) -> tuple[str, str]:
    """Where a file is wrong, as a path in it, and the cause in plain words."""
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
        wanted, found = (in_words(kinds) for kinds in expected.groups())
        return path, f"{wanted} was expected, but there is {found}"
    if unknown := UNKNOWN.fullmatch(cause):
        return path, f"“{unknown[1]}” is not one of the words allowed there"
    return path, f"something is wrong: {cause}"


def in_words(kinds: str) -> str:
    return " or ".join(WORDS.get(kind, kind) for kind in kinds.split(" | "))
