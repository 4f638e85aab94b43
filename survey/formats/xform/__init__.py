"""An instrument as an XForm, which phones load and which our own evaluator works on."""

from collections.abc import Sequence

from survey.formats.xlsform import XlsformSheets, column_heads, to_sheets
from survey.places import Area
from survey.problems import Fault
from survey.surveys.instruments import Instrument
from survey.surveys.refusals import bad_instrument


def to_xform(instrument: Instrument, boroughs: Sequence[Area] = ()) -> bytes:
    """The instrument as an XForm; raises and names the expression if one cannot be read."""
    return sheets_to_xform(to_sheets(instrument, boroughs))


def sheets_to_xform(sheets: XlsformSheets) -> bytes:
    """The sheets of a spreadsheet as an XForm."""
    # Slow to load: a process that evaluates no conditions never needs it.
    from pyxform.errors import PyXFormError
    from pyxform.xls2xform import convert

    heads = {f"{name}_header": [dict.fromkeys(column_heads(rows))] for name, rows in sheets.items()}
    try:
        return str(convert(sheets | heads).xform).encode()
    except PyXFormError as wrong:
        raise bad_instrument((Fault("items", str(wrong)),)) from None
