"""The questions of an XLSForm, one by one, and what each says that no question of ours can."""

import json
from collections.abc import Iterable
from typing import Any

import msgspec

from survey.formats.instruments import AnswerList, Report
from survey.formats.languages import code_of
from survey.formats.xlsform.columns import (
    BINDS,
    BOUNDS,
    CALCULATED,
    DIGITS,
    FILES,
    HOLDING,
    NO,
    OWN,
    TABLE_LABEL,
    YES,
)
from survey.formats.xlsform.external import as_list_of_file
from survey.formats.xlsform.loops import unrolled
from survey.formats.xlsform.nodes import (
    Node,
    ends_of,
    free_name,
    made_for,
    only,
    parameters_of,
    rows_by_node,
    traits_of,
    with_labels,
    without,
    without_withholding,
    wording_of,
)
from survey.formats.xlsform.unsupported import (
    SELECTS,
    leave_checks,
    leave_meta,
    leave_of_group,
    leave_rest,
    type_of,
)
from survey.formats.xlsform.writing import LIMITS, OUR_KIND, OURS, constraint_of
from survey.instruments import (
    AnyPart,
    Calculate,
    Group,
    Item,
    Note,
    Option,
    Page,
    Repeat,
    Wording,
)


class Parts:
    def __init__(self, survey: Node, rows: dict[str, list[int]], report: Report) -> None:
        self.rows = rows
        self.places = rows_by_node(survey["children"], rows)
        self.report = report
        self.reversed: set[str] = set()  # rows of tables whose best end is the last
        spoken = code_of(survey.get("default_language") or "")
        self.language = "en" if spoken in ("", "default") else spoken
        self.lists: dict[str, Any] = survey.get("choices") or {}
        self.files: dict[str, AnswerList] = {}  # with answers, which do not come in the workbook

    def where(self, node: Node) -> str:
        row = self.places.get(id(node))
        return f"survey, row {row} ({node['name']})" if row else f"survey ({node.get('name')})"

    def of(self, nodes: Iterable[Node]) -> tuple[AnyPart, ...]:
        nodes = list(nodes)
        counted = {
            node["name"]
            for node in nodes
            if node["type"] == "repeat" and "jr:count" in (node.get("control") or {})
        }
        kept: list[AnyPart] = []
        worked_out: dict[str, str] = {}
        for node in nodes:
            if made_for(node) in counted:
                worked_out[node["name"]] = str(node["bind"]["calculate"])
            elif node.get("name") == "meta":
                leave_meta(node, self.report)
            else:
                kept += self.parts(node, worked_out)
        return tuple(kept)

    def parts(self, node: Node, counts: dict[str, str]) -> list[AnyPart]:
        """The question of a row; what is worked out has words of its own that show it."""
        part = self.part(node, counts)
        if not isinstance(part, Calculate) or node["type"] == "calculate" or not part.text:
            return [part] if part is not None else []
        text = part.text
        if node["type"] != "note":
            text = {code: f"{words}: ${{{part.name}}}" for code, words in text.items()}
        hint = wording_of(node.get("hint"), self.language, self.report, self.where(node))
        name = free_name(f"{part.name}_shown", self.rows)
        shown = Note(name=name, text=text, hint=hint, relevant=part.relevant)
        return [msgspec.structs.replace(part, text={}), shown]

    def part(self, node: Node, counts: dict[str, str]) -> AnyPart | None:
        node = unrolled(node) if node["type"] == "loop" else node
        known = type_of(node, self.where(node), self.report)
        if known is None:
            return None
        known = self.known_by_answers(node, known)
        leave_rest(node, known, self.where(node), self.report)
        fields = self.fields(node, known) | self.held(node, known, counts)
        if known == "foreign":
            fields["kind"] = node["type"]
        typed = fields.get("constraint", "")
        made = self.overlaid(node, fields, self.ours(node))
        if isinstance(made, Item) and typed != constraint_of(made):
            # Somebody changed the condition in the spreadsheet: what is typed there counts.
            made = self.overlaid(node, fields, without(self.ours(node), "constraint", *LIMITS))
        if isinstance(made, Group | Page | Repeat) and fields.get("hint"):
            hint = Note(name=free_name(f"{made.name}_hint", self.rows), text=fields["hint"])
            made = msgspec.structs.replace(made, items=(hint, *made.items))
        return made

    def known_by_answers(self, node: Node, known: str) -> str:
        """The type of a question after a look at where its answers come from."""
        where = self.where(node)
        if (node.get("bind") or {}).get("calculate") and known not in HOLDING:
            if known != "note":
                why = "its answer is calculated, so it is shown, not asked"
                self.report.leave(where, "the question", why)
            return "calculate"
        if known in SELECTS and (columns := as_list_of_file(node, self.rows_of(node))):
            self.files[node["itemset"]] = columns
            return known
        listed = str(node.get("itemset") or "")
        if known in SELECTS and ("${" in listed or listed.lower().endswith(FILES)):
            source = "other answers" if "${" in listed else listed
            why = f"its answers come from {source}, so people type theirs"
            self.report.leave(where, "the list of answers", why)
            return "text"
        if known in SELECTS and listed.lower().endswith(".csv"):
            given = parameters_of(node)
            self.files[listed] = AnswerList(given.get("value", "name"), given.get("label", "label"))
        return known

    def overlaid(self, node: Node, fields: dict[str, Any], ours: dict[str, Any]) -> AnyPart | None:
        """A question with what columns of ours say of it."""
        fields = fields | ours
        if fields.get("type") in ("agreement", "grid"):
            fields = with_labels(fields, self.reversed)
        return self.made(node, without_withholding(fields))

    def made(self, node: Node, fields: dict[str, Any]) -> AnyPart | None:
        try:
            return msgspec.convert(fields, AnyPart)  # type: ignore[no-any-return]
        except msgspec.ValidationError as wrong:
            self.report.leave(self.where(node), "the question", f"it cannot be read: {wrong}")
            return None

    def ours(self, node: Node) -> dict[str, Any]:
        written = (node.get(OWN) or {}).get("item")
        try:
            found = json.loads(written) if written else {}
        except ValueError:
            found = None
        if not isinstance(found, dict):
            why = "it was changed by hand and cannot be read"
            self.report.leave(self.where(node), f"{OURS}item", why)
            return {}
        if found.get("reverse"):
            self.reversed.add(node["name"])
        return found

    def fields(self, node: Node, known: str) -> dict[str, Any]:
        where, bind = self.where(node), node.get("bind") or {}
        fields: dict[str, Any] = {
            "type": known,
            "name": node["name"],
            "text": self.text(node, known),
            "appearance": (node.get("control") or {}).get("appearance", ""),
        }
        for key, field in BINDS.items():
            if bind.get(key) not in (None, ""):
                worded = field.endswith("_message")
                said = wording_of(bind[key], self.language, self.report, where) if worded else ""
                fields[field] = said if worded else str(bind[key])
        if known in ("group", "repeat"):
            leave_of_group(node, where, self.report)
            fields["hint"] = wording_of(node.get("hint"), self.language, self.report, where)
            return only(fields, "type", "name", "text", "hint", "appearance", "relevant")
        if known == "calculate":
            return self.calculate(fields, node)
        required = str(bind.get("required") or "")
        fields |= {
            "hint": wording_of(node.get("hint"), self.language, self.report, where),
            "required": required.lower() in YES,
            "required_when": "" if required.lower() in (*YES, *NO) else required,
            "default": str(node.get("default") or ""),
            "read_only": str(bind.get("readonly") or "").lower() in YES and known != "note",
        }
        return fields | self.typed(node, known, fields)

    def text(self, node: Node, known: str) -> Wording:
        """The words of a question; a picture alone is not shown, so its name has to do."""
        text = wording_of(node.get("label"), self.language, self.report, self.where(node))
        bare = not text and not node.get("hint") and known not in HOLDING
        return {self.language: node["name"]} if bare else text

    def calculate(self, fields: dict[str, Any], node: Node) -> dict[str, Any]:
        kept = only(fields, *CALCULATED)
        if node["type"] != "calculate":
            kept["text"] = wording_of(
                node.get("label"), self.language, self.report, self.where(node)
            )
        leave_checks(node, self.where(node), self.report)
        return {"calculation": "''"} | kept

    def typed(self, node: Node, known: str, fields: dict[str, Any]) -> dict[str, Any]:
        """What only some types have."""
        if known in ("choice", "choices", "rank"):
            listed = node.get("list_name") or node.get("itemset") or ""
            found: dict[str, Any] = {
                "options": self.options(node),
                "list": "" if listed == node["name"] else listed,
            }
            return found | {"filter": node.get("choice_filter") or ""}
        if known == "text" and node["type"] == "phone number":
            return {"long": False, "constraint": fields.get("constraint") or DIGITS}
        if known == "text":
            long = fields["appearance"] == "multiline"
            return {"long": True, "appearance": ""} if long else {"long": False}
        if known in ("whole", "decimal"):
            return dict(zip(("least", "most"), BOUNDS.get(node["type"], (None, None)), strict=True))
        if known in ("date", "moment"):
            return {"future": True}
        pixels = parameters_of(node).get("max-pixels", "")
        if known == "image" and pixels.isdigit():
            return {"most_pixels": int(pixels)}
        if known == "range":
            return ends_of(node)
        return {}

    def rows_of(self, node: Node) -> list[Node]:
        """The rows of the list of a question."""
        return list(node.get("choices") or self.lists.get(node.get("itemset", "")) or [])

    def options(self, node: Node) -> list[Option]:
        return [self.option(node, one) for one in self.rows_of(node)]

    def option(self, node: Node, one: Node) -> Option:
        where = f"choices ({node.get('list_name') or node['name']}, {one['name']})"
        if one.get("media"):
            self.report.leave(where, "the picture or sound", "it is not shown with an answer")
        traits = traits_of(one)
        text = wording_of(one.get("label"), self.language, self.report, where)
        kind = str(one.get(OUR_KIND) or "")
        return Option(str(one["name"]), text or {self.language: str(one["name"])}, kind, traits)

    def held(self, node: Node, known: str, counts: dict[str, str]) -> dict[str, Any]:
        """What a group holds; a table-list is a page in the shape of a table."""
        if known not in ("group", "repeat"):
            return {}
        children = node.get("children") or []
        table = [one for one in children if TABLE_LABEL.fullmatch(one.get("name", ""))]
        within = self.of(one for one in children if one not in table)
        if known == "repeat":
            count = str((node.get("control") or {}).get("jr:count", ""))
            return {"items": within, "count": counts.get(count.strip("${}"), count)}
        if table:
            return self.table(node, table[0], within)
        if "field-list" in ((node.get("control") or {}).get("appearance") or "").lower():
            return {"type": "page", "items": within, "appearance": ""}
        return {"items": within}

    def table(self, node: Node, label: Node, rows: tuple[AnyPart, ...]) -> dict[str, Any]:
        """Without what pyxform itself makes of a table-list: its label, and how rows look."""
        where = self.where(node)
        text, hint = (
            wording_of(label.get(said), self.language, self.report, where)
            for said in ("label", "hint")
        )
        items = tuple(msgspec.structs.replace(row, appearance="") for row in rows)
        page = {"type": "page", "table": True, "items": items, "appearance": ""}
        return page | {"text": text, "hint": hint}
