"""What a format of an export is; each is a file of this folder and a line of its registry."""

from collections.abc import AsyncGenerator, Callable

import msgspec

from api.operations.exporting.answer_tables import AnswerTables
from survey.store.database import Connection

WriteTables = Callable[
    [Connection, str, AnswerTables, bool], AsyncGenerator[bytes]
]  # the survey, its tables, and whether all of them are wanted


class ExportFormat(msgspec.Struct, frozen=True, kw_only=True):
    """A format: what it is called and good for, its files, and how they are written."""

    name: str
    title: str
    purpose: str
    ending: str
    media_type: str
    write: WriteTables
    tables: type[AnswerTables] = AnswerTables
    is_zip: bool = False  # even with one table
    holds_every_table: bool = False
    has_words: bool = True  # whether one chooses between words and codes

    def ending_of(self, *, every_table: bool) -> str:
        zipped = self.is_zip or (every_table and not self.holds_every_table)
        return "zip" if zipped else self.ending

    def media_type_of(self, *, every_table: bool) -> str:
        zipped = self.ending_of(every_table=every_table) == "zip"
        return "application/zip" if zipped else self.media_type
