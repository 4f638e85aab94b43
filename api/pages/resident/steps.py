"""The way through an instrument: one question a page, in the order in which it was written."""

import msgspec

from survey.instruments import AnyItem, Instrument, Note, names_of
from survey.responses import Answers

ACCESS_CODE = "access-code"
BOROUGH = "borough"
CHECK = "check"
SEND = "send"
DONE = "done"
TAKEN = (ACCESS_CODE, BOROUGH, CHECK, SEND, DONE)


class Step(msgspec.Struct, frozen=True):
    """A page of the way; `notes` are the words that stand before its question."""

    name: str
    item: AnyItem | None = None
    notes: tuple[Note, ...] = ()


def steps_of(instrument: Instrument) -> list[Step]:
    """Every page that asks something."""
    steps = [Step(ACCESS_CODE)] if instrument.mode == "sampled" else []
    steps.append(Step(BOROUGH))
    notes: list[Note] = []
    for item in instrument.items:
        if isinstance(item, Note):
            notes.append(item)
        else:
            steps.append(Step(name_of(item), item, tuple(notes)))
            notes = []
    return steps


def closing_notes(instrument: Instrument) -> list[Note]:
    """Words behind the last question, for the page that shows all answers."""
    found: list[Note] = []
    for item in reversed(instrument.items):
        if not isinstance(item, Note):
            break
        found.insert(0, item)
    return found


def name_of(item: AnyItem) -> str:
    """The item's name as it stands in an address, apart from those of our own pages."""
    return f"{item.name}-question" if item.name in TAKEN else item.name


def is_open(step: Step, *, access_code: str, borough: str, answers: Answers) -> bool:
    """Whether the page still needs an answer before anything can be sent."""
    if step.item is None:
        return not (access_code if step.name == ACCESS_CODE else borough)
    return step.item.required and any(name not in answers for name in names_of(step.item))
