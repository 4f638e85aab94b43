"""One row of a form as pyxform gives it: what its columns mean here, and what they cannot mean."""

import re
from collections.abc import Container as Holds
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from survey.formats.foreign import ImportReport
from survey.formats.languages import find_language_code, made_up_code
from survey.formats.xlsform.sheets import VARIABLE_PREFIX
from survey.surveys import item_types
from survey.surveys.instruments import WITHHELD, Wording

YES = ("yes", "true", "true()")
NO = ("", "no", "false", "false()")
OWN = VARIABLE_PREFIX.rstrip(":")
PartType = type[item_types.InstrumentPart]
# Which type of ours each type of row is read as.
TYPES: dict[str, PartType] = {
    word: kind for kind in item_types.PART_TYPES.values() for word in kind.xlsform_types
}
# What only a phone or another program can ask: it stays in the form, but is never asked or stored.
ELSEWHERE = {
    **dict.fromkeys(
        ("deviceid", "uri:deviceid", "simserial", "uri:simserial", "imei", "device id", "sim id",
         "get device id", "get sim id"),
        "it would identify a phone",
    ),
    **dict.fromkeys(
        ("phonenumber", "uri:phonenumber", "subscriberid", "username", "email", "uri:username",
         "uri:email", "uri:subscriberid", "subscriber id", "get subscriber id", "get phone number"),
        "it would identify a person",
    ),
    **dict.fromkeys(
        ("start", "end", "start time", "end time", "get start time", "get end time"),
        "times of answers are saved to the hour",
    ),
    **dict.fromkeys(("today", "get today"), "the day of an answer is saved anyway"),
    "audit": "it would follow a person's every move",
    **dict.fromkeys(
        ("geopoint", "gps", "location", "geotrace", "geoshape", "start-geopoint",
         "background-geopoint", "add location prompt", "q location", "q geopoint", "q geotrace",
         "q geoshape"),
        "an exact place could identify a person",
    ),
    **dict.fromkeys(
        ("barcode", "add barcode prompt", "q barcode"), "it needs the camera of a phone"
    ),
    "hidden": "another program fills it",
    **dict.fromkeys(
        ("audio", "video", "background-audio", "add audio prompt", "add video prompt", "q audio",
         "q video"),
        "recordings are not accepted here",
    ),
}  # fmt: skip
NOWHERE = {
    "osm": "there is no map here",
    **dict.fromkeys(("csv-external", "xml-external"), "a file of data cannot be added here"),
}
BINDS = {
    "relevant": "relevant", "constraint": "constraint", "calculate": "calculation",
    "jr:constraintMsg": "constraint_message", "jr:requiredMsg": "required_message",
}  # fmt: skip
BOUND = frozenset({*BINDS, "required", "readonly", "orx:max-pixels"})
SHOWN = frozenset({"appearance", "jr:count", "start", "end", "step", "max-pixels"})
FILES = (".geojson", ".xml")  # lists of answers that cannot be read
CALCULATED = ("type", "name", "text", "relevant", "calculation")
QUIET = frozenset(
    {
        "type", "name", "label", "hint", "bind", "control", "children", "choices", "itemset",
        "list_name", "parameters", "default", "choice_filter", "query", "_dynamic_default",
        "actions", OWN,
    }
)  # fmt: skip
PARAMETER = re.compile(r"([\w-]+)\s*=\s*([^\s,;]+)")
TABLE_LABEL = re.compile(r"(generated_table_list_label|reserved_name_for_field_list_labels)_\d+")


def has_label(known: PartType) -> bool:
    """Whether a row of a type is a question or a note, which have words of their own."""
    return issubclass(known, item_types.Item) and known.is_shown


PyxformNode = dict[str, Any]


def parse_wording(said: Any, language: str, report: ImportReport, where: str) -> Wording:
    """A text in each of its languages; a plain text is in the form's own language."""
    if not isinstance(said, dict):
        return {language: str(said)} if said not in (None, "") else {}
    wording: Wording = {}
    for name, text in said.items():
        code = language if name == "default" else find_language_code(name)
        if not code:
            code = made_up_code(name)
            why = (
                "this language is not known here; its text is imported and shown from left to right"
            )
            report.leave("languages", name, why)
        if text in (None, "", "-"):
            continue
        # Two headings can mean one language, such as 'English' and 'English (EN)'.
        if wording.setdefault(code, str(text)) != str(text):
            report.leave(where, f"the words in {name}", "there are others in the same language")
    # The base language first, as the first is shown where a translation is missing.
    first = {language: wording[language]} if language in wording else {}
    return first | wording


def counted_repeat(node: PyxformNode) -> str:
    """The repeat whose count pyxform made this calculation for; '' for any other calculation."""
    made = node["type"] == "calculate" and (node.get("bind") or {}).get("readonly") == "true()"
    return str(node["name"]).removesuffix("_count") if made else ""


def rows_by_node(nodes: Iterable[PyxformNode], rows: Mapping[str, Sequence[int]]) -> dict[int, int]:
    """The row number of each node, by its identity; nodes of one name take its rows in order."""
    waiting = {name: iter(numbers) for name, numbers in rows.items()}
    row_numbers: dict[int, int] = {}

    def visit(children: Iterable[PyxformNode]) -> None:
        for node in children:
            if number := next(waiting.get(str(node.get("name")), iter(())), 0):
                row_numbers[id(node)] = number
            visit(node.get("children") or [])

    visit(nodes)
    return row_numbers


def free_name(name: str, taken: Holds[str]) -> str:
    """A name based on `name` that is not in `taken`."""
    return next(candidate for n in range(10_000) if (candidate := f"{name}{n or ''}") not in taken)


def node_parameters(node: PyxformNode) -> dict[str, str]:
    """The parameters of a row, which pyxform gives as a mapping or as they were typed."""
    given = node.get("parameters") or {}
    if isinstance(given, dict):
        return {key: str(text) for key, text in given.items()}
    return dict(PARAMETER.findall(given))


def only_keys(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key in names}


def without_keys(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key not in names}


def without_withholding(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a question without the option that was added only for phones.

    'Prefer not to say' is an option on a phone, but a property of the question in our survey.
    """
    if fields.get("may_decline") and "options" in fields:
        left = [option for option in fields["options"] if option.name not in WITHHELD]
        return fields | {"options": left}
    return fields


# Beginnings of appearances that change what is asked; all others only change looks.
APPEARANCES = {
    "year": "people enter a whole date",
    "month-year": "people enter a whole date",
    **dict.fromkeys(
        ("ethiopian", "coptic", "islamic", "bikram-sambat", "myanmar", "persian"),
        "dates are entered in the Gregorian calendar",
    ),
    "signature": "a picture is uploaded instead",
    "draw": "a picture is uploaded instead",
    "annotate": "a picture is uploaded instead",
    "new": "any picture can be sent, not only a new one",
    "search(": "answers are not looked up in a file; those of the sheet are shown",
    "ex:": "no other app opens; people type their answer",
    "printer:": "nothing is printed",
    "bearing": "people type the direction",
    "map": "there is no map; answers are shown as a list",
    "image-map": "there is no picture to click on; answers are shown as a list",
    "masked": "what is typed can be seen while it is typed",
    "counter": "people type the number",
    "numbers": "words can be typed too",
    "select-contact": "people type their answer",
    "db-object": "people type their answer",
}
MAPS = ("map", "image-map")
IMAGES = ("new", "annotate", "draw", "signature")
WHY = {
    "media": "pictures, sounds and videos are not shown",
    "trigger": "it is worked out whenever an answer changes",
    "guidance_hint": "only hints are shown",
    "entities:saveto": "answers go to no list of other things, such as buildings or people",
}
CALLED = {"column “bind::entities:saveto”": "column “save_to”"}


def type_of(node: PyxformNode, where: str, report: ImportReport) -> PartType | None:
    """Our type for a row; None, with a line in the report, if we have no such type."""
    kind = node["type"]
    known = TYPES.get(kind)
    hidden = is_hidden(node) and known is not None and has_label(known)
    if why := ELSEWHERE.get("hidden" if hidden else kind):
        report.leave(where, kind, f"not asked: {why}")
        return item_types.Unsupported
    if known is None:
        why = NOWHERE.get(kind, "there is no such type of question here")
        report.leave(where, f"the question, of type {kind}", why)
        return None
    if is_heading_of_table(node, known):
        why = "each question of the table shows its answers"
        report.leave(where, "the row of headings", why)
        return None
    return known


def report_rest(node: PyxformNode, known: PartType, where: str, report: ImportReport) -> None:
    """Report every column and parameter of a row that was not imported."""
    bound = BOUND | {"type"} if node["type"] == "range" else BOUND  # its bind is pyxform's own
    for kind, given, seen, why in (
        ("column “{}”", node, QUIET, "there is no equivalent here"),
        ("column “bind::{}”", node.get("bind") or {}, bound, "it is for a phone’s app"),
        ("column “body::{}”", node.get("control") or {}, SHOWN, "it is for a phone’s screen"),
        ("parameter “{}”", node_parameters(node), SHOWN, "it is for a phone’s app"),
    ):
        for key in sorted(given.keys() - seen):
            column = kind.format(key)
            report.leave(where, CALLED.get(column, column), WHY.get(key, why))
    if node.get("choice_filter") and not issubclass(
        known, (item_types.OptionsItem, item_types.Calculate, item_types.Container)
    ):
        report.leave(where, "choice_filter", "there are no answers to choose from")
    if not known.is_supported and (node.get("bind") or {}).get("calculate"):
        report.leave(where, "calculation", "nothing is worked out for what is not asked here")
    report_appearance(node, known, where, report)
    given = str((node.get("bind") or {}).get("readonly") or "").lower()
    if given in NO or not has_label(known):
        return
    if given not in YES:
        report.leave(
            where, f"readonly “{given}”", "answers can be changed, whatever the others are"
        )


def report_appearance(node: PyxformNode, known: PartType, where: str, report: ImportReport) -> None:
    given = str((node.get("control") or {}).get("appearance", ""))
    if not known.is_supported:
        return  # what is not asked has no looks
    for start, why in APPEARANCES.items():
        # 'new' and 'draw' are words about pictures only; elsewhere they would be found by chance.
        if start in IMAGES and known is not item_types.Image:
            continue
        if start in MAPS and not issubclass(known, item_types.OptionsItem):
            continue
        if any(word.startswith(start) for word in given.split()):
            report.leave(where, f"appearance “{given}”", why)


CHECKS = {
    "constraint": "constraint",
    "jr:constraintMsg": "constraint_message",
    "required": "required",
    "jr:requiredMsg": "required_message",
}


def leave_columns(node: PyxformNode, where: str, report: ImportReport, why: str) -> None:
    bind: dict[str, Any] = node.get("bind") or {}
    for key, name in CHECKS.items():
        if str(bind.get(key) or "").lower() not in NO:
            report.leave(where, name, why)


def is_heading_of_table(node: PyxformNode, known: PartType) -> bool:
    """Whether a row only repeats the options as a heading above a table of questions."""
    given = str((node.get("control") or {}).get("appearance", "")).split()
    return issubclass(known, item_types.OptionsItem) and "label" in given


def is_hidden(node: PyxformNode) -> bool:
    """Whether another program fills a question and shows it to nobody."""
    given = str((node.get("control") or {}).get("appearance", "")).split()
    return "hidden" in given and not (node.get("bind") or {}).get("calculate")
