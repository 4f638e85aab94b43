"""A circle for each borough."""

from api.paper.questions import PaperBlock, PaperContext, borough_boxes
from survey.surveys.instruments import Borough


def answer_space(item: Borough, pen: PaperContext) -> PaperBlock:
    return borough_boxes(pen)
