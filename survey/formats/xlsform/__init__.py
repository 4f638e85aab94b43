"""Reads and writes XLSForm, the spreadsheet format of ODK, KoboToolbox and others."""

from survey.formats.xlsform.reading import read
from survey.formats.xlsform.workbook import column_heads, to_workbook
from survey.formats.xlsform.writing import XlsformSheets, to_sheets

__all__ = ["XlsformSheets", "column_heads", "read", "to_sheets", "to_workbook"]
