"""Reports what a row of an XLSForm has that no question here can have."""

from typing import Any

from survey.formats.instruments import ImportReport
from survey.formats.xlsform.columns import (
    BOUND,
    ELSEWHERE,
    NO,
    NOWHERE,
    QUIET,
    SHOWN,
    TYPES,
    YES,
    PartType,
    has_label,
)
from survey.formats.xlsform.nodes import PyxformNode, node_parameters
from survey.surveys.item_types import (
    Calculate,
    Container,
    Image,
    OptionsItem,
    Unsupported,
)

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
    """The type of a row here; None, with a line in the report, if there is nothing like it."""
    kind = node["type"]
    known = TYPES.get(kind)
    hidden = is_hidden(node) and known is not None and has_label(known)
    if why := ELSEWHERE.get("hidden" if hidden else kind):
        report.leave(where, kind, f"not asked: {why}")
        return Unsupported
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
    if node.get("choice_filter") and not issubclass(known, (OptionsItem, Calculate, Container)):
        report.leave(where, "choice_filter", "there are no answers to choose from")
    if not known.is_supported and (node.get("bind") or {}).get("calculate"):
        report.leave(where, "calculation", "nothing is worked out for what is not asked here")
    report_appearance(node, known, where, report)
    report_readonly(node, known, where, report)


def report_appearance(node: PyxformNode, known: PartType, where: str, report: ImportReport) -> None:
    given = str((node.get("control") or {}).get("appearance", ""))
    if not known.is_supported:
        return  # what is not asked has no looks
    for start, why in APPEARANCES.items():
        # 'new' and 'draw' are words about pictures only; elsewhere they would be found by chance.
        if start in IMAGES and known is not Image:
            continue
        if start in MAPS and not issubclass(known, OptionsItem):
            continue
        if any(word.startswith(start) for word in given.split()):
            report.leave(where, f"appearance “{given}”", why)


def report_readonly(node: PyxformNode, known: PartType, where: str, report: ImportReport) -> None:
    given = str((node.get("bind") or {}).get("readonly") or "").lower()
    if given in NO or not has_label(known):
        return
    if given not in YES:
        report.leave(
            where, f"readonly “{given}”", "answers can be changed, whatever the others are"
        )


CHECKS = {
    "constraint": "constraint",
    "jr:constraintMsg": "constraint_message",
    "required": "required",
    "jr:requiredMsg": "required_message",
}


def report_checks(node: PyxformNode, where: str, report: ImportReport) -> None:
    """Report constraints on calculated values; nobody types these, so they are not checked."""
    leave_columns(node, where, report, "nobody types or changes what is calculated")
    if node.get("default") not in (None, ""):
        report.leave(where, "default", "calculated values have no default")
    if node.get("choice_filter"):
        report.leave(where, "choice_filter", "nobody chooses what is calculated")
    if node.get("hint") and node["type"] == "calculate":
        report.leave(where, "hint", "what is calculated is not shown by itself")


def leave_of_group(node: PyxformNode, where: str, report: ImportReport) -> None:
    """Report what a group's row says that only a question can say."""
    why = "it is for single questions, not for a group"
    leave_columns(node, where, report, why)
    bind: dict[str, Any] = node.get("bind") or {}
    if str(bind.get("readonly") or "").lower() not in NO:
        report.leave(where, "readonly", "set it on each question of the group instead")
    if bind.get("calculate"):
        report.leave(where, "calculation", why)
    for key in ("default", "choice_filter"):
        if node.get(key):
            report.leave(where, key, why)


def leave_meta(node: PyxformNode, report: ImportReport) -> None:
    """Report what the form says about itself: who follows it, and which lists it adds to."""
    for one in node.get("children") or []:
        if one["type"] in ELSEWHERE:
            why = f"not asked: {ELSEWHERE[one['type']]}"
            report.leave(f"survey ({one['name']})", one["type"], why)
        if one["type"] == "entity":
            report.leave("entities", "the sheet", WHY["entities:saveto"])


def leave_columns(node: PyxformNode, where: str, report: ImportReport, why: str) -> None:
    bind: dict[str, Any] = node.get("bind") or {}
    for key, name in CHECKS.items():
        if str(bind.get(key) or "").lower() not in NO:
            report.leave(where, name, why)


def is_heading_of_table(node: PyxformNode, known: PartType) -> bool:
    """Whether a row only repeats the answers above a table of questions."""
    given = str((node.get("control") or {}).get("appearance", "")).split()
    return issubclass(known, OptionsItem) and "label" in given


def is_hidden(node: PyxformNode) -> bool:
    """Whether another program fills a question and shows it to nobody."""
    given = str((node.get("control") or {}).get("appearance", "")).split()
    return "hidden" in given and not (node.get("bind") or {}).get("calculate")
