"""The expressions of an instrument, asked of answers: what is passed over, required, broken."""

import datetime
import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from lxml import etree

from survey.formats.expressions import trial
from survey.formats.expressions.form import AWAY, Bind, Form
from survey.formats.expressions.metering import LONGEST, Meter, TooMuchWork, refusing
from survey.formats.expressions.trees import found
from survey.formats.expressions.values import FIGURE, MARK, TRUTH
from survey.formats.xform import xform
from survey.instruments import (
    WITHHELD,
    Agreement,
    AnyPart,
    Calculate,
    Choice,
    Choices,
    Consent,
    Decimal,
    Foreign,
    Grid,
    Instrument,
    Item,
    Range,
    Rank,
    Repeat,
    Scale,
    Whole,
    every,
    leaves,
    names_of,
    said,
)
from survey.problems import Fault
from survey.responses import Answer, Answers, Logic, Settled
from survey.responses.checking import as_list, flattened
from survey.responses.rules import EVERY_OPTION

BROKEN = "does not meet the condition of this question"
ENCODER = msgspec.json.Encoder()


def needs_logic(instrument: Instrument) -> bool:
    """Most surveys have no expression, and are spared the work."""
    return any(has_expression(part) for part in every(instrument.items))


def asks_anything(instrument: Instrument) -> bool:
    """Whether there is any expression at all, one that a survey begins with included."""
    return needs_logic(instrument) or has_default(instrument)


def has_default(instrument: Instrument) -> bool:
    return any(isinstance(part, Item) and part.default for part in leaves(instrument.items))


def has_expression(part: AnyPart) -> bool:
    if part.relevant or isinstance(part, Calculate):
        return True
    if isinstance(part, Repeat):
        return bool(part.count)
    if isinstance(part, Choice | Choices | Rank) and part.filter:
        return True
    return isinstance(part, Item) and bool(part.constraint or part.required_when)


def check(instrument: Instrument) -> list[Fault]:
    """Every expression that cannot be used, found by reading each and by trying them all out."""
    if unreadable := unreadable_in(instrument):
        return unreadable
    return trial.faults_of_cycles(instrument) or faults_of_trial(Asked(instrument), instrument)


def unreadable_in(instrument: Instrument) -> list[Fault]:
    """Every expression that cannot be read, whatever else is wrong with the instrument."""
    if unknown := trial.faults_of_names(instrument):
        return unknown
    faults = Form(xform(instrument)).faults
    return [fault(one.path, one.part, one.expression, one.sentence) for one in faults]


def fault(path: str, part: str, expression: str, sentence: str) -> Fault:
    return Fault(f"{path.rpartition('/')[2]}: {part}", f"{expression!r}: {sentence}")


def faults_of_trial(asked: "Asked", instrument: Instrument) -> list[Fault]:
    """What fails with no answers, with usual ones and with the largest ones alike."""
    if not needs_logic(instrument):
        return []
    meters = []
    for answers in trial.answers_to(instrument):
        meters.append(Meter())
        try:
            asked.worked_out(answers, trial.AT, meters[-1])
        except TooMuchWork:
            return [Fault("items", trial.TOO_MUCH)]
    found = {one: why for meter in meters for one, why in meter.failed().items()}
    return [
        fault(one.path, one.part, one.text[:200], why)
        for one, why in found.items()
        if all(meter.asked.get(one, why) for meter in meters)
    ]


def logic_of(instrument: Instrument, now: datetime.datetime) -> Logic:
    """What asks the expressions of an instrument, at a moment by the clock on the wall."""
    if not needs_logic(instrument):
        return lambda _: Settled()
    definition = ENCODER.encode(instrument)
    return lambda answers: prepared(definition).settle(answers, now)


def defaults_of(instrument: Instrument, now: datetime.datetime) -> Answers:
    """The answers that a survey begins with, as its rules want them."""
    if not has_default(instrument):
        return {}
    return prepared(ENCODER.encode(instrument)).defaults(instrument, now)


@lru_cache(maxsize=64)
def prepared(definition: bytes) -> "Asked":
    return Asked(msgspec.json.decode(definition, type=Instrument))


class Asked:
    """A form made of an instrument, whose nodes are known by the names of answers."""

    def __init__(self, instrument: Instrument) -> None:
        self.form = Form(xform(instrument))
        self.messages = {
            part.name: said(part.constraint_message)
            for part in every(instrument.items)
            if isinstance(part, Item) and part.constraint_message
        }
        self.selects = {
            name
            for part in every(instrument.items)
            if isinstance(part, Agreement | Choice | Choices | Grid)
            for name in names_of(part)
        }
        self.parts = {
            name
            for part in every(instrument.items)
            if not isinstance(part, Foreign)
            for name in (part.name, *names_of(part))
        }
        self.ranks = {part.name for part in every(instrument.items) if isinstance(part, Rank)}
        self.repeats = {path.rpartition("/")[2]: path for path in self.form.repeats}

    def settle(self, answers: Answers, now: datetime.datetime) -> Settled:
        with refusing():
            return self.worked_out(answers, now, Meter())

    def worked_out(self, answers: Answers, now: datetime.datetime, meter: Meter) -> Settled:
        worked = self.form.evaluate(self.filled(answers), now, meter)
        passed: set[str] = set()
        required: set[str] = set()
        broken: list[Fault] = []
        calculated: dict[str, Any] = {}
        for node in worked.root.iter():
            name = node.tag.removeprefix(AWAY)
            if name in self.parts and not worked.is_relevant(node):
                passed.add(self.address(node))
        for bind, node in worked.nodes:
            if node.tag not in self.parts or bind.count is not None:
                continue
            verdict = worked.verdict(bind, node)
            where = self.address(node)
            if verdict.required:
                required.add(where)
            if verdict.broken:
                broken.append(Fault(where, self.messages.get(node.tag, "") or BROKEN))
            if bind.calculate is not None and verdict.value:
                calculated[where] = typed(node)
        offered = {self.address(node): names for node, names in worked.offered()}
        broken += self.unranked(answers, offered)
        passed |= {where for where, names in offered.items() if not names}
        passed |= set(worked.unasked_repeats())
        return Settled(
            passed_over=frozenset(passed),
            required=frozenset(required),
            broken=tuple(broken),
            calculated=calculated,
            offered=offered,
            rounds={path.rpartition("/")[2]: count for path, count in worked.rounds()},
        )

    def unranked(self, answers: Answers, offered: Mapping[str, frozenset[str]]) -> Iterator[Fault]:
        """Rankings that leave out some of the options that were offered."""
        given = flattened(answers)
        for where, names in offered.items():
            is_ranked = where.rpartition(".")[2] in self.ranks and where in given
            if is_ranked and not names <= {*as_list(given[where])}:
                yield Fault(where, EVERY_OPTION)

    def defaults(self, instrument: Instrument, now: datetime.datetime) -> Answers:
        with refusing():
            texts = self.form.beginning(now)
        return {
            item.name: as_answer(item, texts[item.name])
            for item in leaves(instrument.items)
            if isinstance(item, Item) and texts.get(item.name)
        }

    def filled(self, answers: Answers) -> Any:
        """The answers as an instance; a repeat has as many rounds as were answered."""
        root = self.form.blank()
        for name, path in self.repeats.items():
            rounds = answers.get(name)
            self.put_rounds(root, path, rounds if isinstance(rounds, list) else [])
        for bind in self.form.binds:
            name = bind.path.rpartition("/")[2]
            if bind.calculate is None and not self.within_repeat(bind):
                for node in found(root, bind.path):
                    if len(node) == 0:
                        node.text = self.written(name, answers.get(name))
        return root

    def within_repeat(self, bind: Bind) -> bool:
        return any(bind.path.startswith(path + "/") for path in self.form.repeats)

    def put_rounds(self, root: Any, path: str, rounds: list[Any]) -> None:
        for parent in found(root, path.rpartition("/")[0]):
            there = [one for one in parent if one.tag == path.rpartition("/")[2]]
            for spare in there[1:]:
                parent.remove(spare)
            for given in reversed(rounds):
                again = etree.fromstring(etree.tostring(there[0]))
                again.attrib.pop("template", None)
                for node in again.iter():
                    if len(node) == 0:
                        node.text = self.written(node.tag, given.get(node.tag))
                there[0].addnext(again)
            parent.remove(there[0])

    def written(self, name: str, answer: Any) -> str:
        """An answer as XForms write it; what was withheld is empty but where it is an option."""
        if answer is None or (answer in WITHHELD if isinstance(answer, str) else False):
            return answer or "" if name in self.selects else ""
        if isinstance(answer, bool):
            return "OK" if answer else ""
        if isinstance(answer, float):
            return str(int(answer)) if answer.is_integer() else repr(answer)
        text = " ".join(map(str, answer)) if isinstance(answer, list) else str(answer)
        return text[:LONGEST]

    def address(self, node: Any) -> str:
        """The name of an answer, with its round where it is repeated."""
        name = str(node.tag.removeprefix(AWAY))
        for up in node.iterancestors():
            tag = up.tag.removeprefix(AWAY)
            if tag in self.repeats:
                before = [one for one in up.itersiblings(preceding=True) if same(one, tag)]
                return f"{tag}.{len(before) + 1}.{name}"
        return name


def as_answer(item: Item, text: str) -> Answer:
    """What a form writes, as the rule of the question's type wants it."""
    if isinstance(item, Choices | Rank):
        return [*text.split()]
    if isinstance(item, Consent):
        return text == "OK"
    if isinstance(item, Decimal | Range | Whole | Scale | Agreement):
        try:
            number = float(text)
        except ValueError:
            return text
        return int(number) if number.is_integer() else number
    return text


def same(node: Any, tag: str) -> bool:
    return bool(node.tag.removeprefix(AWAY) == tag)


def typed(node: Any) -> str | float | bool:
    """What was worked out: a number, yes or no, or words, which may look like a number."""
    text = str(node.text or "")
    if node.get(MARK) == TRUTH:
        return text == "1"
    number = float(text) if node.get(FIGURE) else math.nan
    if not math.isfinite(number):
        return text
    return int(number) if number.is_integer() else number
