"""An XForm that can be asked: which nodes are relevant, required, broken, and what they come to."""

import copy
import datetime
import math
from collections.abc import Iterator
from typing import Any

import msgspec
from lxml import etree

from survey.formats.expressions.functions import FUNCTIONS, takes
from survey.formats.expressions.metering import (
    LONGEST,
    MOST_NODES,
    Expression,
    Meter,
    TooMuchWork,
    with_meter,
)
from survey.formats.expressions.rewriting import Rewriter, Unreadable, safe
from survey.formats.expressions.trees import JR, drop_templates, found, plain
from survey.formats.expressions.values import (
    DATED,
    DAY,
    FIGURE,
    MARK,
    NUMERIC,
    TRUTH,
    Day,
    Value,
    boolean,
    number,
    string,
    value,
)
from survey.formats.expressions.words import labels_of, texts_of
from survey.responses import MOST_ROUNDS

XFORMS = "http://www.w3.org/2002/xforms"
ODK = "urn:odk"
EXTENSIONS = {(ODK, name): with_meter(name, function) for name, function in FUNCTIONS.items()}
FIRST = "odk-instance-first-load"
KINDS = {
    **dict.fromkeys(("int", "integer", "decimal", "double", "float"), NUMERIC),
    **dict.fromkeys(("date", "dateTime"), DATED),
}
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
MOST_PASSES = 30
AWAY = "away-"  # before the tag of what is passed over: no path finds it


class Bind(msgspec.Struct, frozen=True, dict=True):
    """What one path of the form must keep; expressions compiled, absent ones None."""

    path: str
    type: str
    relevant: Expression | None = None
    required: Expression | None = None
    constraint: Expression | None = None
    calculate: Expression | None = None
    count: Expression | None = None  # of a repeat: how many rounds


class Offer(msgspec.Struct, frozen=True):
    """The options of a question as a path to them; `test` finds them from the question's node."""

    path: str
    test: Expression
    name: str


class Verdict(msgspec.Struct):
    """What the form makes of one node."""

    relevant: bool = True
    required: bool = False
    broken: bool = False
    value: str = ""


class Fault(msgspec.Struct, frozen=True):
    """An expression that cannot be used: where it stands, which it is, and what is wrong."""

    path: str
    part: str
    expression: str
    sentence: str


class Form:
    """Reads an XForm once; `evaluate` takes a filled instance any number of times."""

    def __init__(self, xform: bytes) -> None:
        root = etree.fromstring(xform, PARSER)
        self.model = root.find(f".//{{{XFORMS}}}model")
        instances = self.model.findall(f"{{{XFORMS}}}instance")
        self.template = plain(instances[0][0])
        self.others = {one.get("id"): plain(one) for one in instances[1:]}
        body = root.find("{http://www.w3.org/1999/xhtml}body")
        self.repeats = {
            one.get("nodeset"): one.get(f"{{{JR}}}count")
            for one in body.iter(f"{{{XFORMS}}}repeat")
        }
        self.texts = texts_of(self.model)
        self.labels = labels_of(body, self.others, self.texts)
        self.faults: list[Fault] = []
        self.binds = [self.bind(one) for one in self.model.findall(f"{{{XFORMS}}}bind")]
        self.binds += [
            Bind(path, "", count=self.compiled(path, "count", count))
            for path, count in self.repeats.items()
            if count
        ]
        self.offers = [
            offer for one in body.iter(f"{{{XFORMS}}}itemset") for offer in self.offer(one)
        ]
        self.defaults = [
            (one.get("ref"), test)
            for one in root.iter(f"{{{XFORMS}}}setvalue")
            if FIRST in (one.get("event") or "").split()
            and (test := self.compiled(one.get("ref"), "default", one.get("value"))) is not None
        ]
        self.mark()

    def mark(self) -> None:
        """Numbers and days are compared as such: their nodes say what they are."""
        for bind in self.binds:
            if kind := KINDS.get(bind.type.rpartition(":")[2]):
                for node in found(self.template, bind.path):
                    node.set(MARK, kind)

    def bind(self, one: Any) -> Bind:
        path = one.get("nodeset")
        parts = {
            part: self.compiled(path, part, one.get(part))
            for part in ("relevant", "required", "constraint", "calculate")
        }
        return Bind(path, one.get("type") or "", **parts)

    def compiled(self, path: str, part: str, expression: str | None) -> Expression | None:
        if not expression or not expression.strip():
            return None
        repeat = max((r for r in self.repeats if path.startswith(r + "/")), key=len, default="")
        try:
            read = Rewriter(expression, FUNCTIONS.__contains__, path, repeat, takes)
            xpath = etree.XPath(read.whole(), namespaces={"odk": ODK}, extensions=EXTENSIONS)
            if unknown := read.instances - self.others.keys():
                raise Unreadable(f"it asks a list {sorted(unknown)[0]!r}, which does not exist")
            return Expression((path, part), expression.strip(), xpath, read.walk())
        except Unreadable as wrong:
            sentence = str(wrong)
        except etree.XPathSyntaxError:
            sentence = "it is not written as a rule can be"
        except RecursionError:
            sentence = "it has too many brackets within brackets"
        self.faults.append(Fault(path, part, expression.strip()[:200], sentence))
        return None

    def offer(self, itemset: Any) -> Iterator[Offer]:
        path, nodeset = itemset.getparent().get("ref"), itemset.get("nodeset")
        name = itemset.find(f"{{{XFORMS}}}value")
        if "[" in nodeset and name is not None:
            test = self.compiled(path, "choice_filter", nodeset)
            if test is not None:
                yield Offer(path, test, name.get("ref"))

    def blank(self) -> Any:
        """An instance as it is before anything is answered, repeats with their template only."""
        return copy.deepcopy(self.template)

    def beginning(self, now: datetime.datetime) -> dict[str, str]:
        """What each node outside a repeat holds before anybody answers."""
        root = self.blank()
        worked = Evaluation(self, root, now)
        for path, test in self.defaults:
            for node in found(root, path):
                node.text = string(worked.ask(test, node))
        return {node.tag: node.text for node in root.iter() if len(node) == 0 and node.text}

    def evaluate(
        self, instance: Any, now: datetime.datetime, meter: Meter | None = None
    ) -> "Evaluation":
        return Evaluation(self, instance, now, meter)


class Evaluation:
    """One filled instance, worked through until nothing changes any more.

    What is not relevant is not there for any path, so it reads as empty and is not counted.
    """

    def __init__(
        self, form: Form, root: Any, now: datetime.datetime, meter: Meter | None = None
    ) -> None:
        self.form = form
        self.root = root
        self.meter = meter or Meter()
        drop_templates(root)
        self.size = sum(1 for _ in root.iter())
        if self.size > MOST_NODES:
            raise TooMuchWork
        self.given = {
            "today": DAY + f"{now:%Y-%m-%d}",
            "root": [root],
            "texts": [form.texts],
            "labels": [form.labels],
            "now": DAY + f"{now:%Y-%m-%dT%H:%M:%S}.000+00:00",
            **{f"instance_{safe(name)}": [one] for name, one in form.others.items() if name},
        }
        self.nodes = [(bind, node) for bind in form.binds for node in found(root, bind.path)]
        self.texts = {node: node.text or "" for node in root.iter()}
        self.hidden: set[Any] = set()
        for _ in range(MOST_PASSES):
            if not self.one_pass():
                break

    def ask(self, test: Expression, node: Any) -> Any:
        return test.ask(node, self.given, self.meter, self.size)

    def one_pass(self) -> bool:
        changed = False
        for bind, node in self.nodes:
            if bind.relevant is not None:
                changed |= self.show(node, boolean(self.ask(bind.relevant, node)))
        for bind, node in self.nodes:
            if bind.calculate is not None and self.is_relevant(node):
                changed |= self.put(node, value(self.ask(bind.calculate, node)))
        return changed

    def put(self, node: Any, worked_out: Value) -> bool:
        """Keep what was worked out, and what it is: a day stays a day where it is read again."""
        text = string(worked_out)[:LONGEST]
        self.meter.spend(1 + len(text) // 10)
        if isinstance(worked_out, bool):
            text = "1" if worked_out else "0"
            node.set(MARK, TRUTH)
        elif isinstance(worked_out, Day):
            node.set(MARK, DATED)
        node.set(FIGURE, "yes" if isinstance(worked_out, float) else "")
        text = "" if text == "NaN" else text
        changed = text != self.texts[node]
        self.texts[node] = node.text = text
        return changed

    def show(self, node: Any, relevant: bool) -> bool:
        if relevant == (node not in self.hidden):
            return False
        (self.hidden.discard if relevant else self.hidden.add)(node)
        for one in node.iter():
            shown = self.is_relevant(one)
            bare = one.tag.removeprefix(AWAY)
            one.tag = bare if shown else AWAY + bare
        return True

    def is_relevant(self, node: Any) -> bool:
        return node not in self.hidden and not any(up in self.hidden for up in node.iterancestors())

    def verdict(self, bind: Bind, node: Any) -> Verdict:
        if not self.is_relevant(node):
            return Verdict(relevant=False)
        text = node.text or ""
        return Verdict(
            required=bind.required is not None and boolean(self.ask(bind.required, node)),
            broken=bool(text)
            and bind.constraint is not None
            and not boolean(self.ask(bind.constraint, node)),
            value=text,
        )

    def offered(self) -> Iterator[tuple[Any, frozenset[str]]]:
        """For each question whose options are filtered, the names that are left."""
        for offer in self.form.offers:
            for node in found(self.root, offer.path):
                left = self.ask(offer.test, node)
                if self.meter.failure:  # what cannot be worked out filters nothing
                    continue
                yield node, frozenset(str(one.findtext(offer.name)) for one in left)

    def unasked_repeats(self) -> Iterator[str]:
        """The repeats without a round whose condition does not hold."""
        for bind in self.form.binds:
            if bind.relevant is None or bind.path not in self.form.repeats:
                continue
            for template in found(self.form.template, bind.path)[:1]:
                for parent in found(self.root, bind.path.rpartition("/")[0]):
                    if any(one.tag.removeprefix(AWAY) == template.tag for one in parent):
                        continue
                    one = copy.deepcopy(template)
                    parent.append(one)
                    if not boolean(self.ask(bind.relevant, one)):
                        yield template.tag
                    parent.remove(one)

    def rounds(self) -> Iterator[tuple[str, int]]:
        """How many rounds each repeat with a count should have."""
        for bind in self.form.binds:
            if bind.count is not None:
                wanted = number(self.ask(bind.count, self.root))
                most = 0 if math.isnan(wanted) else min(max(wanted, 0), MOST_ROUNDS)
                yield bind.path, int(most)
