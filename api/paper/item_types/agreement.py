"""Five points in a row, the best first; one below the other where their words are long."""

from api.paper.questions import LONGEST_BELOW, PaperBlock, PaperContext, tick_boxes
from survey.surveys.instruments import Agreement


def answer_space(item: Agreement, pen: PaperContext) -> PaperBlock:
    labels = [pen.say(label) for label in item.shown_labels().values()]
    if max(map(len, labels)) > LONGEST_BELOW:
        return tick_boxes(labels, "circle")
    return {"as": "row", "shape": "circle", "labels": labels}
