"""The records of any CSV file, one a row, as a scrutiny panel draws from them.

Unlike published tables these files hold narratives, so that a cell may have line breaks.
"""

import csv
import datetime
import hashlib
import io
import json
from collections.abc import Iterator

from survey.files import delimited
from survey.files.refusals import bad_cells, unreadable_file
from survey.problems import Fault
from survey.scrutiny.rules import DrawRule, comparable_word

ENCODINGS = ("utf-8", "cp1252")
LONGEST_CELL = 100_000
LONGEST_REFERENCE = 200
DIGEST_DIGITS = 16
Records = list[tuple[str, dict[str, str]]]


def read_records(name: str, content: bytes, rule: DrawRule) -> Records:
    """The records: of each, its reference and the cells that the rule reads, by comparable heading.

    Raises with every column that is missing, or with every row whose reference comes twice or that
    cannot be read.
    """
    delimited.check_size(name, content)
    text, _ = delimited.decode_text(name, content, ENCODINGS)
    rows = read_rows(name, text)
    header = [comparable_word(cell) for _, cells in [next(rows, (1, []))] for cell in cells]
    places = column_places(name, header, rule)
    faults = delimited.Faults(name)
    records: dict[str, dict[str, str]] = {}
    for number, cells in rows:
        if len(cells) != len(header):
            sentence = f"has {len(cells)} cells where the header has {len(header)}"
            faults.add(Fault(f"row {number}", sentence))
            continue
        record = {column: cells[at].strip() for column, at in places.items()}
        reference = record.get(comparable_word(rule.reference), "") if rule.reference else ""
        if not rule.reference:
            written = json.dumps([cell.strip() for cell in cells], ensure_ascii=False)
            digest = hashlib.sha256(written.encode()).hexdigest()[:DIGEST_DIGITS]
            copy = 1
            while (reference := digest if copy == 1 else f"{digest}-{copy}") in records:
                copy += 1
        if wrong := reference_fault(reference, records):
            faults.add(Fault(f"row {number}, column {rule.reference!r}", wrong))
        records[reference] = record
    faults.refuse()
    if not records:
        raise unreadable_file(name, "at least one record", "a header alone")
    return list(records.items())


def read_rows(name: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a file that are not empty, each with the line on which it begins."""
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimited.commonest_delimiter(text), strict=True
    )
    before = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield before + 1, cells
            before = reader.line_num
    except csv.Error as error:
        fault = Fault(f"row {before + 1}", f"the quotes are broken ({error})")
        raise bad_cells(name, (fault,)) from error


def example_table(rule: DrawRule, today: datetime.date) -> list[list[str]]:
    """A table with every column that the rule reads, and a made-up record that it draws."""
    known = dict.fromkeys(map(comparable_word, rule.headings()), "Made up")
    known[comparable_word(rule.reference)] = "0001"
    known |= dict.fromkeys(map(comparable_word, (rule.day, *rule.shows.months)), str(today))
    drawn = next(iter((*rule.always, *rule.strata)), None)
    for condition in drawn.conditions if drawn else ():
        fitting = next(filter(None, (*condition.values, condition.least, condition.most)))
        known[comparable_word(condition.columns[0])] = str(fitting)
    return [rule.headings(), [known[comparable_word(heading)] for heading in rule.headings()]]


def column_places(name: str, header: list[str], rule: DrawRule) -> dict[str, int]:
    """The place of each column that the rule reads."""
    wanted = rule.columns()
    missing = sorted(wanted - set(header))
    if missing or not header:
        seen = delimited.header_as_words(tuple(header))
        raise unreadable_file(name, f"the columns of the rule, also {', '.join(missing)}", seen)
    double = sorted(heading for heading in wanted if header.count(heading) > 1)
    if double:
        raise unreadable_file(name, "each column of the rule once", f"{double[0]!r} twice")
    return {column: header.index(column) for column in sorted(wanted)}


def reference_fault(reference: str, used: dict[str, dict[str, str]]) -> str:
    """What is wrong with a reference; empty if nothing is."""
    if not reference:
        return "is empty: each record needs its reference"
    if len(reference) > LONGEST_REFERENCE:
        return f"is longer than {LONGEST_REFERENCE} characters"
    return "comes twice: each record needs a reference of its own" if reference in used else ""
