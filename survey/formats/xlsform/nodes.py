"""One row of a form as pyxform gives it, and what is read from it alone."""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from survey.formats.instruments import ImportReport
from survey.formats.languages import find_language_code, made_up_code
from survey.formats.xlsform.columns import PARAMETER
from survey.formats.xlsform.writing import KIND_COLUMN
from survey.surveys.instruments import WITHHELD, Wording

PyxformNode = dict[str, Any]


def parse_wording(said: Any, language: str, report: ImportReport, where: str) -> Wording:
    """A text in each of its languages; a plain text is in the form's own language."""
    if not isinstance(said, dict):
        return {language: str(said)} if said not in (None, "") else {}
    found: Wording = {}
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
        if found.setdefault(code, str(text)) != str(text):
            report.leave(where, f"the words in {name}", "there are others in the same language")
    # The base language first, as the first is shown where a translation is missing.
    first = {language: found[language]} if language in found else {}
    return first | found


def counted_repeat(node: PyxformNode) -> str:
    """The repeat whose count this calculation holds, if pyxform made it for that; else ''."""
    made = node["type"] == "calculate" and (node.get("bind") or {}).get("readonly") == "true()"
    return str(node["name"]).removesuffix("_count") if made else ""


def rows_by_node(nodes: Iterable[PyxformNode], rows: Mapping[str, Sequence[int]]) -> dict[int, int]:
    """The number of the row of each node, by its identity: nodes of one name are in their order."""
    waiting = {name: iter(numbers) for name, numbers in rows.items()}
    found: dict[int, int] = {}

    def visit(children: Iterable[PyxformNode]) -> None:
        for node in children:
            if number := next(waiting.get(str(node.get("name")), iter(())), 0):
                found[id(node)] = number
            visit(node.get("children") or [])

    visit(nodes)
    return found


def free_name(name: str, taken: Container[str]) -> str:
    """A name that no row of the sheet has."""
    return next(one for n in range(10_000) if (one := f"{name}{n or ''}") not in taken)


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
    """The fields of a question without the option that was only added for phones.

    'Prefer not to say' is an option on a phone, and a property of the question here.
    """
    if fields.get("may_decline") and "options" in fields:
        left = [one for one in fields["options"] if one.name not in WITHHELD]
        return fields | {"options": left}
    return fields


def traits_of(row: PyxformNode) -> dict[str, str]:
    """What the other columns say of an answer, for filters."""
    own = ("name", "label", "media", KIND_COLUMN)
    return {key: text for key, text in row.items() if key not in own and isinstance(text, str)}
