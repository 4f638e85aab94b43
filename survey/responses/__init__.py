"""Submission (what arrived) and response (what was accepted under the rules of its instrument)."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from survey.instruments import WITHHELD, Instrument, Mode, Repeat
from survey.problems import bad_answers, needs_access_code
from survey.responses.checking import (
    MOST_ROUNDS,
    Logic,
    Occasion,
    Settled,
    check_answers,
    check_item,
    faults_by,
    settle,
)
from survey.responses.rules import Answer, Answers, Around, Round

__all__ = [
    "MOST_ROUNDS",
    "Answer",
    "Answers",
    "Around",
    "Attached",
    "Kept",
    "Logic",
    "Occasion",
    "Response",
    "Round",
    "Settled",
    "Submission",
    "accept",
    "attached_in",
    "check_answers",
    "check_item",
    "faults_by",
    "rounds_of",
    "settle",
    "texts_of",
]

Short = Annotated[str, msgspec.Meta(max_length=100)]
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
    """A submission that keeps the rules of its instrument; `texts` are its own words by item."""

    instrument: str
    version: int
    mode: Mode
    area: str
    language: str
    answers: Answers
    texts: dict[str, str]
    may_quote: bool = False


class Kept(msgspec.Struct, frozen=True):
    """The receipt for what was kept; `again` where the same had been sent before."""

    reference: str
    again: bool = False


class Attached(msgspec.Struct, frozen=True):
    """A file in an answer: the mark it was sent under, and where the answer stands."""

    where: str
    item: str
    mark: str


def accept(
    instrument: Instrument, submission: Submission, area: str, occasion: Occasion
) -> Response:
    """The only way to make a Response: every answer is checked, all faults are told at once."""
    if instrument.mode == "sampled" and not submission.access_code:
        raise needs_access_code()
    answers, faults = check_answers(instrument, submission.answers, occasion)
    if faults:
        raise bad_answers(tuple(faults))
    return Response(
        instrument=instrument.slug,
        version=instrument.version,
        mode=instrument.mode,
        area=area,
        language=submission.language,
        answers=without_texts(instrument, answers),
        texts=texts_of(instrument, answers),
        may_quote=submission.may_quote,
    )


def without_texts(instrument: Instrument, answers: Answers) -> Answers:
    texts = set(instrument.texts())
    kept = {name: answer for name, answer in answers.items() if name not in texts}
    for name, answer in kept.items():
        if rounds := rounds_of(answer):
            kept[name] = [without(one, texts) for one in rounds]
    return kept


def without(one: Round, names: set[str]) -> Round:
    return {name: answer for name, answer in one.items() if name not in names}


def texts_of(instrument: Instrument, answers: Answers) -> dict[str, str]:
    """What was written in the person's own words; kept apart from the other answers.

    What was written round by round is one text.
    """
    rounds = [
        one
        for item in instrument.leaves()
        if isinstance(item, Repeat)
        for one in rounds_of(answers.get(item.name))
    ]
    places: list[Mapping[str, object]] = [answers, *rounds]
    written = {
        name: [str(found[name]) for found in places if name in found] for name in instrument.texts()
    }
    told = {name: [t for t in texts if t not in WITHHELD] for name, texts in written.items()}
    return {name: "\n\n".join(texts) for name, texts in told.items() if texts}


def rounds_of(answer: Answer | None) -> list[Round]:
    return [one for one in answer if isinstance(one, dict)] if isinstance(answer, list) else []


def attached_in(instrument: Instrument, answers: Answers) -> list[Attached]:
    """Every file that the answers hold, those within rounds named by their round."""
    names = instrument.files()
    if not names:
        return []
    places: list[tuple[str, Mapping[str, object]]] = [("", answers)]
    for name, answer in answers.items():
        places += [(f"{name}.{n}.", one) for n, one in enumerate(rounds_of(answer), 1)]
    return [
        Attached(prefix + name, name, str(found[name]))
        for prefix, found in places
        for name in names
        if name in found and found[name] not in WITHHELD
    ]
