"""Limits on the size of a survey, checked without recursion before anything costly is done."""

import msgspec

from survey.problems import Fault
from survey.surveys.instruments.instrument import Instrument
from survey.surveys.instruments.wordings import WORDING_FIELDS
from survey.surveys.item_types import AnyPart, Wording
from survey.surveys.refusals import bad_instrument

MOST_PARTS = 1_000  # questions, notes, groups and pages
MOST_ROWS = 1_000  # options of one question, or rows of one grid
MOST_ROWS_IN_ALL = 5_000
MOST_DEPTH = 20
MOST_LANGUAGES = 30
MOST_LETTERS = 32_767  # of one text, name or expression: the limit of a spreadsheet cell
MOST_LETTERS_IN_ALL = 2_000_000
MOST_DRAFTS = 200  # per person, of new and published surveys together


def check_instrument_size(instrument: Instrument) -> None:
    """Raise if a survey has more than anybody can answer, or is nested deeper than we can read."""
    if faults := faults_of_size(instrument):
        raise bad_instrument(tuple(faults))


def faults_of_size(instrument: Instrument) -> list[Fault]:
    parts = rows = 0
    # A list of what is left instead of recursion, which a deep survey would bring to its limit.
    waiting: list[tuple[AnyPart, int]] = [(part, 1) for part in instrument.items]
    while waiting:
        part, depth = waiting.pop()
        parts += 1
        held = (*getattr(part, "options", ()), *getattr(part, "rows", ()))
        rows += len(held)
        if depth > MOST_DEPTH:
            return [too_many_fault("items", "groups within groups", MOST_DEPTH)]
        if len(held) > MOST_ROWS:
            return [too_many_fault(part.name[:60], "options or rows", MOST_ROWS)]
        if parts > MOST_PARTS:
            return [too_many_fault("items", "questions and groups", MOST_PARTS)]
        if rows > MOST_ROWS_IN_ALL:
            return [too_many_fault("items", "options and rows in all", MOST_ROWS_IN_ALL)]
        waiting += [(one, depth + 1) for one in getattr(part, "items", ())]
    return faults_of_words(instrument)


def faults_of_words(instrument: Instrument) -> list[Fault]:
    """The faults of texts that are too long, in too many languages or have NUL characters.

    Only called once the nesting is known to be shallow.
    """
    total = 0
    waiting: list[tuple[str, object]] = [("survey", instrument)]
    while waiting:
        where, value = waiting.pop()
        if isinstance(value, str):
            total += len(value)
            if len(value) > MOST_LETTERS:
                return [too_many_fault(where, "characters in one text", MOST_LETTERS)]
            if "\0" in value:
                return [Fault(where, "has a character that cannot be saved (NUL)")]
        elif isinstance(value, dict):
            # Keys too: option names and languages come from files of strangers.
            waiting += [(where, one) for pair in value.items() for one in pair]
        elif isinstance(value, tuple):
            waiting += [(where, one) for one in value]
        elif isinstance(value, msgspec.Struct):
            # The refusal that names this place must not carry the character itself.
            where = str(getattr(value, "name", "") or where)[:60].replace("\0", "?")
            if any(len(one) > MOST_LANGUAGES for one in own_wordings(value)):
                return [too_many_fault(where, "languages", MOST_LANGUAGES)]
            waiting += [(where, getattr(value, field)) for field in value.__struct_fields__]
    return (
        [too_many_fault("survey", "characters in all", MOST_LETTERS_IN_ALL)]
        if total > MOST_LETTERS_IN_ALL
        else []
    )


def own_wordings(part: msgspec.Struct) -> list[Wording]:
    """The wordings of a part itself, without those of what it contains."""
    found = [getattr(part, field) for field in part.__struct_fields__ if field in WORDING_FIELDS]
    return [one for value in found for one in (value if isinstance(value, tuple) else (value,))]


def too_many_fault(where: str, things: str, most: int) -> Fault:
    return Fault(where, f"has too many {things}: {most:,} at most")
