"""A box to tick where a document is handed over with the form."""

from api.paper.questions import PaperBlock, PaperContext, file_box
from survey.surveys.instruments import File


def answer_space(item: File, pen: PaperContext) -> PaperBlock:
    return file_box(pen)
