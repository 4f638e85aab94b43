"""Reads and writes XLSForm, the spreadsheet format of ODK, KoboToolbox and others.

pyxform and openpyxl are loaded by whoever reads or writes a workbook: they take a fifth of a
second, and most processes never need them.
"""

from survey.formats.instruments import ImportedInstrument
from survey.formats.xlsform.writing import XlsformSheets, column_heads, to_sheets

__all__ = ["XlsformSheets", "column_heads", "read", "to_sheets", "to_workbook"]


def read(name: str, content: bytes) -> ImportedInstrument:
    """The instrument of a workbook, and what could not be imported."""
    from survey.formats.xlsform import reading

    return reading.read(name, content)


def to_workbook(rows: XlsformSheets) -> bytes:
    """Three sheets with bold heads; every cell is text, so none is ever a formula."""
    from survey.formats.xlsform import workbook

    return workbook.to_workbook(rows)
