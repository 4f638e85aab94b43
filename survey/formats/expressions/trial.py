"""Tries a survey before it is published: with no answers, usual ones and the largest ones."""

import datetime
from collections.abc import Iterable, Iterator
from typing import cast

from survey.problems import Fault
from survey.surveys.expressions import REFERENCE
from survey.surveys.instruments import (
    AnyPart,
    Calculate,
    Instrument,
    Repeat,
    all_parts,
    questions_in,
)
from survey.surveys.instruments.checking import all_names
from survey.surveys.instruments.references import (
    EXPRESSION_FIELDS,
    PIPED_FIELDS,
)
from survey.surveys.responses import MOST_ROUNDS, Answers, Round

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


def faults_of_names(instrument: Instrument) -> list[Fault]:
    """The faults of expressions and texts that refer to a question that does not exist."""
    known = {*all_names(instrument), *OF_EVERY_FORM}
    return [
        Fault(f"{part.name}: {field}", f"there is no question called “{name}” in this survey")
        for part in all_parts(instrument.items)
        for field, text in part_texts(part)
        for name in REFERENCE.findall(text)
        if name not in known
    ]


def part_texts(part: AnyPart) -> Iterator[tuple[str, str]]:
    """Each expression and each wording of a part, by its field."""
    for field in EXPRESSION_FIELDS:
        yield XLSFORM_FIELDS.get(field, field), getattr(part, field, "") or ""
    for field in PIPED_FIELDS:
        for text in (getattr(part, field, None) or {}).values():
            yield field, text


def faults_of_cycles(instrument: Instrument) -> list[Fault]:
    """The faults of calculations that depend on themselves; such a value would grow each time it is
    evaluated.
    """
    needs = {
        part.name: set(REFERENCE.findall(part.calculation))
        for part in all_parts(instrument.items)
        if isinstance(part, Calculate)
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


def trial_answer_sets(instrument: Instrument) -> Iterator[Answers]:
    # A rule that fails with all three can never work; otherwise it is empty where it fails.
    yield {}
    yield trial_answers(instrument.items, most=False)
    yield trial_answers(instrument.items, most=True)


def trial_answers(parts: Iterable[AnyPart], *, most: bool) -> Answers:
    found: Answers = {}
    for item in questions_in(parts):
        if isinstance(item, Repeat):
            rounds = MOST_ROUNDS if most else 2
            found[item.name] = [
                cast(Round, trial_answers(item.items, most=most)) for _ in range(rounds)
            ]
        else:
            answer = item.trial_answer(most=most)
            found |= {name: answer for name in item.answer_names() if answer is not None}
    return found
