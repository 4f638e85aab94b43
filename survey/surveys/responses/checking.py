"""Checks answers against an instrument: item by item, then with its expressions."""

from collections.abc import Callable, Iterable, Mapping
from typing import cast

import msgspec

from survey.problems import Fault
from survey.surveys.instruments import (
    WITHHELD,
    Instrument,
    Item,
    Repeat,
    questions_in,
)
from survey.surveys.item_types.answers import Answer, Answers, DayAndCity, Round, SimpleValue

MOST_UNKNOWN_NAMES = 20  # or the refusal would be as long as what was sent
MOST_ROUNDS = 100
MISSING = "needs an answer"
OFFERED = "needs one of the options offered"


class EvaluationResult(msgspec.Struct, frozen=True):
    """What the expressions of an instrument say about a set of answers.

    A question with no option left to choose is in `passed_over`; `required` lists all that are
    needed, answered or not. An answer within a repeat is named by its round: 'child.2.age'.
    """

    passed_over: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    broken: tuple[Fault, ...] = ()
    calculated: Mapping[str, SimpleValue] = {}
    offered: Mapping[str, frozenset[str]] = {}
    rounds: Mapping[str, int] = {}


Evaluator = Callable[[Answers], EvaluationResult]


def no_evaluation(_: Answers) -> EvaluationResult:
    return EvaluationResult()


class AnswerContext(DayAndCity, frozen=True):
    """What answers are checked with: the day, the city, and the expressions of the instrument."""

    logic: Evaluator = no_evaluation


def validate_answers(
    instrument: Instrument, given: Answers, occasion: AnswerContext
) -> tuple[Answers, list[Fault]]:
    """The answers to store, and every fault; answers to questions passed over are not stored."""
    known = set(instrument.answer_names())
    strangers = [name for name in given if name not in known]
    faults = [
        Fault(name[:60], "is not a question in this survey")
        for name in strangers[:MOST_UNKNOWN_NAMES]
    ]
    accepted: Answers = {}
    for item in instrument.all_questions():
        answers, wrong = validate_item(item, given, occasion)
        accepted |= answers
        faults += wrong
    # Expressions see only what passed the rules of its own item.
    settled = occasion.logic(accepted)
    found = [*relevant_faults(faults, settled), *evaluation_faults(accepted, settled)]
    # A missing answer may be found by its item and once more by the expressions.
    return evaluated_answers(accepted, settled), list(dict.fromkeys(found))


def validate_item(
    item: Item | Repeat, given: Answers, around: DayAndCity
) -> tuple[Answers, list[Fault]]:
    """The stored answers to one item (a grid has one for each row), and what is wrong with them."""
    if isinstance(item, Repeat):
        return validate_rounds(item, given.get(item.name), around)
    if not item.is_asked:
        return {}, []
    accepted: Answers = {}
    faults: list[Fault] = []
    for name in item.answer_names():
        answer = given.get(name)
        # False comes from a box that has to be ticked and is not.
        if answer is None or is_empty(answer) or (answer is False and item.required):
            if item.required and not item.read_only:
                faults.append(Fault(name, MISSING))
            continue
        if item.is_fixed() and answer != item.default:
            continue  # a text that nobody may change is no place for somebody's words
        try:
            accepted[name] = (
                answer if is_withheld(item, answer) else item.stored_answer(answer, around)
            )
        except ValueError as wrong:
            faults.append(Fault(name, str(wrong)))
    return accepted, faults


def validate_rounds(
    repeat: Repeat, answer: Answer | None, around: DayAndCity
) -> tuple[Answers, list[Fault]]:
    """The stored answers to a repeat, and the faults in each of its rounds."""
    if answer is None or answer == []:
        return {}, []
    if not isinstance(answer, list) or not all(isinstance(one, dict) for one in answer):
        return {}, [Fault(repeat.name, "needs a list, one set of answers for each")]
    if len(answer) > MOST_ROUNDS:
        return {}, [Fault(repeat.name, f"can be repeated {MOST_ROUNDS} times at most")]
    rounds: list[str | Round] = []
    faults: list[Fault] = []
    items = list(questions_in(repeat.items))
    known = {name for item in items for name in item.answer_names()}
    for number, given in enumerate(cast(list[Answers], answer), 1):
        accepted: Answers = {}
        wrong = [
            Fault(name[:60], "is not a question in this survey") for name in set(given) - known
        ]
        for item in items:
            answers, more = validate_item(item, given, around)
            accepted |= answers
            wrong += more
        rounds.append(cast(Round, accepted))
        faults += [Fault(f"{repeat.name}.{number}.{one.where}", one.sentence) for one in wrong]
    return {repeat.name: rounds}, faults


def is_empty(answer: Answer) -> bool:
    return answer == [] or (isinstance(answer, str) and not answer.strip())


def is_withheld(item: Item, answer: Answer) -> bool:
    return item.may_decline and isinstance(answer, str) and answer in WITHHELD


def evaluated_answers(answers: Answers, settled: EvaluationResult) -> Answers:
    """The answers without questions passed over, and with calculated values."""
    accepted: Answers = {}
    for name, answer in answers.items():
        if name in settled.passed_over:
            continue
        if isinstance(answer, list) and any(isinstance(one, dict) for one in answer):
            accepted[name] = [
                {
                    inner: value
                    for inner, value in cast(Round, one).items()
                    if f"{name}.{number}.{inner}" not in settled.passed_over
                }
                for number, one in enumerate(answer, 1)
            ]
        else:
            accepted[name] = answer
    for where, value in settled.calculated.items():
        set_answer(accepted, where, value)
    return accepted


def set_answer(answers: Answers, where: str, value: SimpleValue) -> None:
    name, _, within = where.partition(".")
    rounds = answers.get(name)
    number, _, inner = within.partition(".")
    if inner and isinstance(rounds, list) and number.isdigit():
        cast(list[Round], rounds)[int(number) - 1][inner] = value
    else:
        answers[where] = cast(Answer, value)


def relevant_faults(faults: Iterable[Fault], settled: EvaluationResult) -> list[Fault]:
    """The faults without those of questions that were passed over."""
    return [fault for fault in faults if fault.where not in settled.passed_over]


def evaluation_faults(accepted: Answers, settled: EvaluationResult) -> list[Fault]:
    """Missing answers, broken constraints and options not offered, as the expressions find."""
    flat = flat_answers(accepted)
    missing = [
        Fault(where, MISSING)
        for where in sorted(settled.required - settled.passed_over)
        if where not in flat
    ]
    hidden = [
        Fault(where, OFFERED)
        for where, offered in settled.offered.items()
        if where in flat
        and not set(as_list(flat[where])) <= offered | WITHHELD
        and where not in settled.passed_over
    ]
    return [*missing, *hidden, *settled.broken]


def flat_answers(answers: Answers) -> dict[str, Answer]:
    """Every answer by its name; answers within a repeat are named by round: 'child.2.age'."""
    flat: dict[str, Answer] = {}
    for name, answer in answers.items():
        if isinstance(answer, list):
            for number, one in enumerate(answer, 1):
                if isinstance(one, dict):
                    flat |= {f"{name}.{number}.{k}": cast(Answer, v) for k, v in one.items()}
        flat[name] = answer
    return flat


def as_list(answer: Answer) -> list[str]:
    return [str(one) for one in answer] if isinstance(answer, list) else [str(answer)]
