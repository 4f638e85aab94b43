"""What readers of surveys share: the imported instrument, the report of what is missing, JSON,
texts without what cannot be shown; and names, wordings and terms of conditions from other programs.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from typing import Any, ClassVar, Generic, TypeVar

import msgspec

from survey.problems import Fault
from survey.surveys.expressions import TokenReader
from survey.surveys.instruments import Instrument, Wording
from survey.surveys.instruments.drafts import AnswerListColumns, NotImported
from survey.surveys.refusals import bad_instrument_file

# PostgreSQL stores no NUL, and half of a surrogate pair cannot be written as UTF-8.
CUT = ("Cc", "Cs")
MOST_BYTES = 5_000_000
BYTE = re.compile(r"\(byte (\d+)\)")
MARK = b"\xef\xbb\xbf"  # a byte order mark, which some editors write
RESERVED = ("meta", "data")  # names that an XForm reserves
LONGEST_NAME = 60
# How tightly a piece of XPath binds, loosest first.
OR, AND, EQUAL, RELATED, ADDED, MULTIPLIED, WHOLE = range(7)
Term = TypeVar("Term")


def printable_text(text: str) -> str:
    """The text in NFC, without unprintable characters and outer white space."""
    plain = unicodedata.normalize("NFC", text).replace("\r\n", "\n")
    return "".join(c for c in plain if c in "\n\t" or unicodedata.category(c) not in CUT).strip()


class ImportedInstrument(msgspec.Struct, frozen=True):
    """An instrument made from a file, not checked yet, and what could not be imported.

    `lists` are further files with options that the survey needs, with the columns to use.
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
    at = int(match[1]) if (match := BYTE.search(message)) else len(content)
    line = content.count(b"\n", 0, at) + 1
    # msgspec names no byte for a number that is too large.
    if not match and "truncated" not in message:
        return "the file", "a number is too large to be read"
    if at >= len(content):
        return f"line {line}", "it ends too early, a bracket or a quotation mark is not closed"
    before = content.rfind(b"\n", 0, at) + 1
    return (
        f"line {line}, character {at - before + 1}",
        "there is a character where none is expected",
    )


class Unconvertible(ValueError):
    """An expression that cannot be converted; the sentence says why."""


class FreeNames:
    """The names in use; a name that is taken gets a number."""

    def __init__(self, reserved: Collection[str] = ()) -> None:
        self.used = set(reserved)
        self.numbers: dict[str, int] = {}

    def take(self, wanted: str) -> str:
        """The wanted name, or if it is in use already, that name with the next number."""
        name = wanted
        while name in self.used:
            # Remembered, so that thousands of equal names do not each count up from 2.
            number = self.numbers[wanted] = self.numbers.get(wanted, 1) + 1
            ending = f"_{number}"
            name = wanted[: LONGEST_NAME - len(ending)] + ending
        self.used.add(name)
        return name


def joined_wording(*wordings: Wording, by: str = "\n") -> Wording:
    """Several wordings joined with `by`, for each language."""
    codes = dict.fromkeys(code for wording in wordings for code in wording)
    return {
        code: by.join(wording[code] for wording in wordings if code in wording) for code in codes
    }


def all_conditions(*conditions: str) -> str:
    """Several conditions joined by 'and'; empty ones are ignored."""
    given = [condition for condition in conditions if condition]
    return " and ".join(f"({clause})" for clause in given) if len(given) > 1 else "".join(given)


class ForeignReader(TokenReader, Generic[Term]):
    """Reads an expression of another program into a term of XPath, the loosest operators first.

    `levels` are the program's operators by level, each level with how tightly its XPath binds;
    `operators` are the kinds of tokens that can be operators, `deepest` is how deep brackets may be
    nested.
    """

    wrong = Unconvertible
    levels: ClassVar[Sequence[tuple[int, Collection[str]]]]
    operators: ClassVar[tuple[str, ...]]
    deepest: ClassVar[int]

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        super().__init__(tokens)
        self.depth = 0

    def operand(self) -> Term:
        """The term between operators."""
        raise NotImplementedError

    def join(self, level: int, sign: str, left: Term, right: Callable[[], Term]) -> Term:
        """The term that an operator makes of its left operand and, if `right` is called, of its
        right one.
        """
        raise NotImplementedError

    def level(self, depth: int = 0) -> Term:
        if depth == len(self.levels):
            return self.operand()
        binds, signs = self.levels[depth]
        left = self.level(depth + 1)
        while sign := self.take_operator(signs):
            left = self.join(binds, sign, left, lambda: self.level(depth + 1))
        return left

    def take_operator(self, wanted: Collection[str]) -> str:
        """Take the next token if it is one of these operators, in upper or lower case; returns ''
        if it is not.
        """
        token = self.peek().lower()
        if token in wanted and self.kind() in self.operators:
            self.at += 1
            return token
        return ""

    def read_nested(self, read: Callable[[], Term]) -> Term:
        self.depth += 1
        if self.depth > self.deepest:
            raise Unconvertible("it is nested too deeply")
        term = read()
        self.depth -= 1
        return term

    def values_until(self, end: str) -> list[Term]:
        """The terms between commas, up to a closing bracket."""
        terms: list[Term] = []
        while self.peek() != end:
            terms.append(self.read_nested(self.level))
            if self.peek() != end:
                self.take(",")
        self.take(end)
        return terms
