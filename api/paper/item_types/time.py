"""Boxes for hours and minutes."""

from api.paper.questions import PaperBlock, PaperContext, clock_groups, comb
from survey.surveys.instruments import Time


def answer_space(item: Time, pen: PaperContext) -> PaperBlock:
    return comb(*clock_groups(pen))
