"""Boxes for day, month and year."""

from api.paper.questions import PaperBlock, PaperContext, comb, day_groups
from survey.surveys.instruments import Date


def answer_space(item: Date, pen: PaperContext) -> PaperBlock:
    return comb(*day_groups(pen))
