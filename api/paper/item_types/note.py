"""Words between the questions."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from api.paper.questions import PaperBlock
from survey.surveys.instruments import Note

if TYPE_CHECKING:
    from api.paper.laying import FormLayout


def blocks(item: Note, form: "FormLayout") -> Iterator[PaperBlock]:
    condition = form.condition(item, "note_only_if")
    text = f"{form.pen.say(item.text)} {form.pen.say(item.hint)}".strip()
    yield {"kind": "note", "text": text, "condition": condition}
