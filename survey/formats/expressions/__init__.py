"""An XForm evaluated on the server, for every page, API and import alike: which of its nodes are
relevant, required or invalid, and their values.
"""

import copy
import datetime
import math
from collections.abc import Iterator

import msgspec
from lxml import etree
from lxml.etree import _Element as Node

from survey.formats.expressions import values
from survey.formats.expressions.functions import FUNCTIONS, accepts_count
from survey.formats.expressions.xpath import (
    MOST_NODES,
    Expression,
    Meter,
    Rewriter,
    TooMuchWork,
    variable_name,
    with_meter,
)
from survey.surveys.expressions import UnreadableExpression
from survey.surveys.responses import MOST_ROUNDS

JR = "http://openrosa.org/javarosa"
XFORMS = "http://www.w3.org/2002/xforms"
ODK = "urn:odk"
EXTENSIONS = {(ODK, name): with_meter(name, function) for name, function in FUNCTIONS.items()}
FIRST = "odk-instance-first-load"
# None of our forms has entities; one that had must not read files of the server.
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
# Surveys published before cycles were refused may never settle.
MOST_PASSES = 30
AWAY = "away-"  # prefix to the tag of a node that is not relevant, so that no path finds it


def without_namespaces(node: Node) -> Node:
    """A copy of elements without namespaces; the mark of a repeat's template stays."""
    copied = etree.Element(etree.QName(node).localname)
    for name, text in node.attrib.items():
        if name == f"{{{JR}}}template":
            copied.set("template", "")
        elif not name.startswith("{"):
            copied.set(name, text)
    copied.text = (node.text or "").strip() or None
    copied.extend(without_namespaces(child) for child in node if isinstance(child.tag, str))
    return copied


def drop_templates(root: Node) -> None:
    for node in list(root.iter()):
        if node.get("template") is not None:
            node.getparent().remove(node)


def nodes_at(root: Node, path: str) -> list[Node]:
    """The nodes at a path of the form; in a repeat, those of every round."""
    steps = [step.rpartition(":")[2] for step in path.split("/")[1:]]
    nodes = [root] if steps and steps[0] == root.tag else []
    for step in steps[1:]:
        nodes = [child for node in nodes for child in node if child.tag == step]
    return nodes


NODE_KINDS = {
    **dict.fromkeys(("int", "integer", "decimal", "double", "float"), values.NUMERIC),
    **dict.fromkeys(("date", "dateTime"), values.DATED),
}


class Bind(msgspec.Struct, frozen=True, dict=True):
    """The rules for one path of the form as compiled expressions; None if the path lacks a rule."""

    path: str
    type: str
    relevant: Expression | None = None
    required: Expression | None = None
    constraint: Expression | None = None
    calculate: Expression | None = None
    count: Expression | None = None  # of a repeat: the number of rounds


class OptionFilter(msgspec.Struct, frozen=True):
    """The option filter of a question; `test` selects options, evaluated at the question's node."""

    path: str
    test: Expression
    name: str


class NodeVerdict(msgspec.Struct):
    """What the form says about one node."""

    relevant: bool = True
    required: bool = False
    broken: bool = False
    value: str = ""


class ExpressionFault(msgspec.Struct, frozen=True):
    """An expression that cannot be used: its node, its rule (`part`), and what is wrong."""

    path: str
    part: str
    expression: str
    sentence: str


class CompiledForm:
    """Reads an XForm once; `evaluate` can then be called for any number of filled-in instances."""

    def __init__(self, xform: bytes) -> None:
        root = etree.fromstring(xform, PARSER)
        self.model = root.find(f".//{{{XFORMS}}}model")
        instances = self.model.findall(f"{{{XFORMS}}}instance")
        self.template = without_namespaces(instances[0][0])
        self.others = {
            instance.get("id"): without_namespaces(instance) for instance in instances[1:]
        }
        body = root.find("{http://www.w3.org/1999/xhtml}body")
        self.repeats = {
            repeat.get("nodeset"): repeat.get(f"{{{JR}}}count")
            for repeat in body.iter(f"{{{XFORMS}}}repeat")
        }
        self.texts = values.texts_by_id(self.model)
        self.labels = values.labels_by_path(body, self.others, self.texts)
        self.faults: list[ExpressionFault] = []
        self.binds = [self.bind(bind) for bind in self.model.findall(f"{{{XFORMS}}}bind")]
        self.binds += [
            Bind(path, "", count=self.compile_expression(path, "count", count))
            for path, count in self.repeats.items()
            if count
        ]
        self.offers = [
            offer for itemset in body.iter(f"{{{XFORMS}}}itemset") for offer in self.offer(itemset)
        ]
        self.defaults = [
            (setvalue.get("ref"), test)
            for setvalue in root.iter(f"{{{XFORMS}}}setvalue")
            if FIRST in (setvalue.get("event") or "").split()
            and (
                test := self.compile_expression(
                    setvalue.get("ref"), "default", setvalue.get("value")
                )
            )
            is not None
        ]
        self.mark()

    def mark(self) -> None:
        """Mark nodes that hold numbers or dates, so that these are compared as such."""
        for bind in self.binds:
            if kind := NODE_KINDS.get(bind.type.rpartition(":")[2]):
                for node in nodes_at(self.template, bind.path):
                    node.set(values.MARK, kind)

    def bind(self, node: Node) -> Bind:
        path = node.get("nodeset")
        parts = {
            part: self.compile_expression(path, part, node.get(part))
            for part in ("relevant", "required", "constraint", "calculate")
        }
        return Bind(path, node.get("type") or "", **parts)

    def compile_expression(self, path: str, part: str, expression: str | None) -> Expression | None:
        if not expression or not expression.strip():
            return None
        # The innermost repeat, as that is whose round a path means.
        repeat = max((r for r in self.repeats if path.startswith(r + "/")), key=len, default="")
        try:
            read = Rewriter(expression, FUNCTIONS.__contains__, path, repeat, accepts_count)
            xpath = etree.XPath(read.whole(), namespaces={"odk": ODK}, extensions=EXTENSIONS)
            if unknown := read.instances - self.others.keys():
                raise UnreadableExpression(
                    f"it asks a list {sorted(unknown)[0]!r}, which does not exist"
                )
            return Expression((path, part), expression.strip(), xpath, read.walk())
        except UnreadableExpression as wrong:
            sentence = str(wrong)
        except etree.XPathSyntaxError:
            sentence = "it is not written as a rule can be"
        except RecursionError:
            sentence = "it has too many brackets within brackets"
        self.faults.append(ExpressionFault(path, part, expression.strip()[:200], sentence))
        return None

    def offer(self, itemset: Node) -> Iterator[OptionFilter]:
        path, nodeset = itemset.getparent().get("ref"), itemset.get("nodeset")
        name = itemset.find(f"{{{XFORMS}}}value")
        if "[" in nodeset and name is not None:
            test = self.compile_expression(path, "choice_filter", nodeset)
            if test is not None:
                yield OptionFilter(path, test, name.get("ref"))

    def blank(self) -> Node:
        """An unanswered instance; repeats have only their template."""
        return copy.deepcopy(self.template)

    def beginning(self, now: datetime.datetime) -> dict[str, str]:
        """The initial value of each node outside repeats, by its name."""
        root = self.blank()
        worked = Evaluation(self, root, now)
        for path, test in self.defaults:
            for node in nodes_at(root, path):
                node.text = values.to_string(worked.ask(test, node))
        return {node.tag: node.text for node in root.iter() if len(node) == 0 and node.text}

    def evaluate(
        self, instance: Node, now: datetime.datetime, meter: Meter | None = None
    ) -> "Evaluation":
        return Evaluation(self, instance, now, meter)


class Evaluation:
    """One filled-in instance, evaluated again and again until nothing changes.

    Paths do not find nodes that are not relevant, so these read as empty and are not counted.
    """

    def __init__(
        self, form: CompiledForm, root: Node, now: datetime.datetime, meter: Meter | None = None
    ) -> None:
        self.form = form
        self.root = root
        self.meter = meter or Meter()
        drop_templates(root)
        self.size = sum(1 for _ in root.iter())
        # Counted before anything is evaluated, as each search walks all of them.
        if self.size > MOST_NODES:
            raise TooMuchWork
        self.given: dict[str, values.Argument] = {
            "today": values.DAY + f"{now:%Y-%m-%d}",
            "root": [root],
            "texts": [form.texts],
            "labels": [form.labels],
            "now": values.DAY + f"{now:%Y-%m-%dT%H:%M:%S}.000+00:00",
            **{
                f"instance_{variable_name(name)}": [instance]
                for name, instance in form.others.items()
                if name
            },
        }
        self.nodes = [(bind, node) for bind in form.binds for node in nodes_at(root, bind.path)]
        self.texts = {node: node.text or "" for node in root.iter()}
        self.hidden: set[Node] = set()
        for _ in range(MOST_PASSES):
            changed = False
            # Conditions first, so that a calculation does not read what has just become irrelevant.
            for bind, node in self.nodes:
                if bind.relevant is not None:
                    changed |= self.show(node, values.to_boolean(self.ask(bind.relevant, node)))
            for bind, node in self.nodes:
                if bind.calculate is not None and self.is_relevant(node):
                    changed |= self.put(node, values.to_value(self.ask(bind.calculate, node)))
            if not changed:
                break

    def ask(self, test: Expression, node: Node) -> values.Argument:
        return test.ask(node, self.given, self.meter, self.size)

    def put(self, node: Node, worked_out: values.Value) -> bool:
        """Store a calculated value with its type, so that a date is read as a date again; returns
        whether it changed.
        """
        text = values.to_string(worked_out)[: values.LONGEST]
        self.meter.spend(1 + len(text) // 10)
        if isinstance(worked_out, bool):
            text = "1" if worked_out else "0"
            node.set(values.MARK, values.TRUTH)
        elif isinstance(worked_out, values.DayText):
            node.set(values.MARK, values.DATED)
        node.set(values.FIGURE, "yes" if isinstance(worked_out, float) else "")
        # Not a number is no answer, as the known differences to JavaRosa say.
        text = "" if text == "NaN" else text
        changed = text != self.texts[node]
        self.texts[node] = node.text = text
        return changed

    def show(self, node: Node, relevant: bool) -> bool:
        if relevant == (node not in self.hidden):
            return False
        (self.hidden.discard if relevant else self.hidden.add)(node)
        for descendant in node.iter():
            shown = self.is_relevant(descendant)
            bare = descendant.tag.removeprefix(AWAY)
            descendant.tag = bare if shown else AWAY + bare
        return True

    def is_relevant(self, node: Node) -> bool:
        return node not in self.hidden and not any(up in self.hidden for up in node.iterancestors())

    def verdict(self, bind: Bind, node: Node) -> NodeVerdict:
        if not self.is_relevant(node):
            return NodeVerdict(relevant=False)
        text = node.text or ""
        return NodeVerdict(
            required=bind.required is not None and values.to_boolean(self.ask(bind.required, node)),
            # An empty answer is for `required` to judge: a constraint would refuse every blank one.
            broken=bool(text)
            and bind.constraint is not None
            and not values.to_boolean(self.ask(bind.constraint, node)),
            value=text,
        )

    def offered_options(self) -> Iterator[tuple[Node, frozenset[str]]]:
        """For each question with filtered options, the names of the options offered."""
        for offer in self.form.offers:
            for node in nodes_at(self.root, offer.path):
                left = self.ask(offer.test, node)
                # A filter that cannot be evaluated has no effect.
                if self.meter.failure or not isinstance(left, list):
                    continue
                yield node, frozenset(str(option.findtext(offer.name)) for option in left)

    def unasked_repeats(self) -> Iterator[str]:
        """The repeats that have no round and whose condition does not hold."""
        for bind in self.form.binds:
            if bind.relevant is None or bind.path not in self.form.repeats:
                continue
            for template in nodes_at(self.form.template, bind.path)[:1]:
                for parent in nodes_at(self.root, bind.path.rpartition("/")[0]):
                    if any(child.tag.removeprefix(AWAY) == template.tag for child in parent):
                        continue
                    trial_round = copy.deepcopy(template)
                    # The condition may ask for the round itself, so one is there meanwhile.
                    parent.append(trial_round)
                    if not values.to_boolean(self.ask(bind.relevant, trial_round)):
                        yield template.tag
                    parent.remove(trial_round)

    def rounds(self) -> Iterator[tuple[str, int]]:
        """How many rounds each repeat with a count should have."""
        for bind in self.form.binds:
            if bind.count is not None:
                wanted = values.to_number(self.ask(bind.count, self.root))
                # The count comes from an answer, so it may be anything.
                most = 0 if math.isnan(wanted) else min(max(wanted, 0), MOST_ROUNDS)
                yield bind.path, int(most)
