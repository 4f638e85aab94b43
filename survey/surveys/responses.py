"""Submission (what arrived) and response (what was accepted under the rules of its instrument):
each answer is checked by itself, then all with the instrument's expressions.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, cast

import msgspec

from survey.problems import Fault
from survey.surveys.instruments import WITHHELD, Instrument, Item, Mode, Repeat, questions_in
from survey.surveys.item_types.answers import Answer, Answers, DayAndCity, Round, SimpleValue
from survey.surveys.refusals import bad_answers, missing_access_code

MOST_UNKNOWN_NAMES = 20  # or the refusal would be as long as what was sent
MOST_ROUNDS = 100
MISSING = "needs an answer"
OFFERED = "needs one of the options offered"
UNDER_16 = "under_16"  # the band of ages of children
Short = Annotated[str, msgspec.Meta(max_length=100)]


class EvaluationResult(msgspec.Struct, frozen=True):
    """What the expressions of an instrument say about a set of answers.

    A question with no option left to choose is in `passed_over`; `required` has every required
    question, answered or not. An answer within a repeat is named by its round: 'child.2.age'.
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
    all_faults = [
        *(fault for fault in faults if fault.where not in settled.passed_over),
        *evaluation_faults(accepted, settled),
    ]
    # A missing answer may be found by its item and once more by the expressions.
    return evaluated_answers(accepted, settled), list(dict.fromkeys(all_faults))


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
    if not isinstance(answer, list) or not all(isinstance(member, dict) for member in answer):
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
        faults += [
            Fault(f"{repeat.name}.{number}.{fault.where}", fault.sentence) for fault in wrong
        ]
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
        if isinstance(answer, list) and any(isinstance(member, dict) for member in answer):
            accepted[name] = [
                {
                    inner: value
                    for inner, value in cast(Round, round_answers).items()
                    if f"{name}.{number}.{inner}" not in settled.passed_over
                }
                for number, round_answers in enumerate(answer, 1)
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
            for number, member in enumerate(answer, 1):
                if isinstance(member, dict):
                    flat |= {f"{name}.{number}.{k}": cast(Answer, v) for k, v in member.items()}
        flat[name] = answer
    return flat


def as_list(answer: Answer) -> list[str]:
    return [str(choice) for choice in answer] if isinstance(answer, list) else [str(answer)]


# 35 characters are the room that RFC 5646 (4.4.1) asks for.
Language = Annotated[
    str, msgspec.Meta(max_length=35, pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")
]


class Submission(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What arrives from a page, a phone or a client, before any rule has been applied."""

    area: Short | None = msgspec.field(default=None, name="borough")
    postcode: Short | None = None
    language: Language = "en"
    access_code: Short | None = None
    may_quote: bool = False
    answers: Answers


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """A submission that passed all checks of its instrument; `texts` are its free texts by item."""

    instrument: str
    version: int
    mode: Mode
    area: str
    language: str
    answers: Answers
    texts: dict[str, str]
    may_quote: bool = False


class SubmissionReceipt(msgspec.Struct, frozen=True):
    """The receipt for a stored submission; `again` if the same submission had been sent before."""

    reference: str
    again: bool = False


class AttachmentReference(msgspec.Struct, frozen=True):
    """A file in an answer: the identifier it was uploaded under, and which answer it belongs to."""

    where: str
    item: str
    mark: str


def accept_submission(
    instrument: Instrument, submission: Submission, area: str, occasion: AnswerContext
) -> Response:
    """The only way to make a Response: checks every answer and raises with all faults at once."""
    if instrument.mode != "open" and not submission.access_code:
        raise missing_access_code()
    answers, faults = validate_answers(instrument, submission.answers, occasion)
    if faults:
        raise bad_answers(tuple(faults))
    # Words are stored in one place only, so that erasure has one place to go.
    texts = set(instrument.texts())
    others = {name: answer for name, answer in answers.items() if name not in texts}
    for name, answer in others.items():
        if rounds := answer_rounds(answer):
            others[name] = [
                {name: answer for name, answer in round_answers.items() if name not in texts}
                for round_answers in rounds
            ]
    return Response(
        instrument=instrument.slug,
        version=instrument.version,
        mode=instrument.mode,
        area=area,
        language=submission.language,
        answers=others,
        texts=answer_texts(instrument, answers),
        may_quote=submission.may_quote and not is_child(instrument, answers),
    )


def is_child(instrument: Instrument, answers: Mapping[str, object]) -> bool:
    """Whether the answers say that the person is under 16: children are not quoted."""
    age = instrument.margins().get("age")
    return bool(age and answers.get(age.name) == UNDER_16)


def answer_texts(instrument: Instrument, answers: Answers) -> dict[str, str]:
    """The free texts of a response, which are stored separately from its other answers.

    The texts of all rounds of a repeat are joined into one.
    """
    rounds = [
        round_answers
        for item in instrument.all_questions()
        if isinstance(item, Repeat)
        for round_answers in answer_rounds(answers.get(item.name))
    ]
    places: list[Mapping[str, object]] = [answers, *rounds]
    written = {
        name: [str(place[name]) for place in places if name in place] for name in instrument.texts()
    }
    # "Prefer not to say" is an answer, and no words to be read.
    shown = {name: [t for t in texts if t not in WITHHELD] for name, texts in written.items()}
    return {name: "\n\n".join(texts) for name, texts in shown.items() if texts}


def answer_rounds(answer: object) -> list[Round]:
    return (
        [round_answers for round_answers in answer if isinstance(round_answers, dict)]
        if isinstance(answer, list)
        else []
    )


def attachments_in(instrument: Instrument, answers: Answers) -> list[AttachmentReference]:
    """Every file that the answers refer to; a file within a repeat has the number of its round."""
    names = instrument.files()
    if not names:
        return []
    places: list[tuple[str, Mapping[str, object]]] = [("", answers)]
    for name, answer in answers.items():
        places += [
            (f"{name}.{n}.", round_answers)
            for n, round_answers in enumerate(answer_rounds(answer), 1)
        ]
    return [
        AttachmentReference(prefix + name, name, str(place[name]))
        for prefix, place in places
        for name in names
        if name in place and place[name] not in WITHHELD
    ]
