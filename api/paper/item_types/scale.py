"""Numbers in a row, or boxes for digits where there are many."""

from api.paper.questions import (
    MOST_IN_A_ROW,
    PaperBlock,
    PaperContext,
    limits_in_words,
    number_comb,
)
from survey.surveys.instruments import Scale


def answer_space(item: Scale, pen: PaperContext) -> PaperBlock:
    numbers = range(item.low, item.high + 1)
    ends = {"low": pen.say(item.low_label), "high": pen.say(item.high_label)}
    if len(numbers) <= MOST_IN_A_ROW:
        return {"as": "numbers", "shape": "circle", "numbers": [str(n) for n in numbers]} | ends
    remarks = [
        f"{n} = {words}."
        for n, words in ((item.low, ends["low"]), (item.high, ends["high"]))
        if words
    ]
    limits = limits_in_words(item.low, item.high, pen)
    return number_comb(item.low, item.high) | {"remark": " ".join([limits, *remarks])}
