"""A table: a row for each statement, a circle for each point."""

from collections.abc import Iterator

from api.paper.questions import (
    LONGEST_BELOW,
    PaperBlock,
    PaperContext,
    question_block,
    table_block,
)
from survey.surveys.instruments import Grid


def answer_space(item: Grid, pen: PaperContext) -> PaperBlock:
    """No space of its own: the table has the answers."""
    return {"as": "nothing"}


def blocks(item: Grid, pen: PaperContext) -> Iterator[PaperBlock]:
    numbers = pen.numbered_form.questions
    rows = [(numbers[row.name].number, pen.say(row.text), False) for row in item.rows]
    asked, labels = question_block(item, pen), item.shown_labels()
    columns = [pen.say(label) for label in labels.values()]
    if max(map(len, columns)) > LONGEST_BELOW:  # too long for a head: printed before the table
        words = [f"{point} = {words}." for point, words in zip(labels, columns, strict=True)]
        asked["hint"] = " ".join(filter(None, (asked["hint"], *words)))
        columns = [*labels]
    yield asked | table_block(columns, item, rows, pen)
