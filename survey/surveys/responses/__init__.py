"""Submission (what arrived) and response (what was accepted under the rules of its instrument)."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from survey.surveys.instruments import WITHHELD, Instrument, Mode, Repeat
from survey.surveys.item_types.answers import Answer, Answers, DayAndCity, Round
from survey.surveys.refusals import bad_answers, missing_access_code
from survey.surveys.responses.checking import (
    MOST_ROUNDS,
    AnswerContext,
    EvaluationResult,
    Evaluator,
    evaluated_answers,
    evaluation_faults,
    validate_answers,
    validate_item,
)

__all__ = [
    "MOST_ROUNDS",
    "Answer",
    "AnswerContext",
    "Answers",
    "AttachmentReference",
    "DayAndCity",
    "EvaluationResult",
    "Evaluator",
    "Response",
    "Round",
    "Submission",
    "SubmissionReceipt",
    "accept_submission",
    "answer_rounds",
    "answer_texts",
    "attachments_in",
    "evaluated_answers",
    "evaluation_faults",
    "validate_answers",
    "validate_item",
]

Short = Annotated[str, msgspec.Meta(max_length=100)]
# 35 characters are the room that RFC 5646 (4.4.1) asks for.
Language = Annotated[
    str, msgspec.Meta(max_length=35, pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")
]


class Submission(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What arrives from a page, a phone or a client, before any rule has been applied."""

    borough: Short | None = None
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
    """The receipt for a stored submission; `again` if the same one had been sent before."""

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
    return Response(
        instrument=instrument.slug,
        version=instrument.version,
        mode=instrument.mode,
        area=area,
        language=submission.language,
        answers=answers_without_texts(instrument, answers),
        texts=answer_texts(instrument, answers),
        may_quote=submission.may_quote,
    )


def answers_without_texts(instrument: Instrument, answers: Answers) -> Answers:
    # Words are stored in one place only, so that erasure has one place to go.
    texts = set(instrument.texts())
    others = {name: answer for name, answer in answers.items() if name not in texts}
    for name, answer in others.items():
        if rounds := answer_rounds(answer):
            others[name] = [round_without(one, texts) for one in rounds]
    return others


def round_without(one: Round, names: set[str]) -> Round:
    return {name: answer for name, answer in one.items() if name not in names}


def answer_texts(instrument: Instrument, answers: Answers) -> dict[str, str]:
    """The free texts of a response, which are stored separately from its other answers.

    The texts of all rounds of a repeat are joined into one.
    """
    rounds = [
        one
        for item in instrument.all_questions()
        if isinstance(item, Repeat)
        for one in answer_rounds(answers.get(item.name))
    ]
    places: list[Mapping[str, object]] = [answers, *rounds]
    written = {
        name: [str(found[name]) for found in places if name in found] for name in instrument.texts()
    }
    # "Prefer not to say" is an answer, and no words to be read.
    shown = {name: [t for t in texts if t not in WITHHELD] for name, texts in written.items()}
    return {name: "\n\n".join(texts) for name, texts in shown.items() if texts}


def answer_rounds(answer: object) -> list[Round]:
    return [one for one in answer if isinstance(one, dict)] if isinstance(answer, list) else []


def attachments_in(instrument: Instrument, answers: Answers) -> list[AttachmentReference]:
    """Every file that the answers refer to; a file within a repeat has the number of its round."""
    names = instrument.files()
    if not names:
        return []
    places: list[tuple[str, Mapping[str, object]]] = [("", answers)]
    for name, answer in answers.items():
        places += [(f"{name}.{n}.", one) for n, one in enumerate(answer_rounds(answer), 1)]
    return [
        AttachmentReference(prefix + name, name, str(found[name]))
        for prefix, found in places
        for name in names
        if name in found and found[name] not in WITHHELD
    ]
