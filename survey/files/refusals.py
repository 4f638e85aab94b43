"""Refusals of a file: what it is instead, what is wrong in it, and of importing it."""

import unicodedata

from survey.problems import Conflict, Fault, Invalid, NotFound, TooLarge, Unavailable
from survey.sentences import with_noun

# What to do with a file of each kind, in the words of the imports page and the command.
KIND_REMEDIES = {
    "deployments": "choose Deployments (by command: `soundings import deployments`)",
    "perception": "choose Perception (by command: `soundings import perception`)",
    "survey": "begin a survey with it at /work/builder (as JSON also `soundings import survey`)",
    "codebook": "bring it in at /work/codebook",
    "places": "it belongs to a city's folder (`soundings import places FOLDER`)",
    "document": "ask its publisher for the same figures as CSV or ODS",
    "workbook": "save the sheet with the figures as CSV (UTF-8) and import that",
    "page": "download the file itself, not the page that links to it",
    "archive": "unpack it, and import the files in it one by one",
}


unreadable_file = Invalid.of(
    "file.format",
    "{name} is not the file that was expected.",
    "Expected {expected}. Seen: {seen}. Nothing was saved.",
)


def too_large_file(name: str, most: int) -> TooLarge:
    return TooLarge(
        "file.too_large",
        f"{name} is larger than {most // 1_000_000} MB.",
        "Import it in parts, such as one year at a time. Nothing was saved.",
    )


def bad_cells(name: str, faults: tuple[Fault, ...], more: int = 0) -> Invalid:
    first = faults[0]
    rest = f" and {len(faults) + more - 1:,} more" if len(faults) + more > 1 else ""
    return Invalid(
        "file.cells",
        f"{name}: {first.where}: {first.sentence}{rest}.",
        "Correct the file at its source and import it again; nothing was saved.",
        faults,
    )


unknown_survey_file = NotFound.of("file.unknown", "There is no such survey file.")
empty_file = Invalid.of("file.empty", "Choose a file that is not empty", "{accepted}")
unwritable_file = Unavailable.of(
    "file.not_written",
    "{path} cannot be written: {why}.",
    "Free some space, or choose another place. Nothing was left there.",
)


def file_of_another_kind(name: str, title: str, kind: str) -> Invalid:
    return Invalid(
        "file.kind",
        f"{name} looks like {title}: {KIND_REMEDIES[kind]}.",
        "Nothing was saved.",
    )


def unknown_format(name: str, seen: str, formats: tuple[Fault, ...]) -> Invalid:
    return Invalid(
        "file.format",
        f"{name} is not in a format that can be read here.",
        f"Seen: {seen}. Is it the file that you meant? The formats that can be read are listed; "
        "nothing was saved.",
        formats,
    )


def bad_causes(name: str, causes: tuple[Fault, ...], more: int) -> Invalid:
    """The refusal with the faults of a whole file, one per cause; `more` is the number of faults
    not listed.
    """
    others = len(causes) - 1
    listed = f" {with_noun(others, 'other cause')} {'is' if others == 1 else 'are'} listed."
    beyond = f" {with_noun(more, 'further fault')} not listed."
    return Invalid(
        "file.cells",
        f"{name}: {causes[0].where}: {causes[0].sentence}."
        + (listed if others else "")
        + (beyond if more else ""),
        "Correct the file at its source and import it again; nothing was saved.",
        causes,
    )


overlapping_import = Conflict.of(
    "import.overlap",
    "{source}: {period} overlaps with {earlier} of an earlier file.",
    "Uses would be counted twice. Give figures for other periods a different source.",
)
busy_import = Unavailable.of(
    "import.busy",
    "Other files are being read just now.",
    "Nothing was saved; try again in a minute.",
)
same_import = Conflict.of(
    "import.same",
    "{name} was imported before, as known on {known_on}.",
    "Nothing to do. A changed file is saved as a new version next to the old one.",
)


# Tested after NFKC, so that full-width characters count too; NFKC keeps the minus sign U+2212.
RUN_BY_SPREADSHEETS = "=+-@\u2212"
APOSTROPHE = "'"
PASSED_OVER = ("Cc", "Cf", "Zs", "Zl", "Zp")  # blanks, line breaks and characters without width


def guard_cell(cell: object) -> object:
    """The cell, with an apostrophe before it if a spreadsheet could run it; numbers are
    unchanged.
    """
    return APOSTROPHE + cell if isinstance(cell, str) and needs_guard(cell) else cell


def unguard_cell(cell: str) -> str:
    """The cell as it was before `guard_cell`; an apostrophe that guards nothing stays."""
    rest = cell.removeprefix(APOSTROPHE)
    return rest if rest != cell and needs_guard(rest) else cell


def needs_guard(text: str) -> bool:
    """Whether a spreadsheet could run this text, or would drop its first character."""
    for place, character in enumerate(text):
        category = unicodedata.category(character)
        # ASVS 5.0 (1.2.10) counts tab and NUL among the characters that may begin a formula.
        if place == 0 and category == "Cc":
            return True
        if category not in PASSED_OVER:
            first = unicodedata.normalize("NFKC", character)[:1]
            return first in RUN_BY_SPREADSHEETS or (place == 0 and character == APOSTROPHE)
    return False
