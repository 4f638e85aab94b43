"""An instrument as the rows of an XLSForm.

What XLSForm has no column for is written as JSON in columns of our own ('soundings::item' and
others), which other programs ignore, so that nothing is lost when the file is imported again.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from survey.formats.languages import language_heading
from survey.places import Area
from survey.surveys.instruments import (
    DECLINED,
    DONT_KNOW,
    Agreement,
    AnyPart,
    Borough,
    Calculate,
    Consent,
    Date,
    DateTime,
    Decimal,
    File,
    Grid,
    Image,
    Instrument,
    Integer,
    Note,
    Option,
    Postcode,
    QuestionGroup,
    QuestionPage,
    Range,
    Rank,
    Repeat,
    Scale,
    SelectMultiple,
    SelectOne,
    Text,
    Time,
    Unsupported,
    Wording,
    wording_text,
)
from survey.surveys.instruments.checking import all_names
from survey.surveys.instruments.references import REFERENCE
from survey.surveys.instruments.wordings import languages_used

Row = dict[str, str]
XlsformSheets = dict[str, list[Row]]
VARIABLE_PREFIX = "soundings::"
KIND_COLUMN = "soundings_kind"  # of an option; column names of options may not contain '::'
WITHHOLDING = (
    Option(DECLINED, {"en": "Prefer not to say", "ar": "أفضل عدم الإجابة"}),
    Option(DONT_KNOW, {"en": "I don’t know", "ar": "لا أعرف"}),
)
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
XLSFORM_TYPES: dict[type, str] = {
    SelectOne: "select_one", SelectMultiple: "select_multiple", Rank: "rank",
    Agreement: "select_one",
    Scale: "range", Range: "range", Text: "text", Integer: "integer", Decimal: "decimal",
    Date: "date", Time: "time", DateTime: "dateTime", Consent: "acknowledge", Note: "note",
    Borough: "select_one", Postcode: "text", Image: "image", File: "file", Calculate: "calculate",
    QuestionGroup: "begin_group", QuestionPage: "begin_group", Repeat: "begin_repeat",
    Grid: "begin_group",
}  # fmt: skip
# The types that a row is read as if our own column says nothing else.
DEFAULT_TYPES = frozenset(XLSFORM_TYPES) - {Agreement, Scale, Borough, Postcode, Grid}


class XlsformWriter:
    """Collects the rows and the lists of options of one instrument."""

    def __init__(self, instrument: Instrument, boroughs: Sequence[Area]) -> None:
        self.instrument = instrument
        spoken = languages_used(instrument) or ["en"]
        base = instrument.settings.get("default_language", spoken[0])
        self.languages = sorted(spoken, key=lambda code: code != base)
        self.boroughs = tuple(Option(area.code, {"en": area.name}) for area in boroughs)
        self.survey: list[Row] = []
        self.lists: dict[str, tuple[Option, ...]] = {}

    def column(self, name: str, wording: Wording) -> Row:
        """A column for a wording, or one for each language."""
        if len(self.languages) == 1:
            return {name: wording_text(wording, self.languages[0])} if wording else {}
        return {f"{name}::{language_heading(code)}": text for code, text in wording.items()}

    def write(self, parts: Iterable[AnyPart]) -> None:
        for part in parts:
            if isinstance(part, QuestionGroup | QuestionPage | Repeat):
                first = next(iter(part.items), part)
                is_hint = first == Note(name=f"{part.name}_hint", text=first.text)
                hint = first.text if is_hint and getattr(part, "table", False) else {}
                row = self.row(part, CONTAINER_ROWS[type(part)](part))
                self.survey.append(row | self.column("hint", hint))
                self.write(part.items[1:] if hint else part.items)
                self.survey.append(
                    {"type": "end_repeat" if isinstance(part, Repeat) else "end_group"}
                )
            elif isinstance(part, Grid):
                self.grid(part)
            else:
                self.survey.append(self.row(part, self.kind(part)))

    def kind(self, part: AnyPart) -> Row:
        """The type of a question, and the columns that only its type has."""
        if isinstance(part, Unsupported):
            return {"type": part.kind}
        if isinstance(part, SelectOne | SelectMultiple | Rank):
            listed = self.add_list(part.list or part.name, offered_options(part))
            return {"type": f"{XLSFORM_TYPES[type(part)]} {listed}", "choice_filter": part.filter}
        if isinstance(part, Agreement):
            listed = self.add_list(part.name, agreement_options(part))
            return {"type": f"select_one {listed}", "appearance": part.appearance or "likert"}
        if isinstance(part, Borough):
            listed = self.add_list("boroughs", self.boroughs or (Option("E09000001", {"en": "–"}),))
            return {"type": f"select_one {listed}", "appearance": part.appearance or "minimal"}
        if isinstance(part, Scale | Range):
            step = part.step if isinstance(part, Range) else 1
            return {
                "type": "range",
                "parameters": (
                    f"start={plain_number(part.low)} end={plain_number(part.high)} "
                    f"step={plain_number(step)}"
                ),
            }
        if isinstance(part, Calculate):
            return {"type": "calculate", "calculation": part.calculation}
        if isinstance(part, Image) and part.most_pixels:
            return {"type": "image", "parameters": f"max-pixels={part.most_pixels}"}
        if isinstance(part, Text) and part.long:
            return {"type": "text", "appearance": part.appearance or "multiline"}
        return {"type": XLSFORM_TYPES[type(part)]}

    def grid(self, grid: Grid) -> None:
        """A table-list: each row is a question of its own with the same options."""
        listed = self.add_list(f"{grid.name}_labels", agreement_options(grid))
        self.survey.append(self.row(grid, {"type": "begin_group", "appearance": "table-list"}))
        for row in grid.rows:
            ours = (
                {VARIABLE_PREFIX + "item": compact_json({"reverse": True})} if row.reverse else {}
            )
            self.survey.append(
                {
                    "type": f"select_one {listed}",
                    "name": row.name,
                    **self.column("label", row.text),
                    **({"required": "yes"} if grid.required else {}),
                    **ours,
                }
            )
        self.survey.append({"type": "end_group"})

    def row(self, part: AnyPart, kind: Row) -> Row:
        asked = (
            {}
            if isinstance(part, QuestionGroup | QuestionPage | Repeat | Calculate | Grid)
            else self.asked(part)
        )
        row = {
            "name": part.name,
            **self.column("label", part.text),
            "relevant": part.relevant,
            "appearance": part.appearance,
            **asked,
            **{name: text for name, text in kind.items() if text},
            VARIABLE_PREFIX + "item": compact_json(soundings_fields(part)),
        }
        if isinstance(part, Grid):
            row |= self.column("hint", part.hint)
        return {name: text for name, text in row.items() if text}

    def asked(self, part: Any) -> Row:
        return {
            **self.column("hint", part.hint),
            "required": part.required_when or ("yes" if part.required else ""),
            **self.column("required_message", part.required_message),
            "constraint": full_constraint(part),
            **self.column("constraint_message", part.constraint_message),
            "default": part.default,
            "readonly": "yes" if part.read_only else "",
        }

    def add_list(self, name: str, options: tuple[Option, ...]) -> str:
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
        return {
            "form_title": wording_text(self.instrument.title, self.languages[0]),
            "form_id": self.instrument.slug,
            "version": str(self.instrument.version),
            **self.known_settings(),
            "default_language": language_heading(self.languages[0])
            if self.languages != ["en"]
            else "",
            VARIABLE_PREFIX + "instrument": compact_json(ours),
        }

    def known_settings(self) -> Row:
        """The settings of other programs, without those that refer to a removed question."""
        names = {*all_names(self.instrument)}
        settings = self.instrument.settings
        return {key: text for key, text in settings.items() if {*REFERENCE.findall(text)} <= names}


CONTAINER_ROWS: dict[type, Callable[[Any], Row]] = {
    QuestionGroup: lambda _: {"type": "begin_group"},
    QuestionPage: lambda part: {
        "type": "begin_group",
        "appearance": "table-list" if part.table else "field-list",
    },
    Repeat: lambda part: {"type": "begin_repeat", "repeat_count": part.count},
}


def to_sheets(instrument: Instrument, boroughs: Sequence[Area] = ()) -> XlsformSheets:
    """The three sheets of a workbook, in the order of the instrument."""
    writer = XlsformWriter(instrument, boroughs)
    writer.write(instrument.items)
    return {"survey": writer.survey, "choices": writer.choices(), "settings": [writer.settings()]}


def soundings_fields(part: AnyPart) -> dict[str, Any]:
    """The fields of a part that XLSForm has no column for."""
    fields = msgspec.to_builtins(part)
    ours = {k: v for k, v in fields.items() if k not in COLUMNS and k != "type"}
    if bounds_expression(part):
        limits = {key: getattr(part, key) for key in LIMITS if hasattr(part, key)}
        ours |= {"constraint": getattr(part, "constraint", ""), **limits}
    if isinstance(part, Unsupported):
        ours.pop("kind", None)
    if isinstance(part, QuestionPage):
        ours.pop("table", None)
    if isinstance(part, Text):
        ours.pop("long", None)
    return (
        ours
        if type(part) in DEFAULT_TYPES or isinstance(part, Unsupported)
        else {"type": fields["type"], **ours}
    )


def compact_json(ours: Mapping[str, Any]) -> str:
    return json.dumps(ours, ensure_ascii=False, separators=(",", ":")) if ours else ""


def offered_options(part: SelectOne | SelectMultiple | Rank) -> tuple[Option, ...]:
    may = part.may_decline and not isinstance(part, Rank)
    return (*part.options, WITHHOLDING[0]) if may else part.options


def agreement_options(part: Agreement | Grid) -> tuple[Option, ...]:
    options = tuple(Option(str(place), label) for place, label in enumerate(part.labels, 1))
    return (*options, *WITHHOLDING) if part.may_decline else options


def full_constraint(part: Any) -> str:
    """The limits of a question's type and its own constraint, as one expression."""
    both = [bounds_expression(part), part.constraint]
    return " and ".join(f"({one})" for one in both) if all(both) else both[0] or both[1]


def plain_number(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else str(number)


def bounds_expression(part: AnyPart) -> str:
    if isinstance(part, Integer | Decimal):
        low = "" if part.least is None else f". >= {plain_number(part.least)}"
        high = "" if part.most is None else f". <= {plain_number(part.most)}"
        return " and ".join(one for one in (low, high) if one)
    if isinstance(part, Date | DateTime) and not part.future:
        return ". <= today()" if isinstance(part, Date) else ". <= now()"
    if isinstance(part, SelectMultiple) and part.most is not None:
        return f"count-selected(.) <= {part.most}"
    return ""
