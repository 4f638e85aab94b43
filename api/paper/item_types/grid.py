"""A table: a row for each statement, a circle for each point."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from api.paper.questions import LONGEST_BELOW, PaperBlock, PaperContext
from survey.surveys.instruments import Grid

if TYPE_CHECKING:
    from api.paper.laying import FormLayout


def answer_space(item: Grid, pen: PaperContext) -> PaperBlock:
    """No space of its own: the table has the answers."""
    return {"as": "nothing"}


def blocks(item: Grid, form: "FormLayout") -> Iterator[PaperBlock]:
    numbered_form, say = form.numbered_form, form.pen.say
    rows = [(numbered_form.questions[row.name].number, say(row.text)) for row in item.rows]
    asked, labels = form.question(item), item.shown_labels()
    columns = [say(label) for label in labels.values()]
    if max(map(len, columns)) > LONGEST_BELOW:  # too long for a head: printed before the table
        words = [f"{point} = {words}." for point, words in zip(labels, columns, strict=True)]
        asked["hint"] = " ".join(filter(None, (asked["hint"], *words)))
        columns = [*labels]
    yield asked | form.table(columns, item, [(*row, False) for row in rows])
