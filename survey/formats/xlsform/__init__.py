"""Reads and writes XLSForm, the spreadsheet format of ODK, KoboToolbox and others.

pyxform is loaded by whoever reads a workbook: it takes a fifth of a second, and most processes
never need it.
"""

from survey.formats.foreign import ImportedInstrument
from survey.formats.xlsform.sheets import XlsformSheets, column_heads, to_sheets, to_workbook

__all__ = ["XlsformSheets", "column_heads", "read", "to_sheets", "to_workbook"]


def read(name: str, content: bytes) -> ImportedInstrument:
    """The instrument of a workbook, and what could not be imported."""
    from survey.formats.xlsform import survey

    return survey.read(name, content)
