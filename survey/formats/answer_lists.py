"""Lists of answers that come as a CSV file beside a survey, as other programs keep long ones."""

import csv
import io
import re
from collections.abc import Iterator

import msgspec

from survey.formats.instruments import MOST_BYTES, AnswerList
from survey.formats.languages import code_of
from survey.formats.tidying import tidy
from survey.instruments import NAME, AnyPart, Choice, Choices, Option, Rank, Wording, every
from survey.instruments.drafts import Draft, with_items
from survey.instruments.references import Holding, WithOptions, with_expressions
from survey.instruments.sizes import MOST_ROWS
from survey.isolation import IsolationError, run_limited
from survey.problems import Invalid, too_large_file

MOST_COLUMNS = 50
TAKEN = ("list_name", "name", "label", "soundings_kind")  # columns of every list
PULLED = re.compile(r"pulldata\s*\(")
STRING = re.compile(r"""\s*(['"])(.*)\1\s*""", re.DOTALL)


def bad_list(file: str, sentence: str) -> Invalid:
    """A file that holds no answers; the sentence names the row or column and the cause."""
    return Invalid(
        "instrument.list",
        f"{file} cannot be used as a list of answers: {sentence}",
        "Correct the file and add it again. Nothing was changed.",
    )


def read_apart(name: str, content: bytes, columns: AnswerList, language: str) -> tuple[Option, ...]:
    """The answers in a file, read in a process of its own, as every file that somebody brings."""
    if len(content) > MOST_BYTES:
        raise too_large_file(name, MOST_BYTES)
    try:
        return run_limited(read_answers, (name, content, columns, language), {})
    except IsolationError as ended:
        raise bad_list(name, f"{ended}.") from None


def read_answers(
    name: str, content: bytes, columns: AnswerList, language: str
) -> tuple[Option, ...]:
    """The answers in a file, each with what its other columns say, for filters."""
    rows = list(rows_of(name, content))
    if columns.value not in rows[0]:
        heads = ", ".join(rows[0])
        raise bad_list(name, f"it has no column “{columns.value}”. It has {heads[:200]}.")
    found: dict[str, Option] = {}
    for number, row in enumerate(rows, 2):
        value = tidy(row[columns.value])
        if not value:
            continue
        if value in found:
            raise bad_list(name, f"row {number}: “{value[:60]}” is in the list twice.")
        traits = {head: tidy(text) for head, text in row.items() if is_trait(head, columns)}
        text = words_of(row, columns.label, language) or {language: value}
        found[value] = Option(value, text, traits=traits)
    if len(found) < 2:
        raise bad_list(name, "it has fewer than two answers.")
    if len(found) > MOST_ROWS:
        raise bad_list(
            name, f"it has {len(found):,} answers; a question can have {MOST_ROWS:,} at most."
        )
    return tuple(found.values())


def rows_of(name: str, content: bytes) -> Iterator[dict[str, str]]:
    """Each row by the heads of its columns."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    text = text.replace("\0", "")
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if any(row)]
    except csv.Error:
        raise bad_list(name, "it is not a CSV file.") from None
    heads = [head.strip() for head in rows[0]] if rows else []
    if len(rows) < 2 or len(heads) > MOST_COLUMNS:
        raise bad_list(name, "it is not a CSV file with a header row and a row for each answer.")
    for row in rows[1:]:
        yield dict(zip(heads, [*row, *[""] * len(heads)], strict=False))


def is_trait(head: str, columns: AnswerList) -> bool:
    """Whether a filter may ask for a column."""
    return head not in (*TAKEN, columns.label) and NAME.fullmatch(head) is not None


def words_of(row: dict[str, str], label: str, language: str) -> Wording:
    """What people read, in each language that has a column, such as label::French (fr)."""
    found: Wording = {}
    for head, text in row.items():
        column, _, spoken = head.partition("::")
        code = code_of(spoken) if spoken else language
        if column == label and code and tidy(text):
            found[code] = tidy(text)
    return found


def with_answers(draft: Draft, file: str, options: tuple[Option, ...]) -> Draft:
    """The draft with a list in every question that waits for its file.

    What expressions look up in the file they now look up in the list.
    """
    stem, columns = file.rpartition(".")[0], draft.lists[file]

    def filled(part: AnyPart) -> AnyPart:
        if isinstance(part, Choice | Choices | Rank) and part.list == file:
            part = msgspec.structs.replace(part, options=options, list=stem)
        return with_expressions(part, lambda written: looked_up(written, stem, columns))

    def act(parts: tuple[AnyPart, ...]) -> tuple[AnyPart, ...]:
        return tuple(
            filled(msgspec.structs.replace(part, items=act(part.items)))
            if isinstance(part, Holding)
            else filled(part)
            for part in parts
        )

    lists = {name: one for name, one in draft.lists.items() if name != file}
    draft = msgspec.structs.replace(draft, lists=lists)
    return with_items(draft, act(draft.instrument.items))


def waiting_lists(draft: Draft) -> list[str]:
    """The files that a question still waits for."""
    used = {
        part.list
        for part in every(draft.instrument.items)
        if isinstance(part, WithOptions) and not part.options
    }
    return [name for name in draft.lists if name in used]


def looked_up(written: str, stem: str, columns: AnswerList) -> str:
    """An expression that finds in a list what pulldata(file, what, by, x) found in a file."""
    while match := PULLED.search(written):
        given, end = arguments_of(written, match.end())
        names = [STRING.fullmatch(one) for one in given[:3]]
        if len(given) != 4 or not all(names):
            return written
        file, what, by = (str(name and name[2]) for name in names)
        if file.removesuffix(".csv") != stem or end < 0:
            return written
        calls = {columns.value: "name", columns.label: "label"}
        what, by = calls.get(what, what), calls.get(by, by)
        path = f"instance('{stem}')/root/item[{by} = {given[3].strip()}]/{what}"
        written = written[: match.start()] + path + written[end:]
    return written


def arguments_of(written: str, at: int) -> tuple[list[str], int]:
    """What stands between brackets, parted at commas, and where it ends; -1 where it does not."""
    found, depth, quote = [""], 0, ""
    for place in range(at, len(written)):
        sign = written[place]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign == ")" and depth == 0:
            return found, place + 1
        elif sign == "," and depth == 0:
            found.append("")
            continue
        else:
            depth += (sign in "([") - (sign in ")]")
        found[-1] += sign
    return found, -1
