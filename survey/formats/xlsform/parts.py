"""Turns the questions of an XLSForm into ours, one by one, and reports what is lost."""

import json
import re
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec.structs import replace

from survey.formats.foreign import ImportReport
from survey.formats.languages import find_language_code
from survey.formats.xlsform.external import use_list_file
from survey.formats.xlsform.nodes import (
    BINDS,
    CALCULATED,
    ELSEWHERE,
    FILES,
    NO,
    OWN,
    TABLE_LABEL,
    WHY,
    YES,
    PartType,
    PyxformNode,
    counted_repeat,
    free_name,
    has_label,
    leave_columns,
    node_parameters,
    only_keys,
    parse_wording,
    report_rest,
    rows_by_node,
    type_of,
    without_keys,
    without_withholding,
)
from survey.formats.xlsform.sheets import KIND_COLUMN, LIMITS, VARIABLE_PREFIX, full_constraint
from survey.surveys import item_types
from survey.surveys.instruments.drafts import AnswerListColumns
from survey.surveys.item_types.answers import XlsformSource

PLACE = re.compile(r"%\((name|label)\)s")
NOBODY = "none"  # an answer that loops pass over


def loop_as_group(node: PyxformNode) -> PyxformNode:
    """The loop as a group; it holds a group for each option, named after loop and option."""
    groups = [
        {
            "type": "group",
            "name": f"{node['name']}_{column['name']}",
            "label": column.get("label"),
            "children": [
                words_in_language(child, column, "default") for child in node.get("children") or []
            ],
        }
        for column in node.get("columns") or []
        if column["name"] != NOBODY
    ]
    rest = {key: value for key, value in node.items() if key != "columns"}
    return rest | {"type": "group", "children": groups}


def words_in_language(said: Any, column: PyxformNode, language: str) -> Any:
    """A part of a question with the option's name, and its label in `language`, filled in."""
    if isinstance(said, list):
        return [words_in_language(part, column, language) for part in said]
    if isinstance(said, dict):
        fields = {key: words_in_language(field, column, key) for key, field in said.items()}
        is_part = "type" in said and "name" in said
        return fields | ({"name": f"{said['name']}_{column['name']}"} if is_part else {})
    if not isinstance(said, str):
        return said
    label = column.get("label") or column["name"]
    if isinstance(label, dict):
        label = label.get(language) or next(iter(label.values()))
    words = {"name": str(column["name"]), "label": str(label)}
    return PLACE.sub(lambda match: words[match[1]], said)


class XlsformParts:
    def __init__(
        self, survey: PyxformNode, rows: dict[str, list[int]], report: ImportReport
    ) -> None:
        self.rows = rows
        self.places = rows_by_node(survey["children"], rows)
        self.report = report
        self.reversed: set[str] = set()  # reverse-scored rows of tables
        spoken = find_language_code(survey.get("default_language") or "")
        self.language = "en" if spoken in ("", "default") else spoken
        self.lists: dict[str, Any] = survey.get("choices") or {}
        self.files: dict[
            str, AnswerListColumns
        ] = {}  # CSV files with options, which come separately

    def where(self, node: PyxformNode) -> str:
        row = self.places.get(id(node))
        return f"survey, row {row} ({node['name']})" if row else f"survey ({node.get('name')})"

    def convert_nodes(self, nodes: Iterable[PyxformNode]) -> tuple[item_types.AnyPart, ...]:
        nodes = list(nodes)
        counted = {
            node["name"]
            for node in nodes
            if node["type"] == "repeat" and "jr:count" in (node.get("control") or {})
        }
        parts: list[item_types.AnyPart] = []
        worked_out: dict[str, str] = {}
        for node in nodes:
            # pyxform makes a calculation of a count that is an expression; here it is a count.
            if counted_repeat(node) in counted:
                worked_out[node["name"]] = str(node["bind"]["calculate"])
            elif node.get("name") == "meta":
                for child in node.get("children") or []:
                    if child["type"] in ELSEWHERE:
                        why = f"not asked: {ELSEWHERE[child['type']]}"
                        self.report.leave(f"survey ({child['name']})", child["type"], why)
                    if child["type"] == "entity":
                        self.report.leave("entities", "the sheet", WHY["entities:saveto"])
            else:
                parts += self.parts(node, worked_out)
        return tuple(parts)

    def parts(self, node: PyxformNode, counts: dict[str, str]) -> list[item_types.AnyPart]:
        """The parts for one row; a calculation with a label gets a note that shows its value."""
        part = self.part(node, counts)
        if (
            not isinstance(part, item_types.Calculate)
            or node["type"] == "calculate"
            or not part.text
        ):
            return [part] if part is not None else []
        text = part.text
        if node["type"] != "note":
            text = {code: f"{words}: ${{{part.name}}}" for code, words in text.items()}
        hint = parse_wording(node.get("hint"), self.language, self.report, self.where(node))
        name = free_name(f"{part.name}_shown", self.rows)
        shown = item_types.Note(name=name, text=text, hint=hint, relevant=part.relevant)
        return [replace(part, text={}), shown]

    def part(self, node: PyxformNode, counts: dict[str, str]) -> item_types.AnyPart | None:
        node = loop_as_group(node) if node["type"] == "loop" else node
        known = type_of(node, self.where(node), self.report)
        if known is None:
            return None
        known = self.known_by_answers(node, known)
        report_rest(node, known, self.where(node), self.report)
        fields = self.fields(node, known) | self.contents(node, known, counts)
        typed = fields.get("constraint", "")
        made = self.part_with_ours(node, fields, self.ours(node))
        if isinstance(made, item_types.Item) and typed != full_constraint(made):
            # The constraint was changed in the spreadsheet: that one counts.
            made = self.part_with_ours(
                node, fields, without_keys(self.ours(node), "constraint", *LIMITS)
            )
        if isinstance(made, item_types.Container) and fields.get("hint"):
            hint = item_types.Note(
                name=free_name(f"{made.name}_hint", self.rows), text=fields["hint"]
            )
            made = replace(made, items=(hint, *made.items))
        return made

    def known_by_answers(self, node: PyxformNode, known: PartType) -> PartType:
        """The type of a question, decided by where its answer or its options come from."""
        where = self.where(node)
        if (node.get("bind") or {}).get("calculate") and has_label(known):
            # A note shows its result, so only of a question is something lost.
            if known is not item_types.Note:
                why = "its answer is calculated, so it is shown, not asked"
                self.report.leave(where, "the question", why)
            return item_types.Calculate
        if not issubclass(known, item_types.OptionsItem):
            return known
        if columns := use_list_file(node, self.rows_of(node)):
            self.files[node["itemset"]] = columns
            return known
        listed = str(node.get("itemset") or "")
        if "${" in listed or listed.lower().endswith(FILES):
            source = "other answers" if "${" in listed else listed
            why = f"its answers come from {source}, so people type theirs"
            self.report.leave(where, "the list of answers", why)
            return item_types.Text
        if listed.lower().endswith(".csv"):
            given = node_parameters(node)
            self.files[listed] = AnswerListColumns(
                given.get("value", "name"), given.get("label", "label")
            )
        return known

    def part_with_ours(
        self, node: PyxformNode, fields: dict[str, Any], ours: dict[str, Any]
    ) -> item_types.AnyPart | None:
        """A question; the values in our own columns replace those in other columns."""
        is_grid = ours.get("type") == "grid"
        if is_grid and not all(
            isinstance(row, item_types.OptionsItem) for row in fields.get("items", ())
        ):
            why = "one of its rows is not a question with options, so it is a group of questions"
            self.report.leave(self.where(node), "the table", why)
            return self.to_part(node, without_withholding(fields))
        fields = fields | ours
        if kind := item_types.PART_TYPES.get(str(fields.get("type"))):
            fields = kind.own_xlsform_fields(fields, frozenset(self.reversed))
        return self.to_part(node, without_withholding(fields))

    def to_part(self, node: PyxformNode, fields: dict[str, Any]) -> item_types.AnyPart | None:
        try:
            return msgspec.convert(fields, item_types.AnyPart)  # type: ignore[no-any-return]
        except msgspec.ValidationError as wrong:
            self.report.leave(self.where(node), "the question", f"it cannot be read: {wrong}")
            return None

    def ours(self, node: PyxformNode) -> dict[str, Any]:
        written = (node.get(OWN) or {}).get("item")
        try:
            fields = json.loads(written) if written else {}
        except ValueError:
            fields = None
        if not isinstance(fields, dict):
            why = "it was changed by hand and cannot be read"
            self.report.leave(self.where(node), f"{VARIABLE_PREFIX}item", why)
            return {}
        if fields.get("reverse"):
            self.reversed.add(node["name"])
        return fields

    def fields(self, node: PyxformNode, known: PartType) -> dict[str, Any]:
        where, bind = self.where(node), node.get("bind") or {}
        fields: dict[str, Any] = {
            "type": known.tag(),
            "name": node["name"],
            "text": self.text(node, known),
            "appearance": (node.get("control") or {}).get("appearance", ""),
        }
        for key, field in BINDS.items():
            if bind.get(key) not in (None, ""):
                worded = field.endswith("_message")
                said = parse_wording(bind[key], self.language, self.report, where) if worded else ""
                fields[field] = said if worded else str(bind[key])
        if issubclass(known, item_types.Container):
            why = "it is for single questions, not for a group"
            leave_columns(node, where, self.report, why)
            conditions: dict[str, Any] = node.get("bind") or {}
            if str(conditions.get("readonly") or "").lower() not in NO:
                self.report.leave(where, "readonly", "set it on each question of the group instead")
            if conditions.get("calculate"):
                self.report.leave(where, "calculation", why)
            for key in ("default", "choice_filter"):
                if node.get(key):
                    self.report.leave(where, key, why)
            fields["hint"] = parse_wording(node.get("hint"), self.language, self.report, where)
            return only_keys(fields, "type", "name", "text", "hint", "appearance", "relevant")
        if known is item_types.Calculate:
            return self.calculate(fields, node)
        required = str(bind.get("required") or "")
        fields |= {
            "hint": parse_wording(node.get("hint"), self.language, self.report, where),
            "required": required.lower() in YES,
            "required_when": "" if required.lower() in (*YES, *NO) else required,
            "default": str(node.get("default") or ""),
            # pyxform makes every note read-only by itself.
            "read_only": str(bind.get("readonly") or "").lower() in YES
            and known is not item_types.Note,
        }
        return fields | known.fields_from_xlsform(self.source(node, known, fields))

    def text(self, node: PyxformNode, known: PartType) -> item_types.Wording:
        """The text of a question; its name if it has neither label nor hint, as with a picture."""
        text = parse_wording(node.get("label"), self.language, self.report, self.where(node))
        bare = not text and not node.get("hint") and has_label(known)
        return {self.language: node["name"]} if bare else text

    def calculate(self, fields: dict[str, Any], node: PyxformNode) -> dict[str, Any]:
        fields_left = only_keys(fields, *CALCULATED)
        if node["type"] != "calculate":
            fields_left["text"] = parse_wording(
                node.get("label"), self.language, self.report, self.where(node)
            )
        where = self.where(node)
        leave_columns(node, where, self.report, "nobody types or changes what is calculated")
        if node.get("default") not in (None, ""):
            self.report.leave(where, "default", "calculated values have no default")
        if node.get("choice_filter"):
            self.report.leave(where, "choice_filter", "nobody chooses what is calculated")
        if node.get("hint") and node["type"] == "calculate":
            self.report.leave(where, "hint", "what is calculated is not shown by itself")
        return {"calculation": "''"} | fields_left

    def source(self, node: PyxformNode, known: PartType, fields: dict[str, Any]) -> XlsformSource:
        """The parts of the row that only some question types have fields for."""
        has_options = issubclass(known, item_types.OptionsItem)
        listed = str(node.get("list_name") or node.get("itemset") or "")
        return XlsformSource(
            type=node["type"],
            appearance=fields["appearance"],
            constraint=fields.get("constraint", ""),
            list_name="" if listed == node["name"] else listed,
            filter=node.get("choice_filter") or "",
            options=tuple(self.options(node)) if has_options else (),
            parameters=node_parameters(node),
        )

    def rows_of(self, node: PyxformNode) -> list[PyxformNode]:
        """The rows of a question's list of options."""
        return list(node.get("choices") or self.lists.get(node.get("itemset", "")) or [])

    def options(self, node: PyxformNode) -> list[item_types.Option]:
        return [self.option(node, row) for row in self.rows_of(node)]

    def option(self, node: PyxformNode, choice: PyxformNode) -> item_types.Option:
        where = f"choices ({node.get('list_name') or node['name']}, {choice['name']})"
        if choice.get("media"):
            self.report.leave(where, "the picture or sound", "it is not shown with an answer")
        own = ("name", "label", "media", KIND_COLUMN)
        traits = {
            key: text for key, text in choice.items() if key not in own and isinstance(text, str)
        }
        text = parse_wording(choice.get("label"), self.language, self.report, where)
        kind = str(choice.get(KIND_COLUMN) or "")
        return item_types.Option(
            str(choice["name"]), text or {self.language: str(choice["name"])}, kind, traits
        )

    def contents(
        self, node: PyxformNode, known: PartType, counts: dict[str, str]
    ) -> dict[str, Any]:
        """The contents of a group or repeat; a table-list becomes a page shown as a table."""
        if not issubclass(known, item_types.Container):
            return {}
        children = node.get("children") or []
        table = [child for child in children if TABLE_LABEL.fullmatch(child.get("name", ""))]
        within = self.convert_nodes(child for child in children if child not in table)
        if known is item_types.Repeat:
            count = str((node.get("control") or {}).get("jr:count", ""))
            return {"items": within, "count": counts.get(count.strip("${}"), count)}
        if table:
            return self.table(node, table[0], within)
        if "field-list" in ((node.get("control") or {}).get("appearance") or "").lower():
            return {"type": "page", "items": within, "appearance": ""}
        return {"items": within}

    def table(
        self, node: PyxformNode, label: PyxformNode, rows: tuple[item_types.AnyPart, ...]
    ) -> dict[str, Any]:
        """The fields of a page for a table-list, without the label and looks pyxform adds."""
        where = self.where(node)
        text, hint = (
            parse_wording(label.get(said), self.language, self.report, where)
            for said in ("label", "hint")
        )
        items = tuple(replace(row, appearance="") for row in rows)
        page = {"type": "page", "table": True, "items": items, "appearance": ""}
        return page | {"text": text, "hint": hint}
