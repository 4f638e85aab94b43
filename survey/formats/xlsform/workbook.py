"""The rows of an XLSForm as an Excel workbook."""

import io

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill

from survey.formats.xlsform.writing import Rows

FIRST = ("type", "list_name", "name", "label", "hint")
WIDE = 48


def workbook(rows: Rows) -> bytes:
    """Three sheets with their heads in bold; every cell is text, so no cell is ever a formula."""
    book = Workbook(write_only=True)
    for name, lines in rows.items():
        sheet = book.create_sheet(name)
        heads = heads_of(lines)
        sheet.freeze_panes = "A2"
        for number, head in enumerate(heads):
            width = max([len(head), *(len(line.get(head, "")) for line in lines)])
            sheet.column_dimensions[chr(65 + number % 26)].width = min(width + 2, WIDE)
        sheet.append([cell(sheet, head, bold=True) for head in heads])
        for line in lines:
            sheet.append([cell(sheet, line.get(head, "")) for head in heads])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def heads_of(lines: list[dict[str, str]]) -> list[str]:
    """Every column that some row fills: what people read first comes first, ours last."""
    heads = list(dict.fromkeys(head for line in lines for head in line))

    def rank(head: str) -> tuple[bool, int]:
        plain = head.partition("::")[0]
        return head.startswith("soundings"), FIRST.index(plain) if plain in FIRST else len(FIRST)

    return sorted(heads, key=rank)


def cell(sheet: object, text: str, *, bold: bool = False) -> WriteOnlyCell:
    made = WriteOnlyCell(sheet, value=text)
    made.data_type = "s"
    made.alignment = Alignment(wrap_text=True, vertical="top")
    if bold:
        made.font = Font(bold=True)
        made.fill = PatternFill("solid", fgColor="E8E4EE")
    return made
