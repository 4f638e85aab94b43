"""XLSForm, the spreadsheet form of ODK and its kin, read and written."""

from survey.formats.xlsform.reading import read
from survey.formats.xlsform.workbook import heads_of, workbook
from survey.formats.xlsform.writing import Rows, rows_of

__all__ = ["Rows", "heads_of", "read", "rows_of", "workbook"]
