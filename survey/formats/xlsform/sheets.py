"""An instrument as the rows of an XLSForm.

What XLSForm has no column for is written as JSON in columns of our own ('soundings::item' and
others), which other programs ignore, so that nothing is lost when the file is imported again.
"""

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from survey.formats.languages import language_heading
from survey.places import Area
from survey.surveys import instruments
from survey.surveys.expressions import REFERENCE
from survey.surveys.instruments import all_names, languages_used
from survey.surveys.item_types.answers import XlsformRow

Row = dict[str, str]
XlsformSheets = dict[str, list[Row]]
VARIABLE_PREFIX = "soundings::"
KIND_COLUMN = "soundings_kind"  # of an option; column names of options may not contain '::'
# The fields that XLSForm has columns for; all others go into a column of our own.
COLUMNS = frozenset(
    {
        "name", "text", "hint", "relevant", "appearance", "required", "required_when",
        "required_message", "constraint", "constraint_message", "default", "read_only", "options",
        "filter", "list", "items", "most_pixels", "count", "calculation", "labels", "rows", "low",
        "high", "step",
    }
)  # fmt: skip
LIMITS = ("least", "most", "future")
FIRST = ("type", "list_name", "name", "label", "hint")
WIDE = 48  # characters of the widest column of a workbook


class XlsformWriter:
    """Collects the rows and the lists of options of one instrument."""

    def __init__(self, instrument: instruments.Instrument, areas: Sequence[Area]) -> None:
        self.instrument = instrument
        spoken = languages_used(instrument) or ["en"]
        base = instrument.settings.get("default_language", spoken[0])
        # The first becomes the default language of the form.
        self.languages = sorted(spoken, key=lambda code: code != base)
        self.areas = tuple(instruments.Option(area.code, {"en": area.name}) for area in areas)
        self.survey: list[Row] = []
        self.lists: dict[str, tuple[instruments.Option, ...]] = {}

    def column(self, name: str, wording: instruments.Wording) -> Row:
        """The column for a wording; if the survey has several languages, a column for each."""
        if len(self.languages) == 1:
            return {name: instruments.wording_text(wording, self.languages[0])} if wording else {}
        # Our own words for "prefer not to say" are in more languages than most surveys.
        spoken = {code: text for code, text in wording.items() if code in self.languages}
        return {
            f"{name}::{language_heading(code)}": text for code, text in (spoken or wording).items()
        }

    def write(self, parts: Iterable[instruments.AnyPart]) -> None:
        for part in parts:
            written = part.xlsform(self.areas)
            if isinstance(part, instruments.Container):
                self.container(part, written)
            elif written.table:
                self.table(part, written)
            else:
                self.survey.append(self.row(part, written))

    def container(self, part: instruments.Container, written: XlsformRow) -> None:
        """Write a container between its begin and end row; a table's first note is its hint."""
        first = next(iter(part.items), part)
        is_hint = first == instruments.Note(name=f"{part.name}_hint", text=first.text)
        hint = first.text if is_hint and getattr(part, "table", False) else {}
        self.survey.append(self.row(part, written) | self.column("hint", hint))
        self.write(part.items[1:] if hint else part.items)
        self.survey.append({"type": written.type.replace("begin", "end")})

    def kind(self, written: XlsformRow) -> Row:
        """The type of a row, and the columns that only its type has."""
        if not written.list_name:
            return {"type": written.type, **written.columns}
        listed = self.add_list(written.list_name, written.options)
        return {"type": f"{written.type} {listed}", **written.columns}

    def table(self, part: instruments.AnyPart, written: XlsformRow) -> None:
        """A table-list: each row is a question of its own with the same options."""
        listed = self.add_list(written.list_name, written.options)
        self.survey.append(self.row(part, replace(written, list_name="")))
        for row in written.table:
            ours = {VARIABLE_PREFIX + "item": compact_json(row.ours)} if row.ours else {}
            self.survey.append(
                {
                    "type": f"select_one {listed}",
                    "name": row.name,
                    **self.column("label", row.text),
                    **({"required": "yes"} if getattr(part, "required", False) else {}),
                    **ours,
                }
            )
        self.survey.append({"type": "end_group"})

    def row(self, part: instruments.InstrumentPart, written: XlsformRow) -> Row:
        fields = msgspec.to_builtins(part)
        ours = {k: v for k, v in fields.items() if k not in COLUMNS and k != "type"}
        if isinstance(part, instruments.Item) and part.limits_expression():
            limits = {key: getattr(part, key) for key in LIMITS if hasattr(part, key)}
            # The column has limits and constraint as one expression, so ours says which is which.
            ours |= {"constraint": part.constraint, **limits}
        ours = {key: value for key, value in ours.items() if key not in part.xlsform_carries}
        row = {
            "name": part.name,
            **self.column("label", part.text),
            "relevant": part.relevant,
            "appearance": part.appearance,
            **(self.question_columns(part) if written.is_question else {}),
            **{name: text for name, text in self.kind(written).items() if text},
            VARIABLE_PREFIX + "item": compact_json(
                ours if part.xlsform_is_own else {"type": fields["type"], **ours}
            ),
        }
        return {
            name: text for name, text in (row | self.column("hint", written.hint)).items() if text
        }

    def question_columns(self, part: Any) -> Row:
        return {
            **self.column("hint", part.hint),
            "required": part.required_when or ("yes" if part.required else ""),
            **self.column("required_message", part.required_message),
            "constraint": full_constraint(part),
            **self.column("constraint_message", part.constraint_message),
            "default": part.default,
            "readonly": "yes" if part.read_only else "",
        }

    def add_list(self, name: str, options: tuple[instruments.Option, ...]) -> str:
        """Add a list with these options and return its name; the same options are written once."""
        free = name
        while self.lists.get(free, options) != options:
            free += "_"
        self.lists[free] = options
        return free

    def choices(self) -> list[Row]:
        return [
            {
                "list_name": name,
                "name": option.name,
                **self.column("label", option.text),
                **option.traits,
                **({KIND_COLUMN: option.kind} if option.kind else {}),
            }
            for name, options in self.lists.items()
            for option in options
        ]

    def settings(self) -> Row:
        known = msgspec.to_builtins(self.instrument)
        ours = {k: v for k, v in known.items() if k not in ("items", "settings") and v is not None}
        names = {*all_names(self.instrument)}
        settings = self.instrument.settings
        return {
            "form_title": instruments.wording_text(self.instrument.title, self.languages[0]),
            "form_id": self.instrument.slug,
            "version": str(self.instrument.version),
            **{key: text for key, text in settings.items() if {*REFERENCE.findall(text)} <= names},
            "default_language": language_heading(self.languages[0])
            if self.languages != ["en"]
            else "",
            VARIABLE_PREFIX + "instrument": compact_json(ours),
        }


def to_sheets(instrument: instruments.Instrument, areas: Sequence[Area] = ()) -> XlsformSheets:
    """The three sheets of a workbook, in the order of the instrument."""
    writer = XlsformWriter(instrument, areas)
    writer.write(instrument.items)
    return {"survey": writer.survey, "choices": writer.choices(), "settings": [writer.settings()]}


def compact_json(ours: Mapping[str, Any]) -> str:
    return json.dumps(ours, ensure_ascii=False, separators=(",", ":")) if ours else ""


def full_constraint(part: instruments.Item) -> str:
    """A question's own constraint and the limits of its type, as one expression."""
    both = [part.limits_expression(), part.constraint]
    return (
        " and ".join(f"({expression})" for expression in both) if all(both) else both[0] or both[1]
    )


def column_heads(lines: list[Row]) -> list[str]:
    """Every column that a row fills: first the columns that people read, our own columns last."""
    heads = list(dict.fromkeys(head for line in lines for head in line))

    def rank(head: str) -> tuple[bool, int]:
        plain = head.partition("::")[0]
        return head.startswith("soundings"), FIRST.index(plain) if plain in FIRST else len(FIRST)

    return sorted(heads, key=rank)


def to_workbook(rows: XlsformSheets) -> bytes:
    """Three sheets with bold heads; every cell is text, so none is ever a formula."""
    # Loaded by whoever writes a workbook: it takes a while, and most processes never need it.
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    def text_cell(text: str, *, bold: bool = False) -> WriteOnlyCell:
        cell = WriteOnlyCell(sheet, value=text)
        # openpyxl would make a formula of a text that begins with '='.
        cell.data_type = "s"
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        if bold:
            cell.font = Font(bold=True)
            cell.fill = PatternFill("solid", fgColor="E8E4EE")
        return cell

    book = Workbook(write_only=True)
    for name, lines in rows.items():
        sheet = book.create_sheet(name)
        heads = column_heads(lines)
        sheet.freeze_panes = "A2"
        for number, head in enumerate(heads, 1):
            width = max([len(head), *(len(line.get(head, "")) for line in lines)])
            sheet.column_dimensions[get_column_letter(number)].width = min(width + 2, WIDE)
        sheet.append([text_cell(head, bold=True) for head in heads])
        for line in lines:
            sheet.append([text_cell(line.get(head, "")) for head in heads])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()
