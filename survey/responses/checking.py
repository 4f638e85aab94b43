"""Answers held against an instrument: item by item, then by what its expressions make of them."""

from collections.abc import Callable, Iterable, Mapping
from typing import cast

import msgspec

from survey.instruments import (
    WITHHELD,
    Calculate,
    Instrument,
    Item,
    Leaf,
    Repeat,
    is_fixed,
    leaves,
    names_of,
)
from survey.problems import Fault
from survey.responses.rules import RULES, Answer, Answers, Around, Round, Simple

MOST_STRANGERS = 20
MOST_ROUNDS = 100
MISSING = "needs an answer"
OFFERED = "needs one of the options offered"


class Settled(msgspec.Struct, frozen=True):
    """What the expressions of an instrument make of answers.

    What has no option left to choose is passed over; `required` is needed, answered or not.
    An answer within a repeat is named by its round: 'child.2.age'.
    """

    passed_over: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    broken: tuple[Fault, ...] = ()
    calculated: Mapping[str, Simple] = {}
    offered: Mapping[str, frozenset[str]] = {}
    rounds: Mapping[str, int] = {}


Logic = Callable[[Answers], Settled]


def no_logic(_: Answers) -> Settled:
    return Settled()


class Occasion(Around, frozen=True):
    """What answers are taken under: the day, the city, and the expressions of the instrument."""

    logic: Logic = no_logic


def check_answers(
    instrument: Instrument, given: Answers, occasion: Occasion
) -> tuple[Answers, list[Fault]]:
    """What is kept of the answers, and every fault; what is passed over is not kept."""
    known = set(instrument.answer_names())
    strangers = [name for name in given if name not in known]
    faults = [
        Fault(name[:60], "is not a question in this survey") for name in strangers[:MOST_STRANGERS]
    ]
    kept: Answers = {}
    for item in instrument.leaves():
        answers, wrong = check_item(item, given, occasion)
        kept |= answers
        faults += wrong
    settled = occasion.logic(kept)
    found = [*faults_left(faults, settled), *faults_by(kept, settled)]
    return settle(kept, settled), list(dict.fromkeys(found))


def check_item(item: Leaf, given: Answers, around: Around) -> tuple[Answers, list[Fault]]:
    """The answers to one item (a grid has one a row), or what is wrong with them."""
    if isinstance(item, Calculate):
        return {}, []
    if isinstance(item, Repeat):
        return check_rounds(item, given.get(item.name), around)
    kept: Answers = {}
    faults: list[Fault] = []
    for name in names_of(item):
        answer = given.get(name)
        if answer is None or is_empty(answer) or (answer is False and item.required):
            if item.required and not item.read_only:
                faults.append(Fault(name, MISSING))
            continue
        if is_fixed(item) and answer != item.default:
            continue  # a text that nobody may change is no place for somebody's words
        try:
            kept[name] = (
                answer if is_withheld(item, answer) else RULES[type(item)](item, answer, around)
            )
        except ValueError as wrong:
            faults.append(Fault(name, str(wrong)))
    return kept, faults


def check_rounds(
    repeat: Repeat, answer: Answer | None, around: Around
) -> tuple[Answers, list[Fault]]:
    """Each round by the rules of what is repeated."""
    if answer is None or answer == []:
        return {}, []
    if not isinstance(answer, list) or not all(isinstance(one, dict) for one in answer):
        return {}, [Fault(repeat.name, "needs a list, one set of answers for each")]
    if len(answer) > MOST_ROUNDS:
        return {}, [Fault(repeat.name, f"can be repeated {MOST_ROUNDS} times at most")]
    rounds: list[str | Round] = []
    faults: list[Fault] = []
    items = list(leaves(repeat.items))
    known = {name for item in items for name in names_of(item)}
    for number, given in enumerate(cast(list[Answers], answer), 1):
        kept: Answers = {}
        wrong = [
            Fault(name[:60], "is not a question in this survey") for name in set(given) - known
        ]
        for item in items:
            answers, more = check_item(item, given, around)
            kept |= answers
            wrong += more
        rounds.append(cast(Round, kept))
        faults += [Fault(f"{repeat.name}.{number}.{one.where}", one.sentence) for one in wrong]
    return {repeat.name: rounds}, faults


def is_empty(answer: Answer) -> bool:
    return answer == [] or (isinstance(answer, str) and not answer.strip())


def is_withheld(item: Item, answer: Answer) -> bool:
    return item.may_decline and isinstance(answer, str) and answer in WITHHELD


def settle(answers: Answers, settled: Settled) -> Answers:
    """The answers without what is passed over, and with what is worked out from them."""
    kept: Answers = {}
    for name, answer in answers.items():
        if name in settled.passed_over:
            continue
        if isinstance(answer, list) and any(isinstance(one, dict) for one in answer):
            kept[name] = [
                {
                    inner: value
                    for inner, value in cast(Round, one).items()
                    if f"{name}.{number}.{inner}" not in settled.passed_over
                }
                for number, one in enumerate(answer, 1)
            ]
        else:
            kept[name] = answer
    for where, value in settled.calculated.items():
        put(kept, where, value)
    return kept


def put(answers: Answers, where: str, value: Simple) -> None:
    name, _, within = where.partition(".")
    rounds = answers.get(name)
    number, _, inner = within.partition(".")
    if inner and isinstance(rounds, list) and number.isdigit():
        cast(list[Round], rounds)[int(number) - 1][inner] = value
    else:
        answers[where] = cast(Answer, value)


def faults_left(faults: Iterable[Fault], settled: Settled) -> list[Fault]:
    """Nothing is wrong with what nobody was asked."""
    return [fault for fault in faults if fault.where not in settled.passed_over]


def faults_by(kept: Answers, settled: Settled) -> list[Fault]:
    """What the expressions find wrong: a missing answer, a broken constraint, a filtered option."""
    flat = flattened(kept)
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


def flattened(answers: Answers) -> dict[str, Answer]:
    """Every answer by its name; those within a repeat by their round."""
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
