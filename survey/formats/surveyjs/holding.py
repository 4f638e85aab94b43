"""What holds questions in SurveyJS: pages, panels, and what is asked more than once."""

from collections.abc import Callable

import msgspec

from survey.formats.instruments import bad_file
from survey.formats.surveyjs import choosing, matrices, questions
from survey.formats.surveyjs.known import WITHOUT
from survey.formats.surveyjs.making import Making, both
from survey.formats.surveyjs.matrices import joined, rows_of
from survey.formats.surveyjs.node import Node, shortened
from survey.formats.surveyjs.questions import Parts, title_of
from survey.formats.surveyjs.terms import MANY, Entry
from survey.instruments import AnyPart, Group, Note, Page, Repeat, Wording, every

MOST_DEPTH = 20
ELEMENTS = ("elements", "questions")
CELL_OPTIONS = ("dropdown", "checkbox", "radiogroup", "tagbox")


def parts_of(making: Making, nodes: list[Node]) -> Parts:
    making.depth += 1
    if making.depth > MOST_DEPTH:
        raise bad_file(making.source.file, f"at {nodes[0].path} it is nested too deeply.")
    parts = tuple(part for node in nodes for part in part_of(making, node))
    making.depth -= 1
    return parts


def part_of(making: Making, node: Node) -> Parts:
    """What one element of the file becomes; what no type of ours can ask is told."""
    kind = node.text("type") or "text"
    if kind in WITHOUT:
        node.leave(f"the question, of type {kind}", WITHOUT[kind])
        return ()
    if kind not in TYPES:
        node.leave(f"the question, of type {shortened(kind)}", "no such type here")
        return ()
    made = TYPES[kind](making, node, node.text("name"))
    if made and kind not in HELD:
        made = with_comment(making, node, made)
    node.leave_rest()
    return made


def with_comment(making: Making, node: Node, made: Parts) -> Parts:
    """A comment beside a question of any type; those with options have theirs already."""
    if kind_has_comment(node) or not node.flag("showCommentArea", "hasComment"):
        return made
    given = node.text("name")
    comment = choosing.commented(making, node, given, Entry(made[0].name))
    return (*made, comment) if comment else made


def kind_has_comment(node: Node) -> bool:
    return "showCommentArea" in node.asked


def page(making: Making, node: Node) -> Parts:
    """A page of several questions; a single one without words around it stands alone."""
    given = node.text("name")
    text, hint = node.wording("title"), node.wording("description")
    relevant = making.relevant(node)
    items = parts_of(making, node.nodes(*ELEMENTS))
    node.raw("navigationTitle"), node.raw("navigationDescription")
    node.leave_rest()
    if not items:
        return ()
    alone = len(items) == 1 or (making.one_by_one and not relevant)
    if alone and not text and not hint:
        return tuple(narrowed(one, relevant) for one in items)
    name = making.name(node, given, "page")
    making.meet(given, Entry(name, MANY))
    return (held(making, node, (name, text, hint, relevant), items),)


def narrowed(part: AnyPart, relevant: str) -> AnyPart:
    """A part that is asked only when what held it is."""
    return msgspec.structs.replace(part, relevant=both(relevant, part.relevant))


def held(
    making: Making, node: Node, about: tuple[str, Wording, Wording, str], items: Parts
) -> AnyPart:
    """On one page, but where questions are repeated, which need pages of their own."""
    name, text, hint, relevant = about
    repeats = any(isinstance(part, Repeat) for part in every(items))
    if repeats and not making.one_by_one:
        node.leave("one page for its questions", "what is repeated has pages of its own here")
    items = (*explained(making, name, hint), *items)
    if repeats or making.one_by_one:
        return Group(name=name, text=text, relevant=relevant, items=items)
    return Page(name=name, text=text, relevant=relevant, items=items)


def explained(making: Making, name: str, hint: Wording) -> Parts:
    """What explains a page or panel, as words before its questions."""
    return (Note(name=making.inner(f"{name}_note"), text=hint),) if hint else ()


def panel(making: Making, node: Node, given: str) -> Parts:
    text, hint = node.wording("title"), node.wording("description")
    relevant = making.relevant(node)
    items = parts_of(making, node.nodes(*ELEMENTS))
    if not items:
        node.leave("the panel", "there is nothing in it that can be asked here")
        return ()
    name = making.name(node, given, "panel")
    making.meet(given, Entry(name, MANY))
    items = (*explained(making, name, hint), *items)
    return (Group(name=name, text=text, relevant=relevant, items=items),)


def repeated(making: Making, node: Node, given: str, nodes: list[Node], count: str) -> Parts:
    """Questions asked several times; within what is repeated already, once."""
    name = making.name(node, given, "repeat")
    outer = making.repeat
    text = joined(title_of(node, given), node.wording("description"))
    relevant = making.relevant(node)
    if outer:
        node.leave("being asked several times", "it is inside something that is repeated already")
        items = parts_of(making, nodes)
        making.meet(given, Entry(name, MANY))
    else:
        making.repeat = given or name
        items = parts_of(making, nodes)
        making.repeat = ""
        making.meet(given, Entry(name, "repeat", {}, (given or name,)))
    if not items:
        node.leave("the question", "there is nothing in it that can be asked here")
        return ()
    if outer:
        return (Group(name=name, text=text, relevant=relevant, items=items),)
    if count:
        making.taken.setdefault(f"{name}_count", 2)  # as phones call it
    return (Repeat(name=name, text=text, relevant=relevant, items=items, count=count),)


def dynamic_panel(making: Making, node: Node, given: str) -> Parts:
    nodes = node.nodes("templateElements")
    if title := node.wording("templateTitle"):
        node.leave(f"templateTitle: {next(iter(title.values()))}", "every round has the same title")
    return repeated(making, node, given, nodes, count_of(node, "panelCount", "Panel"))


def count_of(node: Node, usual: str, what: str) -> str:
    """How often, where that is not left to people; limits of what is left to them are told."""
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


def cells_of(node: Node) -> list[Node]:
    """The columns of a table as the questions that they are."""
    usual = node.text("cellType") or "dropdown"
    options = node.raw("choices")
    cells = []
    for column in node.nodes("columns"):
        kind = column.text("cellType")
        kind = usual if kind in ("", "default") else kind
        given = {key: one for key, one in column.given.items() if key != "cellType"}
        if kind in CELL_OPTIONS and not column.has("choices") and isinstance(options, list):
            given["choices"] = options
        cells.append(Node(node.source, column.path, given | {"type": kind}))
    return cells


def dynamic_matrix(making: Making, node: Node, given: str) -> Parts:
    return repeated(making, node, given, cells_of(node), count_of(node, "rowCount", "Row"))


def matrix_of_questions(making: Making, node: Node, given: str) -> Parts:
    """A page a row, each with the questions of the columns."""
    name = making.name(node, given)
    text = joined(title_of(node, given), node.wording("description"))
    relevant = making.relevant(node)
    pages: list[AnyPart] = []
    for value, row, words in rows_of(making, node, name):
        making.row, making.prefix = f"{given}.{value}.", row
        items = parts_of(making, cells_of(node))
        making.row = making.prefix = ""
        if items:
            pages.append(Page(name=row, text=words, items=items))
    if node.flag("isRequired"):
        node.leave("isRequired: True", "only single columns can be required here")
    if not pages:
        node.leave("the question", "a table needs a row and a column")
        return ()
    making.meet(given, Entry(name, MANY, {}, tuple(one.name for one in pages)))
    return (Group(name=name, text=text, relevant=relevant, items=tuple(pages)),)


HELD: dict[str, Callable[[Making, Node, str], Parts]] = {
    "panel": panel,
    "flowpanel": panel,
    "paneldynamic": dynamic_panel,
    "matrixdynamic": dynamic_matrix,
    "matrixdropdown": matrix_of_questions,
    **matrices.TYPES,
}
TYPES = HELD | questions.TYPES | choosing.TYPES
