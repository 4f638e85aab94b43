"""A circle for each borough."""

from api.paper.questions import PaperBlock, PaperContext, area_boxes
from survey.surveys.instruments import Borough


def answer_space(item: Borough, pen: PaperContext) -> PaperBlock:
    return area_boxes(pen)
