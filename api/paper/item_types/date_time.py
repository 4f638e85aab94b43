"""Boxes for a day and a time."""

from api.paper.questions import PaperBlock, PaperContext, clock_groups, comb, day_groups
from survey.surveys.instruments import DateTime


def answer_space(item: DateTime, pen: PaperContext) -> PaperBlock:
    return comb(*day_groups(pen), *clock_groups(pen))
