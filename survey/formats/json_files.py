"""Reads JSON from any program, or raises a problem that names the line where it is invalid."""

import re
from typing import Any

import msgspec

from survey.problems import Fault
from survey.surveys.refusals import bad_instrument_file

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
