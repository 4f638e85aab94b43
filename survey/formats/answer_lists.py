"""Imports options from a CSV file next to a survey, where other programs store long lists."""

import csv
import io
import re
from collections.abc import Iterator

from msgspec.structs import replace

from survey.files.isolation import IsolationError, run_limited
from survey.files.refusals import too_large_file
from survey.formats.foreign import MOST_BYTES, printable_text
from survey.formats.languages import find_language_code
from survey.surveys import instruments
from survey.surveys.instruments import MOST_ROWS
from survey.surveys.instruments.drafts import AnswerListColumns, InstrumentDraft, with_items
from survey.surveys.instruments.references import map_expressions
from survey.surveys.refusals import bad_answer_list

MOST_COLUMNS = 50
RESERVED_COLUMNS = (
    "list_name",
    "name",
    "label",
    "soundings_kind",
)  # columns with a meaning of their own
PULLDATA = re.compile(r"pulldata\s*\(")
STRING = re.compile(r"""\s*(['"])(.*)\1\s*""", re.DOTALL)


def read_answers_in_child(
    name: str, content: bytes, columns: AnswerListColumns, language: str
) -> tuple[instruments.Option, ...]:
    """The options in a file, read in a separate process with limits, as every upload is."""
    if len(content) > MOST_BYTES:
        raise too_large_file(name, MOST_BYTES)
    try:
        return run_limited(read_answers, (name, content, columns, language), {})
    except IsolationError as ended:
        raise bad_answer_list(name, f"{ended}.") from None


def read_answers(
    name: str, content: bytes, columns: AnswerListColumns, language: str
) -> tuple[instruments.Option, ...]:
    """The options in a file; their other columns become traits that filters can use."""
    rows = list(list_rows(name, content))
    if columns.value not in rows[0]:
        heads = ", ".join(rows[0])
        raise bad_answer_list(name, f"it has no column “{columns.value}”. It has {heads[:200]}.")
    options: dict[str, instruments.Option] = {}
    for number, row in enumerate(rows, 2):
        value = printable_text(row[columns.value])
        if not value:
            continue
        if value in options:
            raise bad_answer_list(name, f"row {number}: “{value[:60]}” is in the list twice.")
        traits = {
            head: printable_text(text)
            for head, text in row.items()
            if head not in (*RESERVED_COLUMNS, columns.label)
            and instruments.NAME.fullmatch(head) is not None
        }
        text = row_wording(row, columns.label, language) or {language: value}
        options[value] = instruments.Option(value, text, traits=traits)
    if len(options) < 2:
        raise bad_answer_list(name, "it has fewer than two answers.")
    if len(options) > MOST_ROWS:
        raise bad_answer_list(
            name, f"it has {len(options):,} answers; a question can have {MOST_ROWS:,} at most."
        )
    return tuple(options.values())


def list_rows(name: str, content: bytes) -> Iterator[dict[str, str]]:
    """Each row as a mapping from column heads to cells."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Excel writes its plain CSV in the old code page of Windows.
        text = content.decode("cp1252", errors="replace")
    text = text.replace("\0", "")
    first = text.partition("\n")[0]
    # Excel writes semicolons where the comma is the decimal sign.
    separator = max(",;\t", key=first.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if any(row)]
    except csv.Error:
        raise bad_answer_list(name, "it is not a CSV file.") from None
    heads = [head.strip() for head in rows[0]] if rows else []
    if len(rows) < 2 or len(heads) > MOST_COLUMNS:
        raise bad_answer_list(
            name, "it is not a CSV file with a header row and a row for each answer."
        )
    for row in rows[1:]:
        yield dict(zip(heads, [*row, *[""] * len(heads)], strict=False))


def row_wording(row: dict[str, str], label: str, language: str) -> instruments.Wording:
    """The label of an option, in each language that has a column, such as label::French (fr)."""
    wording: instruments.Wording = {}
    for head, text in row.items():
        column, _, spoken = head.partition("::")
        code = find_language_code(spoken) if spoken else language
        if column == label and code and printable_text(text):
            wording[code] = printable_text(text)
    return wording


def with_answer_list(
    draft: InstrumentDraft, file: str, options: tuple[instruments.Option, ...]
) -> InstrumentDraft:
    """The draft with the options put into every question that waits for this file.

    Expressions that looked something up in the file now look it up in the list.
    """
    stem, columns = file.rpartition(".")[0], draft.lists[file]

    def part_with_options(part: instruments.AnyPart) -> instruments.AnyPart:
        if isinstance(part, instruments.OptionsItem) and part.list == file:
            part = replace(part, options=options, list=stem)
        return map_expressions(part, lambda written: with_list_lookups(written, stem, columns))

    def act(parts: tuple[instruments.AnyPart, ...]) -> tuple[instruments.AnyPart, ...]:
        return tuple(
            part_with_options(replace(part, items=act(part.items)))
            if isinstance(part, instruments.Container)
            else part_with_options(part)
            for part in parts
        )

    lists = {name: list_columns for name, list_columns in draft.lists.items() if name != file}
    draft = replace(draft, lists=lists)
    return with_items(draft, act(draft.instrument.items))


def missing_list_files(draft: InstrumentDraft) -> list[str]:
    """The list files from which some question still needs its options."""
    used = {
        part.list
        for part in instruments.all_parts(draft.instrument.items)
        if isinstance(part, instruments.OptionsItem) and not part.options
    }
    return [name for name in draft.lists if name in used]


def with_list_lookups(written: str, stem: str, columns: AnswerListColumns) -> str:
    """The expression with pulldata(file, what, by, x) replaced by a lookup in the list."""
    while match := PULLDATA.search(written):
        given, end = split_arguments(written, match.end())
        names = [STRING.fullmatch(argument) for argument in given[:3]]
        if len(given) != 4 or not all(names):
            return written
        file, what, by = (str(name and name[2]) for name in names)
        if file.removesuffix(".csv") != stem or end < 0:
            return written
        # When the list came in, these two columns became the name and the label of an option.
        calls = {columns.value: "name", columns.label: "label"}
        what, by = calls.get(what, what), calls.get(by, by)
        path = f"instance('{stem}')/root/item[{by} = {given[3].strip()}]/{what}"
        written = written[: match.start()] + path + written[end:]
    return written


def split_arguments(written: str, at: int) -> tuple[list[str], int]:
    """The arguments up to the closing bracket, and the position after it; -1 if there is no closing
    bracket.
    """
    arguments, depth, quote = [""], 0, ""
    for place in range(at, len(written)):
        sign = written[place]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign == ")" and depth == 0:
            return arguments, place + 1
        elif sign == "," and depth == 0:
            arguments.append("")
            continue
        else:
            depth += (sign in "([") - (sign in ")]")
        arguments[-1] += sign
    return arguments, -1
