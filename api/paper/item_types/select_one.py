"""One of several options: circles."""

from api.paper.questions import PaperBlock, PaperContext, choice_boxes
from survey.surveys.instruments import SelectOne


def answer_space(item: SelectOne, pen: PaperContext) -> PaperBlock:
    return choice_boxes(item, pen, "circle")
