"""An instrument as an XForm, which phones load and our own engine asks."""

from collections.abc import Sequence

from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

from survey.formats.xlsform import heads_of, rows_of
from survey.instruments import Instrument
from survey.places import Area
from survey.problems import Fault, bad_instrument


def xform(instrument: Instrument, boroughs: Sequence[Area] = ()) -> bytes:
    """The form, or a refusal that says which expression cannot be read."""
    sheets = rows_of(instrument, boroughs)
    heads = {f"{name}_header": [dict.fromkeys(heads_of(rows))] for name, rows in sheets.items()}
    try:
        return str(convert(sheets | heads).xform).encode()
    except PyXFormError as wrong:
        raise bad_instrument((Fault("items", str(wrong)),)) from None
