"""SurveyJS tables: rows that share their options, and several lines to fill in."""

from typing import Any

from survey.formats.surveyjs.context import SurveyjsContext
from survey.formats.surveyjs.limits import SurveyjsLimits
from survey.formats.surveyjs.node import SurveyjsNode, clean_words
from survey.formats.surveyjs.options import OfferedOptions
from survey.formats.surveyjs.questions import Parts, line_part, question_title, shared_fields
from survey.formats.surveyjs.terms import MANY, SurveyjsEntry
from survey.surveys.instruments import (
    AnyPart,
    Grid,
    GridRow,
    QuestionPage,
    SelectMultiple,
    SelectOne,
    Wording,
)

FIVE = 5


def values_and_words(node: SurveyjsNode, key: str) -> list[tuple[str, Wording]]:
    """The values and words of the rows or columns of a table."""
    found: dict[str, Wording] = {}
    for at, given in enumerate(node.entries(key)):
        value, one = node.entry(f"{key}[{at}]", given)
        if value in found:
            node.leave(f"{value} in {key}", "it appears twice")
            continue
        text = one.wording("text", "title") if one else {}
        found[value] = text or {node.source.language: clean_words(value) or "–"}
        if one:
            one.leave_rest()
    return list(found.items())


def named_rows(
    making: SurveyjsContext, node: SurveyjsNode, name: str
) -> list[tuple[str, str, Wording]]:
    """The rows of a table, each with the name that it gets here."""
    rows = [
        (value, making.inner(f"{name}_{value}"), text)
        for value, text in values_and_words(node, "rows")
    ]
    if rows:
        node.leave("names of rows", f"they are called {rows[0][1]} and so on here")
    return rows


def matrix_parts(making: SurveyjsContext, node: SurveyjsNode, given: str) -> Parts:
    """A grid if it has five columns, else questions shown as a table."""
    columns = values_and_words(node, "columns")
    name = making.name(node, given)
    rows = named_rows(making, node, name)
    if len(columns) < 2 or not rows:
        node.leave("the question", "a table needs two columns and a row")
        return ()
    several = node.text("cellType") == "checkbox"
    every_row = node.flag("eachRowRequired", "isAllRowRequired")
    entry = making.meet(given, SurveyjsEntry(name, MANY, {}, tuple(row for _, row, _ in rows)))
    fields = shared_fields(making, node, entry, given)
    # SurveyJS is content with one answered row unless the file asks for each.
    if fields["required"] and not every_row:
        node.leave("isRequired: True", "every row must be answered here, not only one")
    fields["required"] = fields["required"] or every_row
    drop_question_fields(node, fields)
    fields["text"] = joined_wording(fields["text"], fields.pop("hint"))
    if len(columns) == FIVE and not several:
        return (grid_part(making, node, given, fields, (columns, rows)),)
    return (table_part(making, node, given, fields, (columns, rows, several)),)


def drop_question_fields(node: SurveyjsNode, fields: dict[str, Any]) -> None:
    """Drop fields that only single questions have, and report them."""
    for key in ("required_when", "required_message", "read_only"):
        if fields.pop(key):
            node.leave(key.replace("_", " "), "only single questions have it here")


def grid_part(
    making: SurveyjsContext,
    node: SurveyjsNode,
    given: str,
    fields: dict[str, Any],
    shape: tuple[Any, Any],
) -> AnyPart:
    columns, rows = shape
    # A grid stores points, so conditions that compare with the file's values are given these.
    called = {value: str(place) for place, (value, _) in enumerate(columns, 1)}
    for value, row, _ in rows:
        making.meet(f"{given}.{value}", SurveyjsEntry(row, "choice", called))
    node.leave(
        "answers of the table", "they are stored as 1 to 5, from the first column to the last"
    )
    labels: Any = tuple(text for _, text in columns)
    return Grid(**fields, labels=labels, rows=tuple(GridRow(row, text) for _, row, text in rows))


def table_part(
    making: SurveyjsContext,
    node: SurveyjsNode,
    given: str,
    fields: dict[str, Any],
    shape: tuple[Any, Any, bool],
) -> AnyPart:
    columns, rows, several = shape
    offered = OfferedOptions([], {}, [], {})
    for value, text in columns:
        offered.add(value, text, node.source.language)
    options = tuple(offered.options)
    items: list[AnyPart] = []
    for value, row, text in rows:
        making.meet(
            f"{given}.{value}",
            SurveyjsEntry(row, "choices" if several else "choice", offered.called),
        )
        # All rows name one list, so that phones and spreadsheets show a table.
        common: dict[str, Any] = {
            "name": row, "text": text, "options": options, "list": fields["name"],
            "required": fields["required"],
        }  # fmt: skip
        items.append(SelectMultiple(**common) if several else SelectOne(**common))
    if renamed := offered.renames_in_words():
        node.leave("names of columns", renamed)
    return QuestionPage(
        name=fields["name"],
        text=fields["text"],
        relevant=fields["relevant"],
        items=tuple(items),
        table=True,
    )


def joined_wording(text: Wording, more: Wording) -> Wording:
    """A title followed by its description, for parts that have no hint."""
    languages = dict.fromkeys((*text, *more))
    return {
        code: "\n".join(part for part in (text.get(code), more.get(code)) if part)
        for code in languages
    }


def several_text_parts(making: SurveyjsContext, node: SurveyjsNode, given: str) -> Parts:
    """A page with several text fields."""
    name = making.name(node, given)
    items: list[AnyPart] = []
    for one in node.nodes("items"):
        item = one.text("name")
        kind = one.text("inputType") or "text"
        entry = SurveyjsEntry(
            making.inner(f"{name}_{item}"), "day" if kind.startswith("date") else "value"
        )
        fields = shared_fields(making, one, entry, item)
        items.append(line_part(making, one, SurveyjsLimits(making, one, entry), fields, kind))
        # Conditions name a line as {question.line}.
        making.meet(f"{given}.{item}", entry)
        one.leave_rest()
    if not items:
        node.leave("the question", "it has nothing to write in")
        return ()
    node.leave("names of its lines", f"they are called {items[0].name} and so on here")
    entry = making.meet(given, SurveyjsEntry(name, MANY, {}, tuple(one.name for one in items)))
    if node.flag("isRequired"):
        node.leave("isRequired: True", "only single lines can be required here")
    text = joined_wording(question_title(node, given), node.wording("description"))
    relevant = making.relevant(node)
    return (QuestionPage(name=name, text=text, relevant=relevant, items=tuple(items)),)


TYPES = {"matrix": matrix_parts, "multipletext": several_text_parts}
