"""What the survey formats share: the imported instrument, and the report of what is missing."""

from collections.abc import Callable

import msgspec

from survey.surveys.instruments import Instrument
from survey.surveys.instruments.drafts import AnswerListColumns, NotImported

MOST_BYTES = 5_000_000
__all__ = [
    "MOST_BYTES",
    "AnswerListColumns",
    "ImportReport",
    "ImportedInstrument",
    "InstrumentReader",
    "NotImported",
]


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
