"""What a row of an XLSForm says that no question here can: for the report, in people's words."""

from typing import Any

from survey.formats.instruments import Report
from survey.formats.xlsform.columns import BOUND, NO, QUIET, SHOWN, YES
from survey.formats.xlsform.nodes import Node, parameters_of

SELECTS = ("choice", "choices", "rank")
# Appearances that change what a question asks, by how they begin; all others are only its looks.
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
}
IMAGES = ("new", "annotate", "draw", "signature")
WHY = {
    "media": "pictures, sounds and videos are not shown",
    "trigger": "it is worked out whenever an answer changes",
    "guidance_hint": "only hints are shown",
    "save_to": "nothing is saved to entities",
}


def leave_rest(node: Node, known: str, where: str, report: Report) -> None:
    """Report whatever a row says that the question here does not."""
    bound = BOUND | {"type"} if node["type"] == "range" else BOUND  # its bind is pyxform's own
    quiet = QUIET | {"_dynamic_default", "actions"} if node.get("default") else QUIET
    for kind, given, seen, why in (
        ("column “{}”", node, quiet, "there is no equivalent here"),
        ("column “bind::{}”", node.get("bind") or {}, bound, "it is for a phone’s app"),
        ("column “body::{}”", node.get("control") or {}, SHOWN, "it is for a phone’s screen"),
        ("parameter “{}”", parameters_of(node), SHOWN, "it is for a phone’s app"),
    ):
        for key in sorted(given.keys() - seen):
            report.leave(where, kind.format(key), WHY.get(key, why))
    leave_appearance(node, known, where, report)
    leave_readonly(node, known, where, report)


def leave_appearance(node: Node, known: str, where: str, report: Report) -> None:
    given = str((node.get("control") or {}).get("appearance", ""))
    for start, why in APPEARANCES.items():
        if start in IMAGES and known != "image":
            continue
        if any(word.startswith(start) for word in given.split()):
            report.leave(where, f"appearance “{given}”", why)


def leave_readonly(node: Node, known: str, where: str, report: Report) -> None:
    given = str((node.get("bind") or {}).get("readonly") or "").lower()
    if given in NO or known in ("calculate", "foreign"):
        return
    if known in ("group", "repeat"):
        report.leave(where, "readonly", "set it on each question of the group instead")
    elif given not in YES:
        report.leave(
            where, f"readonly “{given}”", "answers can be changed, whatever the others are"
        )


def leave_checks(node: Node, where: str, report: Report) -> None:
    """What is worked out is not typed by anybody, so nothing is checked."""
    bind: dict[str, Any] = node.get("bind") or {}
    for key, name in (("constraint", "constraint"), ("jr:constraintMsg", "constraint_message")):
        if bind.get(key):
            report.leave(where, name, "what is calculated is not checked")


def is_heading_of_table(node: Node, known: str | None) -> bool:
    """Whether a row only repeats the answers above a table of questions."""
    given = str((node.get("control") or {}).get("appearance", "")).split()
    return known in SELECTS and "label" in given
