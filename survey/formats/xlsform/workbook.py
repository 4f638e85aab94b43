"""The rows of an XLSForm as an Excel workbook."""

import io

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from survey.formats.xlsform.writing import XlsformSheets, column_heads

WIDE = 48


def to_workbook(rows: XlsformSheets) -> bytes:
    """Three sheets with bold heads; every cell is text, so none is ever a formula."""
    book = Workbook(write_only=True)
    for name, lines in rows.items():
        sheet = book.create_sheet(name)
        heads = column_heads(lines)
        sheet.freeze_panes = "A2"
        for number, head in enumerate(heads, 1):
            width = max([len(head), *(len(line.get(head, "")) for line in lines)])
            sheet.column_dimensions[get_column_letter(number)].width = min(width + 2, WIDE)
        sheet.append([text_cell(sheet, head, bold=True) for head in heads])
        for line in lines:
            sheet.append([text_cell(sheet, line.get(head, "")) for head in heads])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def text_cell(sheet: object, text: str, *, bold: bool = False) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=text)
    # openpyxl would make a formula of a text that begins with '='.
    cell.data_type = "s"
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    if bold:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="E8E4EE")
    return cell
