"""A box for each digit."""

from api.paper.questions import PaperBlock, PaperContext, limits_in_words, number_comb
from survey.surveys.instruments import Integer


def answer_space(item: Integer, pen: PaperContext) -> PaperBlock:
    return number_comb(item.least, item.most) | {
        "remark": limits_in_words(item.least, item.most, pen)
    }
