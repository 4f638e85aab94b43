"""Finds what a workbook says that neither the imported survey nor the import's report has.

It compares with what pyxform reads in the file, not with our own reader.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from survey.formats.foreign import ImportedInstrument, NotImported
from survey.formats.languages import find_language_code
from survey.surveys.instruments import AnyPart, Grid, Repeat, Wording
from survey.surveys.item_types import Container

GENERATED = re.compile(r"(generated_table_list_label|reserved_name_for_field_list_labels)_\d+")
NEW_NAME = re.compile(r"now “([^”]+)”")
TRUE, FALSE = ("yes", "true", "true()"), ("", "no", "false", "false()")
KINDS = {
    "select one": ("choice", "agreement", "borough"), "select one external": ("choice",),
    "select all that apply": ("choices",),
    "rank": ("rank",), "text": ("text", "postcode"), "string": ("text",),
    "phone number": ("text",), "integer": ("whole",), "int": ("whole",), "decimal": ("decimal",),
    "date": ("date",), "time": ("time",), "dateTime": ("moment",), "datetime": ("moment",),
    "range": ("range", "scale"), "acknowledge": ("consent",), "trigger": ("consent",),
    "note": ("note",), "photo": ("image",), "image": ("image",), "file": ("file",),
    "add text prompt": ("text",), "add date prompt": ("date",), "percentage": ("whole",),
    "loop": ("group",), "calculate": ("calculate",),
    "group": ("group", "page", "grid"), "repeat": ("repeat",),
}  # fmt: skip
EXPRESSIONS = {
    "relevant": "relevant", "constraint": "constraint", "calculate": "calculation",
}  # fmt: skip
BINDS = {
    *EXPRESSIONS,
    "required",
    "readonly",
    "jr:constraintMsg",
    "jr:requiredMsg",
    "type",
    "orx:max-pixels",
}
COMPARED_KEYS = {
    "type", "name", "label", "hint", "bind", "control", "children", "choices", "itemset", "query",
    "list_name", "parameters", "default", "choice_filter", "_dynamic_default", "actions",
    "columns",
}  # fmt: skip
CONTROLS = {"appearance", "jr:count", "start", "end", "step"}
SETTINGS_COMPARED = {"type", "name", "children", "choices", "title", "_xpath", "survey_row"}
# Which words of a report mean which aspect; a line about the whole question covers all.
ASPECT_WORDS = {
    "kind": "question|answers|appearance|times",
    "repeats": "times",
    "relevant": "relevant|condition|asked",
    "constraint": "constraint|checked",
    "constraint message": "constraint",
    "calculate": "calculat",
    "required": "required|nobody is asked",
    "required message": "required",
    "readonly": "readonly|read only|nobody is asked",
    "hint": "hint",
    "default": "default",
    "choice_filter": "filter|list of answers|people type theirs",
    "options": "list|answer",
    "label": "words|label|picture|sound",
    "media": "picture|sound|media",
    "bind entities:saveto": "save_to|entities:saveto",
}
WHOLE_QUESTION = re.compile(r"the question|the group|the row of headings|this part|the repeat")


class Loss(msgspec.Struct, frozen=True):
    """One unreported loss: the question, which aspect of it, and what the workbook says."""

    name: str
    aspect: str
    given: str


class ReportLines:
    """The lines of an import report, by the question or list that they are about."""

    def __init__(self, left: Iterable[NotImported]) -> None:
        self.lines = list(left)

    def about(self, name: str) -> list[NotImported]:
        place = re.compile(rf"\({re.escape(name)}[,)]|^{re.escape(name)}$")
        return [one for one in self.lines if place.search(one.where)]

    def speaks(self, names: Iterable[str], aspect: str) -> bool:
        words = re.compile(
            ASPECT_WORDS.get(aspect, re.escape(aspect.partition(" ")[2] or aspect)), re.I
        )
        return any(
            words.search(f"{one.what} {one.why}") or WHOLE_QUESTION.match(one.what)
            for name in names
            for one in self.about(name)
        )


class ComparedSurvey:
    """An imported survey, with each of its parts by the name that it had in the file."""

    def __init__(self, found: ImportedInstrument) -> None:
        self.told = ReportLines(found.left)
        self.parts: dict[str, AnyPart] = {}
        self.inside: dict[str, tuple[str, ...]] = {}  # the repeats around each
        self.collect(found.instrument.items, ())
        self.renamed: dict[str, list[str]] = {}
        for one in found.left:
            if one.what.startswith("the name “") and one.where.startswith("survey"):
                old = one.what.removeprefix("the name “").rstrip("”")
                self.renamed.setdefault(old, []).extend(NEW_NAME.findall(one.why))
        self.met: set[str] = set()

    def collect(self, parts: Iterable[AnyPart], repeats: tuple[str, ...]) -> None:
        for part in parts:
            self.parts[part.name], self.inside[part.name] = part, repeats
            for row in part.rows if isinstance(part, Grid) else ():
                self.parts[row.name], self.inside[row.name] = part, repeats
            if isinstance(part, Container):
                inner = (*repeats, part.name) if isinstance(part, Repeat) else repeats
                self.collect(part.items, inner)

    def find(self, name: str) -> str:
        """The new name of the next question that had this name in the file."""
        if name not in self.parts and name not in self.renamed:  # of a loop: it has an ending
            ended = (
                one for one in self.parts if one.startswith(f"{name}_") and one not in self.met
            )
            self.met.add(name := next(ended, name))
            return name
        if name in self.met or name not in self.parts:
            waiting = self.renamed.get(name, [])
            return waiting.pop(0) if waiting else name
        self.met.add(name)
        return name


def find_losses(given: dict[str, Any], found: ImportedInstrument) -> list[Loss]:
    """Everything that pyxform read and that is neither in the survey nor in its report."""
    compared = ComparedSurvey(found)
    lost = [
        Loss("", f"setting {key}", str(given[key])[:80])
        for key in sorted(given.keys() - SETTINGS_COMPARED)
        if given[key] and key not in kept_settings(found) and not compared.told.about(key)
        and not any(key in one.what for one in compared.told.about("settings"))
    ]  # fmt: skip
    lists = given.get("choices") or {}
    meta = [
        one for node in given["children"] if node.get("name") == "meta" for one in node["children"]
    ]
    lost += [
        Loss("meta", one["type"], one["name"])
        for one in meta
        if one["type"] in ("audit", "entity")
        and not (compared.told.about(one["name"]) or compared.told.about("entities"))
    ]
    for node, around in walk_nodes(given["children"]):
        lost += node_losses(node, around, lists, compared)
    return lost


def kept_settings(found: ImportedInstrument) -> set[str]:
    """The settings that were imported, and those that carry no information."""
    one = found.instrument
    settings = {*one.settings, "id_string", "version", "sms_keyword", "default_language"}
    return settings | {"clean_text_values"}


def walk_nodes(
    children: list[Any], around: tuple[Any, ...] = ()
) -> Iterator[tuple[Any, tuple[Any]]]:
    counts = {
        str((one.get("control") or {}).get("jr:count", "")).strip("${} ")
        for one in children
        if one.get("type") == "repeat"
    }
    for node in children:
        name = node.get("name", "")
        made = name in counts and name.endswith("_count") and node["type"] == "calculate"
        if name == "meta" or GENERATED.fullmatch(name) or made:
            continue
        yield node, around
        within = node.get("children") or []
        for column in node.get("columns") or []:  # a loop asks its questions about each answer
            yield from walk_nodes(about(within, column), (*around, node))
        if "columns" not in node:
            yield from walk_nodes(within, (*around, node))


def about(children: list[Any], column: Any) -> list[Any]:
    """The questions of a loop with the name and words of one answer, written as pyxform does."""
    label = column.get("label") or column["name"]
    label = next(iter(label.values())) if isinstance(label, dict) else label
    text = json.dumps(children).replace("%(name)s", json.dumps(str(column["name"]))[1:-1])
    return list(json.loads(text.replace("%(label)s", json.dumps(str(label))[1:-1])))


def node_losses(
    node: Any, around: tuple[Any, ...], lists: Any, compared: ComparedSurvey
) -> Iterator[Loss]:
    name = str(node.get("name", ""))
    now = compared.find(name)
    holders = [str(one.get("name", "")) for one in around]
    names = (name, now, *holders)
    part = compared.parts.get(now)
    if part is None:
        whole = any(
            WHOLE_QUESTION.match(one.what) for one in compared.told.lines for n in names
            if one in compared.told.about(n)
        )  # fmt: skip
        if not whole:
            yield Loss(name, "the whole", node["type"])
        return
    repeats = tuple(one["name"] for one in around if one["type"] == "repeat")
    mention = compared.told.speaks((name, *holders), "repeats")
    if len(repeats) != len(compared.inside[now]) and not mention:
        yield Loss(name, "repeats", "/".join(repeats))
    for aspect, was in missing_aspects(node, part, lists, compared):
        listed = str(node.get("list_name") or node.get("itemset") or name)
        if not compared.told.speaks((name, now, listed), aspect):
            yield Loss(name, aspect, str(was)[:120])


def missing_aspects(
    node: Any, part: Any, lists: Any, compared: ComparedSurvey
) -> Iterator[tuple[str, Any]]:
    """What a row of the workbook says and the survey does not."""
    kind = msgspec.to_builtins(part)["type"]
    if kind != "foreign" and kind not in KINDS.get(node["type"], ()):
        yield "kind", f"{node['type']} became {kind}"
    bind, control = node.get("bind") or {}, node.get("control") or {}
    yield from missing_rules(node, bind, part)
    if bind.get("orx:max-pixels") and not field_or_empty(part, "most_pixels"):
        yield "max-pixels", bind["orx:max-pixels"]
    yield from (("bind " + key, bind[key]) for key in sorted(bind.keys() - BINDS) if bind[key])
    is_shown = kind == "calculate" and node["type"] != "calculate"
    shown = compared.parts.get(f"{part.name}_shown", part) if is_shown else part
    if node["type"] in ("group", "repeat") and node.get("hint"):
        shown = compared.parts.get(f"{part.name}_hint", part)
    for aspect, said, field in (
        ("label", node.get("label"), shown.text if is_shown else part.text),
        ("hint", node.get("hint"), field_or_empty(shown, "hint") or shown.text),
        (
            "constraint message",
            bind.get("jr:constraintMsg"),
            field_or_empty(part, "constraint_message"),
        ),
        ("required message", bind.get("jr:requiredMsg"), field_or_empty(part, "required_message")),
    ):
        if missing := missing_languages(said, field):
            yield aspect, missing
    if node["type"] in ("select one", "select all that apply", "rank"):
        yield from missing_options(node, part, lists)
    if node["type"] == "repeat" and control.get("jr:count") and not field_or_empty(part, "count"):
        yield "count", control["jr:count"]
    yield from (("control " + key, control[key]) for key in sorted(control.keys() - CONTROLS))
    yield from (
        ("column " + key, node[key]) for key in sorted(node.keys() - COMPARED_KEYS) if node[key]
    )


def field_or_empty(part: Any, field: str) -> Any:
    return getattr(part, field, None) or {}


def missing_rules(node: Any, bind: Any, part: Any) -> Iterator[tuple[str, Any]]:
    for key, field in EXPRESSIONS.items():
        was, now = bind.get(key), getattr(part, field, "") or ""
        if was not in (None, "") and expression_shape(str(was)) != expression_shape(str(now)):
            yield key, f"{was} became {now}"
    required = str(bind.get("required") or "").strip()
    field = "required" if required.lower() in TRUE else "required_when"
    if required.lower() not in FALSE and not getattr(part, field, False):
        yield "required", required
    readonly = str(bind.get("readonly") or "").strip()
    same = getattr(part, "read_only", False) and readonly.lower() in TRUE
    if readonly.lower() not in FALSE and node["type"] not in ("note", "calculate") and not same:
        yield "readonly", readonly
    for key, field in (("default", "default"), ("choice_filter", "filter")):
        was, now = str(node.get(key) or ""), str(getattr(part, field, "") or "")
        if was and expression_shape(was) != expression_shape(now):
            yield key, f"{was} became {now}"


def expression_shape(expression: str) -> str:
    """An expression without its blanks and without the names in it, which may have changed."""
    return re.sub(r"\s+", "", re.sub(r"\$\{[^}]*\}", "$", expression)).translate(QUOTES)


QUOTES = str.maketrans("“”‘’", "\"\"''")


def plain_text(text: Any) -> str:
    return " ".join(str(text).translate(QUOTES).split())


def missing_languages(said: Any, wording: Wording) -> str:
    """The languages whose text is missing."""
    given = said if isinstance(said, dict) else {"default": said}
    words = {plain_text(REFERENCES.sub("$", text)) for text in wording.values()}
    return ", ".join(
        language
        for language, text in given.items()
        if text not in (None, "", "-") and not has_words(language, str(text), wording, words)
    )


def has_words(language: str, text: str, wording: Wording, words: set[str]) -> bool:
    """Whether a text is there, and under its own language if we know that language."""
    code = find_language_code(language) if language != "default" else ""
    here = any(plain_text(REFERENCES.sub("$", text)) in one for one in words)
    return here and (not code or code in wording)


REFERENCES = re.compile(r"\$\{[^}]*\}")


def missing_options(node: Any, part: Any, lists: Any) -> Iterator[tuple[str, Any]]:
    rows = node.get("choices") or lists.get(node.get("itemset", "")) or []
    ours = getattr(part, "options", None)
    if ours is None:
        return
    if len({one["name"] for one in rows} - {"prefer_not_to_say", "dont_know"}) > len(ours):
        yield "options", f"{len(rows)} became {len(ours)}"
    by_name = {one.name: one for one in ours}
    for row in rows:
        option = by_name.get(str(row["name"]))
        if option and (missing := missing_languages(row.get("label"), option.text)):
            yield "options", f"{row['name']} without its words in {missing}"
        if option and row.get("media"):
            yield "media", f"of {row['name']}"
        traits = {k for k, v in row.items() if isinstance(v, str)} - {"name", "label"}
        if option and (gone := traits - option.traits.keys()):
            yield "options", f"{row['name']} without {', '.join(sorted(gone))}"
