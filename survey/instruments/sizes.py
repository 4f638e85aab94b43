"""How large a survey may be: counted without recursion, before anything costly is done with it."""

from typing import Any

import msgspec

from survey.instruments.instrument import Instrument
from survey.instruments.items import Wording
from survey.instruments.wordings import WORDED
from survey.problems import Fault, bad_instrument

MOST_PARTS = 1_000  # questions, notes, groups and pages
MOST_ROWS = 1_000  # options of one question, or rows of one grid
MOST_ROWS_IN_ALL = 5_000
MOST_DEPTH = 20
MOST_LANGUAGES = 30
MOST_LETTERS = 32_767  # of one wording, name or expression: a cell of a spreadsheet
MOST_LETTERS_IN_ALL = 2_000_000
MOST_DRAFTS = 200  # of one person, of surveys new or published


def check_size(instrument: Instrument) -> None:
    """Refuse a survey that is larger than anybody can answer, or deeper than we can read."""
    if faults := faults_of_size(instrument):
        raise bad_instrument(tuple(faults))


def faults_of_size(instrument: Instrument) -> list[Fault]:
    parts = rows = 0
    waiting: list[tuple[Any, int]] = [(part, 1) for part in instrument.items]
    while waiting:
        part, depth = waiting.pop()
        parts += 1
        held = (*getattr(part, "options", ()), *getattr(part, "rows", ()))
        rows += len(held)
        if depth > MOST_DEPTH:
            return [too_many("items", "groups within groups", MOST_DEPTH)]
        if len(held) > MOST_ROWS:
            return [too_many(part.name[:60], "options or rows", MOST_ROWS)]
        if parts > MOST_PARTS:
            return [too_many("items", "questions and groups", MOST_PARTS)]
        if rows > MOST_ROWS_IN_ALL:
            return [too_many("items", "options and rows in all", MOST_ROWS_IN_ALL)]
        waiting += [(one, depth + 1) for one in getattr(part, "items", ())]
    return faults_of_words(instrument)


def faults_of_words(instrument: Instrument) -> list[Fault]:
    """Every text of a survey, wherever it stands; it is known to be shallow by now."""
    total = 0
    waiting: list[tuple[str, Any]] = [("survey", instrument)]
    while waiting:
        where, value = waiting.pop()
        if isinstance(value, str):
            total += len(value)
            if len(value) > MOST_LETTERS:
                return [too_many(where, "characters in one text", MOST_LETTERS)]
            if "\0" in value:
                return [Fault(where, "has a character that cannot be saved (NUL)")]
        elif isinstance(value, dict):
            waiting += [(where, one) for pair in value.items() for one in pair]
        elif isinstance(value, tuple):
            waiting += [(where, one) for one in value]
        elif isinstance(value, msgspec.Struct):
            where = str(getattr(value, "name", "") or where)[:60].replace("\0", "?")
            if any(len(one) > MOST_LANGUAGES for one in wordings_of(value)):
                return [too_many(where, "languages", MOST_LANGUAGES)]
            waiting += [(where, getattr(value, field)) for field in value.__struct_fields__]
    return (
        [too_many("survey", "characters in all", MOST_LETTERS_IN_ALL)]
        if total > MOST_LETTERS_IN_ALL
        else []
    )


def wordings_of(part: msgspec.Struct) -> list[Wording]:
    """The wordings that a part has of its own."""
    found = [getattr(part, field) for field in part.__struct_fields__ if field in WORDED]
    return [one for value in found for one in (value if isinstance(value, tuple) else (value,))]


def too_many(where: str, things: str, most: int) -> Fault:
    return Fault(where, f"has too many {things}: {most:,} at most")
