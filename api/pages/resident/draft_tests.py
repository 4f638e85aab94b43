"""A test run: an organiser answers a draft on the residents' own pages, and nothing is stored."""

import msgspec

from survey.problems import NotFound
from survey.surveys.instruments import (
    AnyPart,
    FileItem,
    Instrument,
    Note,
    Repeat,
    all_parts,
    wording_text,
)
from survey.surveys.instruments.drafts import map_siblings

TEST_PATH = "/try"
NO_FILES = " (People send a file here. The test leaves it out.)"


def testable_instrument(instrument: Instrument) -> Instrument:
    """The survey without access code, with a note in place of each file question."""
    items = map_siblings(instrument.items, lambda row: tuple(file_as_note(one) for one in row))
    # Its opening days do not matter before it is published.
    return msgspec.structs.replace(instrument, mode="open", items=items)


def file_as_note(part: AnyPart) -> AnyPart:
    if not isinstance(part, FileItem):
        return part
    text = {code: words + NO_FILES for code, words in part.text.items()}
    return Note(name=part.name, text=text, relevant=part.relevant)


def skipped_questions(instrument: Instrument, asked: set[str]) -> list[str]:
    """The questions that were skipped with these answers."""
    return [
        wording_text(item.text)
        for item in instrument.questions()
        if item.name not in asked and item.is_asked and wording_text(item.text)
        if not any(
            isinstance(part, Repeat) and item in part.items for part in all_parts(instrument.items)
        )
    ]


unknown_test = NotFound.of("test.unknown", "This test is over.", "Start it again from your draft.")
