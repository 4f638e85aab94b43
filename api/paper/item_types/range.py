"""Numbers in a row, or boxes for digits where there are many."""

from api.paper.questions import (
    MOST_IN_A_ROW,
    PaperBlock,
    PaperContext,
    limits_in_words,
    number_comb,
    plain_number,
)
from api.paper.words import filled_sentence
from survey.surveys.instruments import Range


def answer_space(item: Range, pen: PaperContext) -> PaperBlock:
    steps = (item.high - item.low) / item.step if item.step else 0
    # With a last step cut short the highest number would have no circle.
    if 0 < steps < MOST_IN_A_ROW and steps == int(steps):
        numbers = [plain_number(item.low + n * item.step) for n in range(int(steps) + 1)]
        return {"as": "numbers", "shape": "circle", "numbers": numbers, "low": "", "high": ""}
    remark = limits_in_words(item.low, item.high, pen)
    if item.step != 1:
        remark += " " + filled_sentence(pen.words, "steps", step=plain_number(item.step))
    places = 0 if float(item.step).is_integer() and float(item.low).is_integer() else 2
    return number_comb(item.low, item.high, places) | {"remark": remark}
