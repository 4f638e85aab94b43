"""The one guard against cells that a spreadsheet would run, for whatever is written or read.

A spreadsheet runs a cell that begins like a formula; an apostrophe before it makes it text. A cell
that begins with an apostrophe gets another one, so that every cell can be read back unchanged.
"""

import unicodedata

# Tested after NFKC, so that full-width characters count too; NFKC keeps the minus sign U+2212.
RUN_BY_SPREADSHEETS = "=+-@\u2212"
APOSTROPHE = "'"
PASSED_OVER = ("Cc", "Cf", "Zs", "Zl", "Zp")  # blanks, line breaks and characters without width


def guard_cell(cell: object) -> object:
    """The cell, after an apostrophe if a spreadsheet could run it; numbers are unchanged."""
    return APOSTROPHE + cell if isinstance(cell, str) and needs_guard(cell) else cell


def unguard_cell(cell: str) -> str:
    """The cell as it was before `guard_cell`; an apostrophe that guards nothing stays."""
    rest = cell.removeprefix(APOSTROPHE)
    return rest if rest != cell and needs_guard(rest) else cell


def needs_guard(text: str) -> bool:
    """Whether a spreadsheet could run this text, or takes something from its beginning."""
    for place, character in enumerate(text):
        category = unicodedata.category(character)
        # ASVS 5.0 (1.2.10) counts tab and NUL among the characters that may begin a formula.
        if place == 0 and category == "Cc":
            return True
        if category not in PASSED_OVER:
            first = unicodedata.normalize("NFKC", character)[:1]
            return first in RUN_BY_SPREADSHEETS or (place == 0 and character == APOSTROPHE)
    return False
