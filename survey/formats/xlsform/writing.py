"""An instrument as the rows of an XLSForm.

What XLSForm has no column for stands as JSON in columns of our own ('soundings::item' and the
like), which other programs pass over, so that nothing is lost on the way out and in again.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from survey.formats.languages import heading
from survey.instruments import (
    DECLINED,
    DONT_KNOW,
    Agreement,
    AnyPart,
    Borough,
    Calculate,
    Choice,
    Choices,
    Consent,
    Date,
    Decimal,
    File,
    Foreign,
    Grid,
    Group,
    Image,
    Instrument,
    Moment,
    Note,
    Option,
    Page,
    Postcode,
    Range,
    Rank,
    Repeat,
    Scale,
    Text,
    Time,
    Whole,
    Wording,
    said,
)
from survey.instruments.checking import all_names
from survey.instruments.references import NAMED
from survey.instruments.wordings import languages_of
from survey.places import Area

Row = dict[str, str]
Rows = dict[str, list[Row]]
OURS = "soundings::"
OUR_KIND = "soundings_kind"  # of an option; its columns may not be parted
WITHHOLDING = (
    Option(DECLINED, {"en": "Prefer not to say", "ar": "أفضل عدم الإجابة"}),
    Option(DONT_KNOW, {"en": "I don’t know", "ar": "لا أعرف"}),
)
# What each type of question has in columns of XLSForm; everything else goes into a column of ours.
COLUMNS = frozenset(
    {
        "name", "text", "hint", "relevant", "appearance", "required", "required_when",
        "required_message", "constraint", "constraint_message", "default", "read_only", "options",
        "filter", "list", "items", "most_pixels", "count", "calculation", "labels", "rows", "low",
        "high", "step",
    }
)  # fmt: skip
LIMITS = ("least", "most", "future")
TYPES: dict[type, str] = {
    Choice: "select_one", Choices: "select_multiple", Rank: "rank", Agreement: "select_one",
    Scale: "range", Range: "range", Text: "text", Whole: "integer", Decimal: "decimal",
    Date: "date", Time: "time", Moment: "dateTime", Consent: "acknowledge", Note: "note",
    Borough: "select_one", Postcode: "text", Image: "image", File: "file", Calculate: "calculate",
    Group: "begin_group", Page: "begin_group", Repeat: "begin_repeat", Grid: "begin_group",
}  # fmt: skip
# The types that a row of XLSForm is taken for where no column of ours says otherwise.
NATURAL = frozenset(TYPES) - {Agreement, Scale, Borough, Postcode, Grid}


class Writer:
    """Collects the rows and the lists of options of one instrument."""

    def __init__(self, instrument: Instrument, boroughs: Sequence[Area]) -> None:
        self.instrument = instrument
        spoken = languages_of(instrument) or ["en"]
        base = instrument.settings.get("default_language", spoken[0])
        self.languages = sorted(spoken, key=lambda code: code != base)
        self.boroughs = tuple(Option(area.code, {"en": area.name}) for area in boroughs)
        self.survey: list[Row] = []
        self.lists: dict[str, tuple[Option, ...]] = {}

    def column(self, name: str, wording: Wording) -> Row:
        """A column, or one a language."""
        if len(self.languages) == 1:
            return {name: said(wording, self.languages[0])} if wording else {}
        return {f"{name}::{heading(code)}": text for code, text in wording.items()}

    def write(self, parts: Iterable[AnyPart]) -> None:
        for part in parts:
            if isinstance(part, Group | Page | Repeat):
                first = next(iter(part.items), part)
                is_hint = first == Note(name=f"{part.name}_hint", text=first.text)
                hint = first.text if is_hint and getattr(part, "table", False) else {}
                row = self.row(part, HELD[type(part)](part))
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
        if isinstance(part, Foreign):
            return {"type": part.kind}
        if isinstance(part, Choice | Choices | Rank):
            listed = self.add_list(part.list or part.name, offered(part))
            return {"type": f"{TYPES[type(part)]} {listed}", "choice_filter": part.filter}
        if isinstance(part, Agreement):
            listed = self.add_list(part.name, five(part))
            return {"type": f"select_one {listed}", "appearance": part.appearance or "likert"}
        if isinstance(part, Borough):
            listed = self.add_list("boroughs", self.boroughs or (Option("E09000001", {"en": "–"}),))
            return {"type": f"select_one {listed}", "appearance": part.appearance or "minimal"}
        if isinstance(part, Scale | Range):
            step = part.step if isinstance(part, Range) else 1
            return {
                "type": "range",
                "parameters": f"start={plain(part.low)} end={plain(part.high)} step={plain(step)}",
            }
        if isinstance(part, Calculate):
            return {"type": "calculate", "calculation": part.calculation}
        if isinstance(part, Image) and part.most_pixels:
            return {"type": "image", "parameters": f"max-pixels={part.most_pixels}"}
        if isinstance(part, Text) and part.long:
            return {"type": "text", "appearance": part.appearance or "multiline"}
        return {"type": TYPES[type(part)]}

    def grid(self, grid: Grid) -> None:
        """A table-list: each row is a question of its own with the same options."""
        listed = self.add_list(f"{grid.name}_labels", five(grid))
        self.survey.append(self.row(grid, {"type": "begin_group", "appearance": "table-list"}))
        for row in grid.rows:
            ours = {OURS + "item": compact({"reverse": True})} if row.reverse else {}
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
            {} if isinstance(part, Group | Page | Repeat | Calculate | Grid) else self.asked(part)
        )
        row = {
            "name": part.name,
            **self.column("label", part.text),
            "relevant": part.relevant,
            "appearance": part.appearance,
            **asked,
            **{name: text for name, text in kind.items() if text},
            OURS + "item": compact(ours_of(part)),
        }
        if isinstance(part, Grid):
            row |= self.column("hint", part.hint)
        return {name: text for name, text in row.items() if text}

    def asked(self, part: Any) -> Row:
        return {
            **self.column("hint", part.hint),
            "required": part.required_when or ("yes" if part.required else ""),
            **self.column("required_message", part.required_message),
            "constraint": constraint_of(part),
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
                **({OUR_KIND: option.kind} if option.kind else {}),
            }
            for name, options in self.lists.items()
            for option in options
        ]

    def settings(self) -> Row:
        known = msgspec.to_builtins(self.instrument)
        ours = {k: v for k, v in known.items() if k not in ("items", "settings") and v is not None}
        return {
            "form_title": said(self.instrument.title, self.languages[0]),
            "form_id": self.instrument.slug,
            "version": str(self.instrument.version),
            **self.known_settings(),
            "default_language": heading(self.languages[0]) if self.languages != ["en"] else "",
            OURS + "instrument": compact(ours),
        }

    def known_settings(self) -> Row:
        """The settings of other programs, without those that speak of a question that is gone."""
        names = {*all_names(self.instrument)}
        settings = self.instrument.settings
        return {key: text for key, text in settings.items() if {*NAMED.findall(text)} <= names}


HELD: dict[type, Callable[[Any], Row]] = {
    Group: lambda _: {"type": "begin_group"},
    Page: lambda part: {
        "type": "begin_group",
        "appearance": "table-list" if part.table else "field-list",
    },
    Repeat: lambda part: {"type": "begin_repeat", "repeat_count": part.count},
}


def rows_of(instrument: Instrument, boroughs: Sequence[Area] = ()) -> Rows:
    """The three sheets of a workbook, in the order of the instrument."""
    writer = Writer(instrument, boroughs)
    writer.write(instrument.items)
    return {"survey": writer.survey, "choices": writer.choices(), "settings": [writer.settings()]}


def ours_of(part: AnyPart) -> dict[str, Any]:
    """What XLSForm has no column for."""
    fields = msgspec.to_builtins(part)
    ours = {k: v for k, v in fields.items() if k not in COLUMNS and k != "type"}
    if bounds_of(part):
        limits = {key: getattr(part, key) for key in LIMITS if hasattr(part, key)}
        ours |= {"constraint": getattr(part, "constraint", ""), **limits}
    if isinstance(part, Foreign):
        ours.pop("kind", None)
    if isinstance(part, Page):
        ours.pop("table", None)
    if isinstance(part, Text):
        ours.pop("long", None)
    return (
        ours
        if type(part) in NATURAL or isinstance(part, Foreign)
        else {"type": fields["type"], **ours}
    )


def compact(ours: Mapping[str, Any]) -> str:
    return json.dumps(ours, ensure_ascii=False, separators=(",", ":")) if ours else ""


def offered(part: Choice | Choices | Rank) -> tuple[Option, ...]:
    may = part.may_decline and not isinstance(part, Rank)
    return (*part.options, WITHHOLDING[0]) if may else part.options


def five(part: Agreement | Grid) -> tuple[Option, ...]:
    options = tuple(Option(str(place), label) for place, label in enumerate(part.labels, 1))
    return (*options, *WITHHOLDING) if part.may_decline else options


def constraint_of(part: Any) -> str:
    """The limits of a question's type and what else it must keep, as one expression."""
    both = [bounds_of(part), part.constraint]
    return " and ".join(f"({one})" for one in both) if all(both) else both[0] or both[1]


def plain(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else str(number)


def bounds_of(part: AnyPart) -> str:
    if isinstance(part, Whole | Decimal):
        low = "" if part.least is None else f". >= {plain(part.least)}"
        high = "" if part.most is None else f". <= {plain(part.most)}"
        return " and ".join(one for one in (low, high) if one)
    if isinstance(part, Date | Moment) and not part.future:
        return ". <= today()" if isinstance(part, Date) else ". <= now()"
    if isinstance(part, Choices) and part.most is not None:
        return f"count-selected(.) <= {part.most}"
    return ""
