"""The tables of SurveyJS: rows that share their options, and rows of several questions."""

from typing import Any

from survey.formats.surveyjs.limits import Limits
from survey.formats.surveyjs.making import Making
from survey.formats.surveyjs.node import Node, words
from survey.formats.surveyjs.options import Offered
from survey.formats.surveyjs.questions import Parts, asked, line, title_of
from survey.formats.surveyjs.terms import MANY, Entry
from survey.instruments import AnyPart, Choice, Choices, Grid, Page, Row, Wording

FIVE = 5


def values_of(node: Node, key: str) -> list[tuple[str, Wording]]:
    """The values and words of the rows or columns of a table."""
    found: dict[str, Wording] = {}
    for at, given in enumerate(node.entries(key)):
        value, one = node.entry(f"{key}[{at}]", given)
        if value in found:
            node.leave(f"{value} in {key}", "it appears twice")
            continue
        text = one.wording("text", "title") if one else {}
        found[value] = text or {node.source.language: words(value) or "–"}
        if one:
            one.leave_rest()
    return list(found.items())


def rows_of(making: Making, node: Node, name: str) -> list[tuple[str, str, Wording]]:
    """Each row with its name here."""
    rows = [
        (value, making.inner(f"{name}_{value}"), text) for value, text in values_of(node, "rows")
    ]
    if rows:
        node.leave("names of rows", f"they are called {rows[0][1]} and so on here")
    return rows


def matrix(making: Making, node: Node, given: str) -> Parts:
    """A grid where it has five columns; else questions that stand as a table."""
    columns = values_of(node, "columns")
    name = making.name(node, given)
    rows = rows_of(making, node, name)
    if len(columns) < 2 or not rows:
        node.leave("the question", "a table needs two columns and a row")
        return ()
    several = node.text("cellType") == "checkbox"
    every_row = node.flag("eachRowRequired", "isAllRowRequired")
    entry = making.meet(given, Entry(name, MANY, {}, tuple(row for _, row, _ in rows)))
    fields = asked(making, node, entry, given)
    if fields["required"] and not every_row:
        node.leave("isRequired: True", "every row must be answered here, not only one")
    fields["required"] = fields["required"] or every_row
    untold(node, fields)
    fields["text"] = joined(fields["text"], fields.pop("hint"))
    if len(columns) == FIVE and not several:
        return (grid(making, node, given, fields, (columns, rows)),)
    return (table(making, node, given, fields, (columns, rows, several)),)


def untold(node: Node, fields: dict[str, Any]) -> None:
    """What only single questions have."""
    for key in ("required_when", "required_message", "read_only"):
        if fields.pop(key):
            node.leave(key.replace("_", " "), "only single questions have it here")


def grid(
    making: Making, node: Node, given: str, fields: dict[str, Any], shape: tuple[Any, Any]
) -> AnyPart:
    columns, rows = shape
    called = {value: str(place) for place, (value, _) in enumerate(columns, 1)}
    for value, row, _ in rows:
        making.meet(f"{given}.{value}", Entry(row, "choice", called))
    node.leave(
        "answers of the table", "they are stored as 1 to 5, from the first column to the last"
    )
    labels: Any = tuple(text for _, text in columns)
    return Grid(**fields, labels=labels, rows=tuple(Row(row, text) for _, row, text in rows))


def table(
    making: Making, node: Node, given: str, fields: dict[str, Any], shape: tuple[Any, Any, bool]
) -> AnyPart:
    columns, rows, several = shape
    offered = Offered([], {}, [], {})
    for value, text in columns:
        offered.add(value, text, node.source.language)
    options = tuple(offered.options)
    items: list[AnyPart] = []
    for value, row, text in rows:
        making.meet(
            f"{given}.{value}", Entry(row, "choices" if several else "choice", offered.called)
        )
        common: dict[str, Any] = {
            "name": row, "text": text, "options": options, "list": fields["name"],
            "required": fields["required"],
        }  # fmt: skip
        items.append(Choices(**common) if several else Choice(**common))
    if renamed := offered.renamed():
        node.leave("names of columns", renamed)
    return Page(
        name=fields["name"],
        text=fields["text"],
        relevant=fields["relevant"],
        items=tuple(items),
        table=True,
    )


def joined(text: Wording, more: Wording) -> Wording:
    """A title and what explains it, for parts that have no hint."""
    languages = dict.fromkeys((*text, *more))
    return {
        code: "\n".join(part for part in (text.get(code), more.get(code)) if part)
        for code in languages
    }


def several_texts(making: Making, node: Node, given: str) -> Parts:
    """Several lines to type in, on one page."""
    name = making.name(node, given)
    items: list[AnyPart] = []
    for one in node.nodes("items"):
        item = one.text("name")
        kind = one.text("inputType") or "text"
        entry = Entry(making.inner(f"{name}_{item}"), "day" if kind.startswith("date") else "value")
        fields = asked(making, one, entry, item)
        items.append(line(making, one, Limits(making, one, entry), fields, kind))
        making.meet(f"{given}.{item}", entry)
        one.leave_rest()
    if not items:
        node.leave("the question", "it has nothing to write in")
        return ()
    node.leave("names of its lines", f"they are called {items[0].name} and so on here")
    entry = making.meet(given, Entry(name, MANY, {}, tuple(one.name for one in items)))
    if node.flag("isRequired"):
        node.leave("isRequired: True", "only single lines can be required here")
    text = joined(title_of(node, given), node.wording("description"))
    relevant = making.relevant(node)
    return (Page(name=name, text=text, relevant=relevant, items=tuple(items)),)


TYPES = {"matrix": matrix, "multipletext": several_texts}
