"""Words between the questions."""

from collections.abc import Iterator

from api.paper.questions import PaperBlock, PaperContext, part_condition
from survey.surveys.instruments import Note


def blocks(item: Note, pen: PaperContext) -> Iterator[PaperBlock]:
    text = f"{pen.say(item.text)} {pen.say(item.hint)}".strip()
    yield {"kind": "note", "text": text, "condition": part_condition(item, pen, "note_only_if")}
