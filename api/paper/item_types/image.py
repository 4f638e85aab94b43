"""A box to tick where a picture is handed over with the form."""

from api.paper.questions import PaperBlock, PaperContext, file_box
from survey.surveys.instruments import Image


def answer_space(item: Image, pen: PaperContext) -> PaperBlock:
    return file_box(pen)
