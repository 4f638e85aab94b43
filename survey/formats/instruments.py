"""What a file of another program gives: an instrument, and all of it that could not be carried."""

from collections.abc import Callable

import msgspec

from survey.instruments import Instrument
from survey.instruments.drafts import AnswerList, Left
from survey.problems import Fault, Invalid

MOST_BYTES = 5_000_000
__all__ = ["MOST_BYTES", "AnswerList", "Imported", "Left", "Reader", "Report", "bad_file"]


class Imported(msgspec.Struct, frozen=True):
    """An instrument made of a file, not checked yet, and the report of what is not in it.

    `lists` are files with answers to choose from that the survey needs besides; `rows` are those of
    a sheet in which each name stands.
    """

    instrument: Instrument
    left: tuple[Left, ...] = ()
    lists: dict[str, AnswerList] = {}
    rows: dict[str, list[int]] = {}


class Report:
    """Gathers what a reader cannot carry, each thing once."""

    def __init__(self) -> None:
        self.lines: dict[Left, None] = {}

    def leave(self, where: str, what: str, why: str) -> None:
        self.lines[Left(where, what, why)] = None

    def left(self) -> tuple[Left, ...]:
        return tuple(self.lines)


Reader = Callable[[str, bytes], Imported]


def bad_file(file: str, sentence: str, *faults: Fault) -> Invalid:
    """A file that is no instrument; the sentence names the sheet or part, the row and the cause."""
    return Invalid(
        "instrument.file",
        f"{file} cannot be imported as a survey: {sentence}",
        "Correct the file and import it again. Nothing was saved.",
        faults,
    )
