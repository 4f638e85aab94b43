"""Some of several options: squares, and how many of them."""

from api.paper.questions import PaperBlock, PaperContext, choice_boxes
from api.paper.words import filled_sentence
from survey.surveys.instruments import SelectMultiple


def answer_space(item: SelectMultiple, pen: PaperContext) -> PaperBlock:
    laid = choice_boxes(item, pen, "square") | {"apart_shape": "square"}
    if item.most and item.most < len(item.options):
        laid["rule"] = filled_sentence(pen.words, "most", most=item.most)
    return laid
