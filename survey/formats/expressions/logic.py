"""The expressions of a survey: evaluated for each response, and tried before it is published.

A trial has no answers, then usual ones, then the largest ones: a rule that fails with all three can
never work.
"""

import datetime
import math
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import cast

import msgspec
from lxml import etree
from lxml.etree import _Element as Node

from survey.formats.expressions import AWAY, CompiledForm, nodes_at
from survey.formats.expressions.values import FIGURE, LONGEST, MARK, TRUTH
from survey.formats.expressions.xpath import Meter, TooMuchWork, refuse_too_much_work
from survey.formats.xform import to_xform
from survey.problems import Fault
from survey.surveys import instruments, responses
from survey.surveys.expressions import REFERENCE
from survey.surveys.instruments.references import EXPRESSION_FIELDS, PIPED_FIELDS
from survey.surveys.item_types.answers import Answers, Round, SimpleValue
from survey.surveys.item_types.choices import EVERY_OPTION

# pyxform adds these to every form, so expressions may use them.
OF_EVERY_FORM = ("instanceID", "instanceName")
XLSFORM_FIELDS = {
    "required_when": "required",
    "calculation": "calculate",
    "filter": "choice_filter",
}
TRIAL_TIME = datetime.datetime(2026, 2, 28, 12)  # noqa: DTZ001 - the wall clock of whoever answers
TOO_MUCH = (
    "its conditions and calculations take too long for one answer: make them shorter, or repeat "
    "fewer questions"
)
BROKEN = "does not meet the condition of this question"
ENCODER = msgspec.json.Encoder()


def part_texts(part: instruments.AnyPart) -> Iterator[tuple[str, str]]:
    """Each expression and each wording of a part, with the name of its field."""
    for field in EXPRESSION_FIELDS:
        yield XLSFORM_FIELDS.get(field, field), getattr(part, field, "") or ""
    for field in PIPED_FIELDS:
        for text in (getattr(part, field, None) or {}).values():
            yield field, text


def faults_of_cycles(instrument: instruments.Instrument) -> list[Fault]:
    """The faults of calculations that depend on their own result, whose value would change with
    each evaluation.
    """
    needs = {
        part.name: set(REFERENCE.findall(part.calculation))
        for part in instruments.all_parts(instrument.items)
        if isinstance(part, instruments.Calculate)
    }
    waiting = {name: wanted & needs.keys() for name, wanted in needs.items()}
    while free := {name for name, wanted in waiting.items() if not wanted}:
        waiting = {name: wanted - free for name, wanted in waiting.items() if wanted}
    return [
        Fault(
            f"{name}: calculate", "it depends on its own result, through " + ", ".join(sorted(on))
        )
        for name, on in waiting.items()
    ]


def trial_answer_sets(instrument: instruments.Instrument) -> Iterator[Answers]:
    # A rule that fails with all three can never work; otherwise it is empty where it fails.
    yield {}
    yield trial_answers(instrument.items, most=False)
    yield trial_answers(instrument.items, most=True)


def trial_answers(parts: Iterable[instruments.AnyPart], *, most: bool) -> Answers:
    answers: Answers = {}
    for item in instruments.questions_in(parts):
        if isinstance(item, instruments.Repeat):
            rounds = responses.MOST_ROUNDS if most else 2
            answers[item.name] = [
                cast(Round, trial_answers(item.items, most=most)) for _ in range(rounds)
            ]
        else:
            answer = item.trial_answer(most=most)
            answers |= {name: answer for name in item.answer_names() if answer is not None}
    return answers


def needs_evaluation(instrument: instruments.Instrument) -> bool:
    """Whether there is an expression to evaluate, defaults aside; most surveys have none."""
    return instrument.has_expression


def faults_of_expressions(instrument: instruments.Instrument) -> list[Fault]:
    """The faults of all expressions that cannot be used, by parsing and trial evaluation."""
    if unreadable := unreadable_expressions(instrument):
        return unreadable
    return faults_of_cycles(instrument) or faults_of_trial(FormEvaluator(instrument), instrument)


def unreadable_expressions(instrument: instruments.Instrument) -> list[Fault]:
    """The faults of expressions that name unknown questions; without any, of all that cannot be
    parsed, whatever else is wrong.
    """
    known = {*instruments.all_names(instrument), *OF_EVERY_FORM}
    if unknown := [
        Fault(f"{part.name}: {field}", f"there is no question called “{name}” in this survey")
        for part in instruments.all_parts(instrument.items)
        for field, text in part_texts(part)
        for name in REFERENCE.findall(text)
        if name not in known
    ]:
        return unknown
    faults = CompiledForm(to_xform(instrument)).faults
    return [fault_at(fault.path, fault.part, fault.expression, fault.sentence) for fault in faults]


def fault_at(path: str, part: str, expression: str, sentence: str) -> Fault:
    return Fault(f"{path.rpartition('/')[2]}: {part}", f"{expression!r}: {sentence}")


def faults_of_trial(asked: "FormEvaluator", instrument: instruments.Instrument) -> list[Fault]:
    """The faults of expressions that fail in every trial: without answers, with usual and with the
    largest answers.
    """
    if not needs_evaluation(instrument):
        return []
    meters = []
    for answers in trial_answer_sets(instrument):
        meters.append(Meter())
        try:
            asked.evaluate(answers, TRIAL_TIME, meters[-1])
        except TooMuchWork:
            return [Fault("items", TOO_MUCH)]
    failures = {expression: why for meter in meters for expression, why in meter.failures().items()}
    return [
        fault_at(failed_expression.path, failed_expression.part, failed_expression.text[:200], why)
        for failed_expression, why in failures.items()
        if all(meter.asked.get(failed_expression, why) for meter in meters)
    ]


def evaluator_for(
    instrument: instruments.Instrument, now: datetime.datetime
) -> responses.Evaluator:
    """A function that evaluates the survey's expressions as of the moment `now`, in local time."""
    if not needs_evaluation(instrument):
        return lambda _: responses.EvaluationResult()
    # By its bytes: making the form costs far more than encoding, and equal surveys share one.
    definition = ENCODER.encode(instrument)
    return lambda answers: cached_evaluator(definition).settle(answers, now)


def default_answers(instrument: instruments.Instrument, now: datetime.datetime) -> Answers:
    """The default answers of a survey, in the form in which they are stored."""
    if not instrument.has_default:
        return {}
    return cached_evaluator(ENCODER.encode(instrument)).defaults(instrument, now)


@lru_cache(maxsize=64)
def cached_evaluator(definition: bytes) -> "FormEvaluator":
    return FormEvaluator(msgspec.json.decode(definition, type=instruments.Instrument))


class FormEvaluator:
    """Evaluates an instrument's form; its nodes are matched to answers by name."""

    def __init__(self, instrument: instruments.Instrument) -> None:
        self.form = CompiledForm(to_xform(instrument))
        self.messages = {
            part.name: instruments.wording_text(part.constraint_message)
            for part in instruments.all_parts(instrument.items)
            if isinstance(part, instruments.Item) and part.constraint_message
        }
        self.selects = {
            name
            for part in instruments.all_parts(instrument.items)
            if isinstance(part, instruments.Item) and part.withheld_is_option
            for name in part.answer_names()
        }
        self.parts = {
            name
            for part in instruments.all_parts(instrument.items)
            if part.is_supported
            for name in (part.name, *part.answer_names())
        }
        self.ranks = {
            part.name
            for part in instruments.all_parts(instrument.items)
            if isinstance(part, instruments.Item) and part.needs_every_option
        }
        self.repeats = {path.rpartition("/")[2]: path for path in self.form.repeats}

    def settle(self, answers: Answers, now: datetime.datetime) -> responses.EvaluationResult:
        with refuse_too_much_work():
            return self.evaluate(answers, now, Meter())

    def evaluate(
        self, answers: Answers, now: datetime.datetime, meter: Meter
    ) -> responses.EvaluationResult:
        worked = self.form.evaluate(self.form_instance(answers), now, meter)
        passed: set[str] = set()
        required: set[str] = set()
        broken: list[Fault] = []
        calculated: dict[str, SimpleValue] = {}
        for node in worked.root.iter():
            name = node.tag.removeprefix(AWAY)
            if name in self.parts and not worked.is_relevant(node):
                passed.add(self.address(node))
        for bind, node in worked.nodes:
            # What is not asked has another tag meanwhile, so it is passed over here as well.
            if node.tag not in self.parts or bind.count is not None:
                continue
            verdict = worked.verdict(bind, node)
            where = self.address(node)
            if verdict.required:
                required.add(where)
            if verdict.broken:
                broken.append(Fault(where, self.messages.get(node.tag, "") or BROKEN))
            if bind.calculate is not None and verdict.value:
                calculated[where] = calculated_value(node)
        offered = {self.address(node): names for node, names in worked.offered_options()}
        broken += self.faults_of_ranks(answers, offered)
        # With nothing to choose from, a required question could never be answered.
        passed |= {where for where, names in offered.items() if not names}
        passed |= set(worked.unasked_repeats())
        return responses.EvaluationResult(
            passed_over=frozenset(passed),
            required=frozenset(required),
            broken=tuple(broken),
            calculated=calculated,
            offered=offered,
            rounds={path.rpartition("/")[2]: count for path, count in worked.rounds()},
        )

    def faults_of_ranks(
        self, answers: Answers, offered: Mapping[str, frozenset[str]]
    ) -> Iterator[Fault]:
        """Rankings that leave out some of the options that were offered."""
        given = responses.flat_answers(answers)
        for where, names in offered.items():
            is_ranked = where.rpartition(".")[2] in self.ranks and where in given
            if is_ranked and not names <= {*responses.as_list(given[where])}:
                yield Fault(where, EVERY_OPTION)

    def defaults(self, instrument: instruments.Instrument, now: datetime.datetime) -> Answers:
        with refuse_too_much_work():
            texts = self.form.beginning(now)
        return {
            item.name: item.answer_from_text(texts[item.name])
            for item in instruments.questions_in(instrument.items)
            if isinstance(item, instruments.Item) and texts.get(item.name)
        }

    def form_instance(self, answers: Answers) -> Node:
        """The answers as an XForm instance; a repeat has one round for each that was answered."""
        root = self.form.blank()
        for name, path in self.repeats.items():
            self.put_rounds(root, path, responses.answer_rounds(answers.get(name)))
        for bind in self.form.binds:
            name = bind.path.rpartition("/")[2]
            if bind.calculate is None and not any(
                bind.path.startswith(path + "/") for path in self.form.repeats
            ):
                for node in nodes_at(root, bind.path):
                    if len(node) == 0:
                        node.text = self.answer_text(name, answers.get(name))
        return root

    def put_rounds(self, root: Node, path: str, rounds: list[Round]) -> None:
        for parent in nodes_at(root, path.rpartition("/")[0]):
            there = [child for child in parent if child.tag == path.rpartition("/")[2]]
            for spare in there[1:]:
                parent.remove(spare)
            # Each is put right after the template, so the last one has to come first.
            for given in reversed(rounds):
                again = etree.fromstring(etree.tostring(there[0]))
                again.attrib.pop("template", None)
                for node in again.iter():
                    if len(node) == 0:
                        node.text = self.answer_text(node.tag, given.get(node.tag))
                there[0].addnext(again)
            parent.remove(there[0])

    def answer_text(self, name: str, answer: object) -> str:
        """An answer as XForms write it; a withheld answer is empty unless it is a listed option."""
        if answer is None:
            return ""
        if isinstance(answer, str) and answer in instruments.WITHHELD:
            return answer if name in self.selects else ""
        if isinstance(answer, bool):
            return "OK" if answer else ""
        if isinstance(answer, float):
            return str(int(answer)) if answer.is_integer() else repr(answer)
        text = " ".join(map(str, answer)) if isinstance(answer, list) else str(answer)
        return text[:LONGEST]

    def address(self, node: Node) -> str:
        """The name of a node's answer, with the number of its round if it is in a repeat."""
        name = str(node.tag.removeprefix(AWAY))
        for up in node.iterancestors():
            tag = up.tag.removeprefix(AWAY)
            if tag in self.repeats:
                tags = [
                    sibling.tag.removeprefix(AWAY) for sibling in up.itersiblings(preceding=True)
                ]
                return f"{tag}.{tags.count(tag) + 1}.{name}"
        return name


def calculated_value(node: Node) -> str | float | bool:
    """A calculated value: number, boolean or text; a text stays text even if it looks like a
    number.
    """
    text = str(node.text or "")
    if node.get(MARK) == TRUTH:
        return text == "1"
    number = float(text) if node.get(FIGURE) else math.nan
    if not math.isfinite(number):
        return text
    return int(number) if number.is_integer() else number
