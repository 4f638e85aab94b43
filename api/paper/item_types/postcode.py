"""Boxes for both halves of a postcode."""

from api.paper.questions import PaperBlock, PaperContext, postcode_comb
from survey.surveys.instruments import Postcode


def answer_space(item: Postcode, pen: PaperContext) -> PaperBlock:
    return postcode_comb(pen)
