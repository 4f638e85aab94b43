"""A box for each digit, two of them behind a point."""

from api.paper.questions import PaperBlock, PaperContext, limits_in_words, number_comb
from survey.surveys.instruments import Decimal


def answer_space(item: Decimal, pen: PaperContext) -> PaperBlock:
    remark = limits_in_words(item.least, item.most, pen)
    return number_comb(item.least, item.most, places=2) | {"remark": remark}
