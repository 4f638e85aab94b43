"""What the survey formats share: the imported instrument, the report of what is missing, JSON,
and texts without what cannot be shown.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Any

import msgspec

from survey.problems import Fault
from survey.surveys.instruments import Instrument
from survey.surveys.instruments.drafts import AnswerListColumns, NotImported
from survey.surveys.refusals import bad_instrument_file

# PostgreSQL stores no NUL, and half of a surrogate pair cannot be written as UTF-8.
CUT = ("Cc", "Cs")


def printable_text(text: str) -> str:
    """The text in NFC, without unprintable characters and outer white space."""
    plain = unicodedata.normalize("NFC", text).replace("\r\n", "\n")
    return "".join(c for c in plain if c in "\n\t" or unicodedata.category(c) not in CUT).strip()


MOST_BYTES = 5_000_000


class ImportedInstrument(msgspec.Struct, frozen=True):
    """An instrument made from a file, not checked yet, and what could not be imported.

    `lists` are further files with options that the survey needs.
    """

    instrument: Instrument
    left: tuple[NotImported, ...] = ()
    lists: dict[str, AnswerListColumns] = {}
    rows: dict[str, list[int]] = {}


class ImportReport:
    """Collects what could not be imported, each thing once."""

    def __init__(self) -> None:
        self.lines: dict[NotImported, None] = {}

    def leave(self, where: str, what: str, why: str) -> None:
        self.lines[NotImported(where, what, why)] = None

    def not_imported(self) -> tuple[NotImported, ...]:
        return tuple(self.lines)


InstrumentReader = Callable[[str, bytes], ImportedInstrument]


BYTE = re.compile(r"\(byte (\d+)\)")
MARK = b"\xef\xbb\xbf"  # a byte order mark, which some editors write


def parse_json(name: str, content: bytes) -> Any:
    content = content.removeprefix(MARK)
    try:
        return msgspec.json.decode(content)
    except RecursionError:
        raise bad_instrument_file(name, "it is nested too deeply.") from None
    except UnicodeDecodeError:
        raise bad_instrument_file(name, "its text is not in UTF-8.") from None
    except msgspec.DecodeError as wrong:
        where, cause = json_error_place(str(wrong), content)
        sentence = f"this is not valid JSON: {cause} in {where}."
        raise bad_instrument_file(name, sentence, Fault(where, cause)) from None


def json_error_place(message: str, content: bytes) -> tuple[str, str]:
    """The line at which the JSON is invalid, and why."""
    at = int(found[1]) if (found := BYTE.search(message)) else len(content)
    line = content.count(b"\n", 0, at) + 1
    # msgspec names no byte for a number that is too large.
    if not found and "truncated" not in message:
        return "the file", "a number is too large to be read"
    if at >= len(content):
        return f"line {line}", "it ends too early, a bracket or a quotation mark is not closed"
    before = content.rfind(b"\n", 0, at) + 1
    return (
        f"line {line}, character {at - before + 1}",
        "there is a character where none is expected",
    )
