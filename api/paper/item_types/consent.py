"""One box to tick."""

from api.paper.questions import PaperBlock, PaperContext, tick_boxes
from survey.surveys.instruments import Consent


def answer_space(item: Consent, pen: PaperContext) -> PaperBlock:
    return tick_boxes([pen.words["agree"]], "square") | {"apart_shape": "square", "keys": ["1"]}
