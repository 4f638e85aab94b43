"""Reads an XLSForm as an instrument, from what pyxform makes of its rows."""

import copy
import csv
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, cast

import msgspec
from msgspec.structs import replace
from pyxform.errors import PyXFormError
from pyxform.xls2json import workbook_to_json
from pyxform.xls2json_backends import DefinitionData, get_xlsform
from pyxform.xls2xform import convert

from survey.files.refusals import too_large_file
from survey.formats.foreign import MOST_BYTES, ImportedInstrument, ImportReport
from survey.formats.xlsform.external import move_external_choices
from survey.formats.xlsform.nodes import parse_wording
from survey.formats.xlsform.parts import XlsformParts
from survey.formats.xlsform.sheets import VARIABLE_PREFIX
from survey.problems import Fault, Invalid
from survey.surveys import instruments
from survey.surveys.refusals import bad_instrument_file

ROW = re.compile(r"\[row : (\d+)\]\s*")
# What pyxform says, in words for somebody who makes a survey.
PLAIN_WORDS = {
    r"[Qq]uestion or group with no name": "This row has no name. Write one in the column name.",
    r"'name' value '(.+?)' is invalid\. Questions, groups, and repeats must be unique":
        "The name “{0}” is used twice. Give each question its own name.",
    r"'name' value is invalid\. Names must begin":
        "This name cannot be used. Use letters, digits and underscores, and begin with a letter.",
    r"'(\w+)' value is invalid\. Reference variables must contain a name.*?'([^']+)'\.?$":
        "The column {0} refers to “{1}”, and no question has that name.",
    r"'(\w+)' value is invalid\. Reference variables must start":
        "A reference in the column {0} is not complete. Write it as ${{name}}.",
}  # fmt: skip
SURVEY_ROW = re.compile(r"sheet survey, row (\d+)|row (\d+) of the sheet survey")
MOST_MISTAKES = 10  # that are listed; each costs another reading
MOST_READ_AGAIN = 2_000  # rows: a larger file has its first mistake named
BEGINNING = re.compile(r"\s*(begin|end)[ _]?(group|repeat|loop)", re.IGNORECASE)
ENDING = re.compile(r"\s*end[ _]?(group|repeat|loop)", re.IGNORECASE)
CHOOSES = re.compile(r"\s*(select|rank)", re.IGNORECASE)
QUOTED = re.compile(r"'([^']+)'")
SHEET = re.compile(r"'(survey|choices|settings|external_choices|entities|osm)' sheet")
# Settings that other programs need and that change nothing here.
MOST_UNPACKED = 50_000_000
MOST_ROWS = (
    instruments.MOST_PARTS * 2 + instruments.MOST_ROWS_IN_ALL
)  # groups and repeats have a row at either end
MOST_ROWS_WITH_EMPTY = 50_000
KEPT_SETTINGS = ("instance_name", "style", "allow_choice_duplicates", "id_string")
KNOWN_KEYS = frozenset(
    {
        "type", "name", "title", "id_string", "sms_keyword", "default_language", "children",
        "choices", "version", "clean_text_values", VARIABLE_PREFIX.rstrip(":"), *KEPT_SETTINGS,
    }
)  # fmt: skip
QUOTES_HIDDEN = {ord(sign): 0xE000 + at for at, sign in enumerate("“”‘’")}
QUOTES_RESTORED = {private: sign for sign, private in QUOTES_HIDDEN.items()}
WORDS = re.compile(
    rf"((label|hint|guidance_hint|\w*message|caption)\b|{VARIABLE_PREFIX})", re.IGNORECASE
)
KOBO = ("begin_kobomatrix", "begin kobomatrix", "begin_score", "begin_rank")
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
ZIPPED = b"PK\x03\x04"
KINDS = (".xlsx", ".xls", ".xlsm", ".csv", ".md")


def read(name: str, content: bytes) -> ImportedInstrument:
    """The instrument of a workbook, and what could not be imported."""
    if len(content) > MOST_BYTES:
        raise too_large_file(name, MOST_BYTES)
    report = ImportReport()
    sheets = read_sheets(name, file_kind(name, content), content)
    move_external_choices(sheets, report)
    written = sheets["survey"] or []
    for number, row in enumerate(written, 2):
        kind = (row.get("type") or "").strip()
        if kind.startswith(KOBO):
            where = f"sheet survey, row {number}"
            sentence = (
                f"“{kind.split()[0]}” is known in KoboToolbox only. Ask these as single questions, "
                "or as a group with the appearance table-list, and import the file again."
            )
            raise bad_instrument_file(name, f"{where}: {sentence}", Fault(where, sentence))
    # Before pyxform converts them, as that is what costs time.
    if len(written) + len(sheets["choices"] or []) > MOST_ROWS:
        raise too_many_rows(name)
    for sheet in ("survey", "choices", "settings"):
        sheets[sheet] = [
            {
                head: text.translate(QUOTES_HIDDEN)
                if WORDS.match(head) and isinstance(text, str)
                else text
                for head, text in row.items()
            }
            for row in sheets[sheet] or []
        ]
    # The numbers of the rows that have each name; the end of a group is none of them.
    rows: dict[str, list[int]] = {}
    for number, row in enumerate(written, 2):
        if not ENDING.match(str(row.get("type", ""))):
            rows.setdefault(str(row.get("name", "")), []).append(number)
    survey = cast(dict[str, Any], with_quotes_restored(parse_sheets(name, sheets)))
    for key in survey.keys() - KNOWN_KEYS:
        report.leave("settings", key, "changes nothing in how a survey is answered here")
    parts = XlsformParts(survey, rows, report)
    items = parts.convert_nodes(survey["children"])
    return ImportedInstrument(
        build_instrument(name, survey, items, parts), report.not_imported(), parts.files, rows
    )


def parse_sheets(name: str, sheets: dict[str, Any]) -> dict[str, Any]:
    """What pyxform reads in the sheets; raises if they have mistakes. If pyxform fails while it
    builds its own form, this is what it had read until then.
    """
    # pyxform changes what it is given, even where it fails.
    rows, untouched = sheets["survey"], copy.deepcopy(sheets)
    try:
        return cast(dict[str, Any], convert(sheets)._pyxform)
    except PyXFormError as wrong:
        sentence, first = pyxform_error(str(wrong), rows)
        raise bad_instrument_file(
            name, sentence, first, *other_mistakes(untouched, first)
        ) from None
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        try:
            return cast(dict[str, Any], workbook_to_json(DefinitionData(**untouched)))
        except Exception:
            why = "a column or a row of it is not as the XLSForm standard has it."
            raise bad_instrument_file(name, why) from None


def other_mistakes(sheets: dict[str, Any], first: Fault) -> Iterator[Fault]:
    """The mistakes after the first one, found one at a time, as pyxform reports only one: a row
    with a mistake is replaced by a note, so that references to it still work, and pyxform runs
    again.
    """
    seen = {first.where}
    if len(sheets["survey"]) + len(sheets["choices"]) > MOST_READ_AGAIN:
        return
    for _ in range(MOST_MISTAKES):
        match = SURVEY_ROW.search(f"{first.where}: {first.sentence}")
        number = int(match[1] or match[2]) if match else 1
        row = sheets["survey"][number - 2] if match else {}
        if not row or BEGINNING.match(str(row.get("type", ""))):
            return
        label = {head: "–" for head in row if head.startswith("label")} or {"label": "–"}
        # Not the name, where that is what is wrong.
        kept = "" if "name" in first.sentence.lower() else row.get("name")
        row.clear()
        row |= {"type": "note", "name": kept or f"row_{number}"} | label
        try:
            convert(copy.deepcopy(sheets))
        except PyXFormError as wrong:
            _, first = pyxform_error(str(wrong), sheets["survey"])
        except Exception:
            return
        else:
            return
        if first.where in seen:
            return
        seen.add(first.where)
        yield first


def file_kind(name: str, content: bytes) -> str:
    """The file type by its first bytes, whatever its name says."""
    kind = "." + name.rpartition(".")[2].lower()
    if kind not in KINDS:
        raise bad_instrument_file(name, f"its type is none of {', '.join(KINDS)}.")
    if not content.strip():
        raise bad_instrument_file(name, "it is empty.")
    # Some files named .xlsx are old workbooks, even one that comes with ODK.
    if content.startswith(OLD_EXCEL):
        return ".xls"
    if content.startswith(ZIPPED) and kind in (".xls", ".csv", ".md"):
        return ".xlsx"
    return kind


def read_sheets(name: str, kind: str, content: bytes) -> dict[str, Any]:
    """The sheets by name. Bytes are passed on, never text: pyxform takes a text for a path."""
    if kind in (".csv", ".md"):
        content = content.decode(errors="replace").encode()
    if kind == ".csv":
        content = with_sheet_name(content)
    if kind in (".xlsx", ".xlsm"):
        check_workbook(name, content)
    try:
        return asdict(get_xlsform(content, file_type=kind))
    except PyXFormError as wrong:
        if "not recognized" not in str(wrong):
            raise bad_instrument_file(name, *pyxform_error(str(wrong), [])) from None
    except Exception:  # noqa: S110 - a workbook can be broken in ways that nobody has listed
        pass
    raise bad_instrument_file(name, UNREADABLE.get(kind, "it is not a workbook, or it is damaged."))


def with_sheet_name(content: bytes) -> bytes:
    """A CSV file that holds only the survey sheet, with the sheet's name added."""
    text = content.decode().removeprefix("\ufeff")
    rows = list(csv.reader(text.splitlines(keepends=True)))
    heads = [head.strip().casefold() for head in rows[0]] if rows else []
    # A file that names its sheets has no such heads in its first row.
    if not {"type", "name"} <= set(heads):
        return content
    table = io.StringIO(newline="")
    csv.writer(table).writerows([["survey"], *(["", *row] for row in rows)])
    return table.getvalue().encode()


def check_workbook(name: str, content: bytes) -> None:
    """Raises if a workbook would be too large once unpacked; done before it is opened."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            # The stated size may be false, but `zipfile` unpacks no more than it states.
            if sum(part.file_size for part in parts.infolist()) > MOST_UNPACKED:
                raise bad_instrument_file(
                    name, f"it unpacks to more than {MOST_UNPACKED // 1_000_000} MB."
                )
            # Counted in the bytes: openpyxl makes an object of every cell.
            rows = sum(
                parts.read(part).count(b"<row")
                for part in parts.infolist()
                if part.filename.startswith("xl/worksheets/")
            )
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        return  # a damaged file is refused when it is opened
    # Spreadsheets also write rows that are empty but have a border or a height.
    if rows > MOST_ROWS_WITH_EMPTY:
        raise too_many_rows(name)


UNREADABLE = {
    ".csv": "it does not have the sheets of an XLSForm. In a CSV file each sheet begins with a "
    "line that has its name only: survey, then choices; its rows begin with an empty cell.",
    ".md": "it does not have the tables of an XLSForm: survey and choices.",
}


def too_many_rows(name: str) -> Invalid:
    return bad_instrument_file(
        name, f"it has more than {MOST_ROWS:,} rows of questions and options."
    )


def with_quotes_restored(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: with_quotes_restored(branch) for key, branch in tree.items()}
    if isinstance(tree, list):
        return [with_quotes_restored(branch) for branch in tree]
    return tree.translate(QUOTES_RESTORED) if isinstance(tree, str) else tree


def pyxform_error(message: str, rows: list[dict[str, str]]) -> tuple[str, Fault]:
    """pyxform's own message with sheet and row in front; a row it does not name is looked up."""
    if "There should be a choices sheet" in message:
        return without_choices(rows)
    row, sheet = ROW.search(message), SHEET.search(message)
    number = row[1] if row else "1" if "column header" in message else ""
    if not number and (quoted := QUOTED.search(message)):
        of = (
            str(n)
            for n, survey_row in enumerate(rows, 2)
            if quoted[1] in (survey_row.get("type"), survey_row.get("name"))
        )
        number = next(of, "")
    where = f"sheet {sheet[1] if sheet else 'survey'}" + (f", row {number}" if number else "")
    sentence = ROW.sub("", message).strip().partition("Learn more:")[0].strip()
    for pattern, said in PLAIN_WORDS.items():
        if known := re.search(pattern, sentence):
            sentence = said.format(*known.groups())
    return f"{where}: {sentence}", Fault(where, sentence)


def without_choices(rows: list[dict[str, str]]) -> tuple[str, Fault]:
    """The message and fault for a sheet of choices that has columns and no rows."""
    asks = (
        (n, survey_row)
        for n, survey_row in enumerate(rows, 2)
        if CHOOSES.match(str(survey_row.get("type", "")))
    )
    number, row = next(asks, (1, {}))
    labels = [
        label for key, label in row.items() if key.startswith("label") and isinstance(label, str)
    ]
    words = next(iter(labels), row.get("name", ""))
    sentence = (
        f"there are no answers in it, and “{words}” in row {number} of the sheet survey needs some."
        " Add them in the columns list_name, name and label."
    )
    return f"sheet choices: {sentence}", Fault("sheet choices", sentence)


def build_instrument(
    name: str, survey: dict[str, Any], items: tuple[Any, ...], parts: XlsformParts
) -> instruments.Instrument:
    nameless = survey.get("title") in (None, "", "data")  # 'data' is pyxform's default title
    titled = name.rpartition(".")[0] if nameless else survey["title"]
    title = parse_wording(titled, parts.language, parts.report, "settings")
    settings = {key: str(survey[key]) for key in KEPT_SETTINGS if survey.get(key)}
    form_id = settings.pop("id_string", "")
    if instruments.SLUG.fullmatch(form_id):
        slug = form_id
    else:
        # Ids of other programs may have capitals, and the form goes out under its own.
        slug = re.sub(r"[^a-z0-9]+", "-", form_id.lower()).strip("-")[:60]
        settings["form_id"] = form_id
    if survey["name"] != "data":
        settings["name"] = survey["name"]
    plain: dict[str, Any] = {
        "slug": slug if instruments.SLUG.fullmatch(slug) else "imported-survey",
        "version": 1,
        "mode": "open",
        "kind": "survey",
        "title": title,
        "summary": {},
    }
    ours = json.loads(survey.get(VARIABLE_PREFIX.rstrip(":"), {}).get("instrument") or "{}")
    instrument = msgspec.convert({**plain, **ours, "items": []}, instruments.Instrument)
    instrument = replace(instrument, items=items, settings=settings)
    if instruments.languages_used(instrument)[:1] not in ([], [parts.language]):
        settings["default_language"] = parts.language
    return instrument
