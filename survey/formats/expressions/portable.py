"""An instrument's expressions as plain lists, for a script to evaluate where there is no server.

frontend/kiosk/logic.js evaluates them. Both read the same rewritten expressions; a test holds them
to the same results.
"""

from collections.abc import Iterator

import msgspec
from lxml.etree import _Element as Node

from survey.formats.expressions import Bind, CompiledForm
from survey.formats.expressions.values import MARK
from survey.formats.expressions.xpath import Expression, variable_name
from survey.formats.xform import to_xform
from survey.surveys import expressions
from survey.surveys.instruments import Instrument, all_parts

# A tree is a list that begins with its kind; a node is [name, text, attributes, children].
PlainList = list[object]
CHANCE = ("odk:random", "odk:uuid")  # a second evaluation would draw something else
RULES = ("relevant", "required", "constraint", "calculate", "count")


class PortableForm(msgspec.Struct, frozen=True):
    """A form for a script: its nodes, the rules of each path, the filters of options, and the
    lists.

    `rounds` has by path an empty round of each repeat; `parts` are the names of the answers.
    """

    template: PlainList
    binds: list[dict[str, object]]
    offers: list[dict[str, object]]
    repeats: list[str]
    rounds: dict[str, PlainList]
    lists: dict[str, PlainList]
    parts: list[str]


def portable_form(instrument: Instrument) -> PortableForm:
    """The form of an instrument; raises UnreadableExpression if a script cannot evaluate it."""
    form = CompiledForm(to_xform(instrument))
    if form.faults:
        raise expressions.UnreadableExpression(form.faults[0].sentence)
    rounds = {path: round_of(form, path) for path in form.repeats}
    lists = {
        f"instance_{variable_name(name)}": instance
        for name, instance in form.others.items()
        if name
    }
    lists |= {"texts": form.texts, "labels": form.labels}
    parts = [part for part in all_parts(instrument.items) if part.is_supported]
    return PortableForm(
        template=plain_node(form.template),
        binds=[plain_bind(bind) for bind in form.binds],
        offers=[
            {"path": offer.path, "test": plain_expression(offer.test), "name": offer.name}
            for offer in form.offers
        ],
        repeats=list(form.repeats),
        rounds=rounds,
        lists={name: plain_node(node) for name, node in lists.items()},
        parts=list(
            dict.fromkeys(name for part in parts for name in (part.name, *part.answer_names()))
        ),
    )


def round_of(form: CompiledForm, path: str) -> PlainList:
    nodes = [form.template]
    for step in path.split("/")[2:]:
        nodes = [child for node in nodes for child in node if child.tag == step]
    return plain_node(nodes[0])


def plain_node(node: Node) -> PlainList:
    attributes = {
        name: text for name, text in node.attrib.items() if name in (MARK, "name", "path")
    }
    return [node.tag, node.text or "", attributes, [plain_node(child) for child in node]]


def plain_bind(bind: Bind) -> dict[str, object]:
    rules: dict[str, object] = {"path": bind.path}
    for name in RULES:
        expression: Expression | None = getattr(bind, name)
        if expression is not None:
            rules[name] = plain_expression(expression)
    return rules


def plain_expression(expression: Expression) -> PlainList:
    """The tree of an expression, in the form rewritten for libxml2."""
    return plain_tree(expressions.read_expression(str(expression.xpath.path)))


def plain_tree(tree: expressions.Tree) -> PlainList:
    match tree:
        case expressions.Literal(text):
            return ["t", text[1:-1]]
        case expressions.Number(text):
            return ["n", float(text)]
        case expressions.Variable(text):
            return ["v", text[1:]]
        case expressions.Bracket(within):
            return plain_tree(within)
        case expressions.Either(parts):
            return ["|", *map(plain_tree, parts)]
        case expressions.Chain(first, rest):
            chain = plain_tree(first)
            for sign, value in rest:
                chain = [sign, chain, plain_tree(value)]
            return chain
        case expressions.Call(name, given) if name not in CHANCE:
            return ["f", name, *map(plain_tree, given)]
        case expressions.Path(steps, start, predicates):
            return [
                "p",
                None if start is None else plain_tree(start),
                [plain_tree(predicate) for predicate in predicates],
                list(plain_steps(steps)),
            ]
    raise expressions.UnreadableExpression("it has a different result each time")


def plain_steps(steps: tuple[expressions.Step, ...]) -> Iterator[PlainList]:
    for step in steps:
        if "::" in step.text:
            raise expressions.UnreadableExpression(f"it has the step {step.text}")
        yield [step.sign, step.text, [plain_tree(predicate) for predicate in step.predicates]]
