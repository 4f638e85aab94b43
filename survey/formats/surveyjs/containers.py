"""SurveyJS tables, pages, panels, and questions asked several times."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from survey.formats.foreign import all_conditions, joined_wording
from survey.formats.surveyjs import choices, questions
from survey.formats.surveyjs.choices import OfferedOptions
from survey.formats.surveyjs.node import SurveyjsNode
from survey.formats.surveyjs.questions import (
    Parts,
    SurveyjsLimits,
    line_part,
    question_title,
    shared_fields,
)
from survey.formats.surveyjs.terms import MANY, SurveyjsEntry
from survey.formats.surveyjs.words import NOT_ASKED, clean_words, shortened_text
from survey.surveys import instruments
from survey.surveys.refusals import bad_instrument_file

FIVE = 5
MOST_DEPTH = 20


def values_and_words(node: SurveyjsNode, key: str) -> list[tuple[str, instruments.Wording]]:
    """The values and words of the rows or columns of a table."""
    wordings: dict[str, instruments.Wording] = {}
    for at, given in enumerate(node.entries(key)):
        value, child = node.entry(f"{key}[{at}]", given)
        if value in wordings:
            node.leave(f"{value} in {key}", "it appears twice")
            continue
        text = child.wording("text", "title") if child else {}
        wordings[value] = text or {node.context.language: clean_words(value) or "–"}
        if child:
            child.leave_rest()
    return list(wordings.items())


def named_rows(node: SurveyjsNode, name: str) -> list[tuple[str, str, instruments.Wording]]:
    """The rows of a table, each with the name that we give it."""
    rows = [
        (value, node.context.inner(f"{name}_{value}"), text)
        for value, text in values_and_words(node, "rows")
    ]
    if rows:
        node.leave("names of rows", f"they are called {rows[0][1]} and so on here")
    return rows


def matrix_parts(node: SurveyjsNode) -> Parts:
    """A grid if it has five columns, else questions shown as a table."""
    columns = values_and_words(node, "columns")
    name = node.name_here()
    rows = named_rows(node, name)
    if len(columns) < 2 or not rows:
        node.leave("the question", "a table needs two columns and a row")
        return ()
    several = node.text("cellType") == "checkbox"
    every_row = node.flag("eachRowRequired", "isAllRowRequired")
    entry = node.meet(SurveyjsEntry(name, MANY, {}, tuple(row for _, row, _ in rows)))
    fields = shared_fields(node, entry)
    # SurveyJS is content with one answered row unless the file asks for each.
    if fields["required"] and not every_row:
        node.leave("isRequired: True", "every row must be answered here, not only one")
    fields["required"] = fields["required"] or every_row
    for key in ("required_when", "required_message", "read_only"):
        if fields.pop(key):
            node.leave(key.replace("_", " "), "only single questions have it here")
    fields["text"] = joined_wording(fields["text"], fields.pop("hint"))
    if len(columns) == FIVE and not several:
        # A grid stores points, so conditions that compare with the file's values are given these.
        called = {value: str(place) for place, (value, _) in enumerate(columns, 1)}
        for value, row, _ in rows:
            node.meet(SurveyjsEntry(row, "choice", called), f".{value}")
        node.leave(
            "answers of the table", "they are stored as 1 to 5, from the first column to the last"
        )
        labels: Any = tuple(text for _, text in columns)
        return (
            instruments.Grid(
                **fields,
                labels=labels,
                rows=tuple(instruments.GridRow(row, text) for _, row, text in rows),
            ),
        )
    return (table_part(node, fields, (columns, rows, several)),)


def table_part(
    node: SurveyjsNode,
    fields: dict[str, Any],
    shape: tuple[Any, Any, bool],
) -> instruments.AnyPart:
    columns, rows, several = shape
    offered = OfferedOptions([], {}, [], {})
    for value, text in columns:
        offered.add(value, text, node.context.language)
    options = tuple(offered.options)
    items: list[instruments.AnyPart] = []
    for value, row, text in rows:
        kind = "choices" if several else "choice"
        node.meet(SurveyjsEntry(row, kind, offered.called), f".{value}")
        # All rows name one list, so that phones and spreadsheets show a table.
        common: dict[str, Any] = {
            "name": row, "text": text, "options": options, "list": fields["name"],
            "required": fields["required"],
        }  # fmt: skip
        items.append(
            instruments.SelectMultiple(**common) if several else instruments.SelectOne(**common)
        )
    if renamed := offered.renames_in_words():
        node.leave("names of columns", renamed)
    return instruments.QuestionPage(
        name=fields["name"],
        text=fields["text"],
        relevant=fields["relevant"],
        items=tuple(items),
        table=True,
    )


def several_text_parts(node: SurveyjsNode) -> Parts:
    """A page with several text fields."""
    name = node.name_here()
    items: list[instruments.AnyPart] = []
    for line in node.nodes("items"):
        item = line.text("name")
        kind = line.text("inputType") or "text"
        entry = SurveyjsEntry(
            node.context.inner(f"{name}_{item}"), "day" if kind.startswith("date") else "value"
        )
        fields = shared_fields(line, entry)
        items.append(line_part(SurveyjsLimits(line, entry), fields, kind))
        # Conditions name a line as {question.line}.
        node.meet(entry, f".{item}")
        line.leave_rest()
    if not items:
        node.leave("the question", "it has nothing to write in")
        return ()
    node.leave("names of its lines", f"they are called {items[0].name} and so on here")
    entry = node.meet(SurveyjsEntry(name, MANY, {}, tuple(item.name for item in items)))
    if node.flag("isRequired"):
        node.leave("isRequired: True", "only single lines can be required here")
    text = joined_wording(question_title(node), node.wording("description"))
    relevant = node.relevant()
    return (instruments.QuestionPage(name=name, text=text, relevant=relevant, items=tuple(items)),)


ELEMENTS = ("elements", "questions")
CELL_OPTIONS = ("dropdown", "checkbox", "radiogroup", "tagbox")


def parts_of_elements(nodes: list[SurveyjsNode]) -> Parts:
    if not nodes:
        return ()
    context = nodes[0].context
    # Each level is a call on the stack, and the file comes from a stranger.
    context.depth += 1
    if context.depth > MOST_DEPTH:
        raise bad_instrument_file(context.file, f"at {nodes[0].path} it is nested too deeply.")
    parts = tuple(part for node in nodes for part in parts_of_element(node))
    context.depth -= 1
    return parts


def parts_of_element(node: SurveyjsNode) -> Parts:
    """The parts for one element of the file; types that cannot be imported are reported."""
    kind = node.text("type") or "text"
    if kind in NOT_ASKED:
        node.leave(f"the question, of type {kind}", NOT_ASKED[kind])
        return ()
    if kind not in TYPES:
        node.leave(f"the question, of type {shortened_text(kind)}", "no such type here")
        return ()
    node.text("name")  # for every type, so that it is never reported as lost
    parts = TYPES[kind](node)
    # Unless a type adds a comment of its own.
    if parts and kind not in CONTAINER_MAKERS and "showCommentArea" not in node.asked:
        parts += choices.comment_parts(node, SurveyjsEntry(parts[0].name))
    node.leave_rest()
    return parts


def page_parts(node: SurveyjsNode) -> Parts:
    """A page of several questions; a single question without page texts needs no page."""
    node.text("name")  # so that it is not reported where no page is made
    text, hint = node.wording("title"), node.wording("description")
    relevant = node.relevant()
    items = parts_of_elements(node.nodes(*ELEMENTS))
    # Read so that they are not reported: there is no table of contents here.
    node.raw("navigationTitle"), node.raw("navigationDescription")
    node.leave_rest()
    if not items:
        return ()
    alone = len(items) == 1 or (node.context.one_by_one and not relevant)
    if alone and not text and not hint:
        return tuple(
            replace(item, relevant=all_conditions(relevant, item.relevant)) for item in items
        )
    name = node.name_here("page")
    node.meet(SurveyjsEntry(name, MANY))
    return (container_part(node, (name, text, hint, relevant), items),)


def container_part(
    node: SurveyjsNode,
    about: tuple[str, instruments.Wording, instruments.Wording, str],
    items: Parts,
) -> instruments.AnyPart:
    """The questions as a page; as a group if the form asks one by one or they include a repeat."""
    name, text, hint, relevant = about
    repeats = any(isinstance(part, instruments.Repeat) for part in instruments.all_parts(items))
    if repeats and not node.context.one_by_one:
        node.leave("one page for its questions", "what is repeated has pages of its own here")
    items = (*hint_note(node, name, hint), *items)
    if repeats or node.context.one_by_one:
        return instruments.QuestionGroup(name=name, text=text, relevant=relevant, items=items)
    return instruments.QuestionPage(name=name, text=text, relevant=relevant, items=items)


def hint_note(node: SurveyjsNode, name: str, hint: instruments.Wording) -> Parts:
    """The description of a page or panel, as a note before its questions."""
    return (instruments.Note(name=node.context.inner(f"{name}_note"), text=hint),) if hint else ()


def panel_parts(node: SurveyjsNode) -> Parts:
    text, hint = node.wording("title"), node.wording("description")
    relevant = node.relevant()
    items = parts_of_elements(node.nodes(*ELEMENTS))
    if not items:
        node.leave("the panel", "there is nothing in it that can be asked here")
        return ()
    name = node.name_here("panel")
    node.meet(SurveyjsEntry(name, MANY))
    items = (*hint_note(node, name, hint), *items)
    return (instruments.QuestionGroup(name=name, text=text, relevant=relevant, items=items),)


def repeat_parts(node: SurveyjsNode, nodes: list[SurveyjsNode], count: str) -> Parts:
    """Questions asked several times; within another repeat they are asked once."""
    name = node.name_here("repeat")
    outer = node.context.repeat
    text = joined_wording(question_title(node), node.wording("description"))
    relevant = node.relevant()
    if outer:
        node.leave("being asked several times", "it is inside something that is repeated already")
        items = parts_of_elements(nodes)
        node.meet(SurveyjsEntry(name, MANY))
    else:
        # Names within a repeat mean its own round, so they are remembered with it.
        node.context.repeat = node.given_name or name
        items = parts_of_elements(nodes)
        node.context.repeat = ""
        node.meet(SurveyjsEntry(name, "repeat", {}, (node.given_name or name,)))
    if not items:
        node.leave("the question", "there is nothing in it that can be asked here")
        return ()
    if outer:
        return (instruments.QuestionGroup(name=name, text=text, relevant=relevant, items=items),)
    if count:
        node.context.names.used.add(f"{name}_count")  # pyxform adds a node of this name
    return (instruments.Repeat(name=name, text=text, relevant=relevant, items=items, count=count),)


def dynamic_panel_parts(node: SurveyjsNode) -> Parts:
    nodes = node.nodes("templateElements")
    if title := node.wording("templateTitle"):
        node.leave(f"templateTitle: {next(iter(title.values()))}", "every round has the same title")
    return repeat_parts(node, nodes, fixed_count(node, "panelCount", "Panel"))


def fixed_count(node: SurveyjsNode, usual: str, what: str) -> str:
    """The fixed number of rounds, '' if people choose it; limits that cannot be kept are
    reported.
    """
    keys = (usual, f"min{what}Count", f"max{what}Count")
    first, least, most = (node.number(key) for key in keys)
    plural = {"Row": "Rows"}.get(what, what)
    more, fewer = (node.raw(f"allow{verb}{plural}") for verb in ("Add", "Remove"))
    if least is not None and least == most:
        return str(int(least)) if least > 0 else ""
    if more is False and fewer is False and first and first > 0:
        return str(int(first))
    for key, value in zip(keys, (first, least, most), strict=True):
        if value:
            node.leave(f"{key}: {value:g}", "people add as many as they like")
    for verb, allowed in (("Add", more), ("Remove", fewer)):
        if allowed is False:
            node.leave(f"allow{verb}{plural}: False", "people add as many as they like")
    return ""


def column_questions(node: SurveyjsNode) -> list[SurveyjsNode]:
    """The columns of a table as questions."""
    usual = node.text("cellType") or "dropdown"
    options = node.raw("choices")
    cells = []
    for column in node.nodes("columns"):
        kind = column.text("cellType")
        kind = usual if kind in ("", "default") else kind
        given = {key: setting for key, setting in column.given.items() if key != "cellType"}
        if kind in CELL_OPTIONS and not column.has("choices") and isinstance(options, list):
            given["choices"] = options
        cells.append(SurveyjsNode(node.context, column.path, given | {"type": kind}))
    return cells


def dynamic_matrix_parts(node: SurveyjsNode) -> Parts:
    return repeat_parts(node, column_questions(node), fixed_count(node, "rowCount", "Row"))


def matrix_page_parts(node: SurveyjsNode) -> Parts:
    """A page for each row of a table, with a question for each column."""
    name = node.name_here()
    text = joined_wording(question_title(node), node.wording("description"))
    relevant = node.relevant()
    pages: list[instruments.AnyPart] = []
    for value, row, words in named_rows(node, name):
        node.context.row, node.context.prefix = f"{node.given_name}.{value}.", row
        items = parts_of_elements(column_questions(node))
        node.context.row = node.context.prefix = ""
        if items:
            pages.append(instruments.QuestionPage(name=row, text=words, items=items))
    if node.flag("isRequired"):
        node.leave("isRequired: True", "only single columns can be required here")
    if not pages:
        node.leave("the question", "a table needs a row and a column")
        return ()
    node.meet(SurveyjsEntry(name, MANY, {}, tuple(page.name for page in pages)))
    return (instruments.QuestionGroup(name=name, text=text, relevant=relevant, items=tuple(pages)),)


CONTAINER_MAKERS: dict[str, Callable[[SurveyjsNode], Parts]] = {
    "panel": panel_parts,
    "flowpanel": panel_parts,
    "paneldynamic": dynamic_panel_parts,
    "matrixdynamic": dynamic_matrix_parts,
    "matrixdropdown": matrix_page_parts,
    "matrix": matrix_parts,
    "multipletext": several_text_parts,
}
TYPES = CONTAINER_MAKERS | questions.TYPES | choices.TYPES
