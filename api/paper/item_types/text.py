"""Lines to write on."""

from api.paper.questions import PaperBlock, PaperContext
from survey.surveys.instruments import Text

# How many lines a question has whose text may be this long.
LINES = ((1_000, 8), (300, 5), (0, 3))


def answer_space(item: Text, pen: PaperContext) -> PaperBlock:
    short = 1 if item.most <= 80 else 2
    most = item.most if item.long else 0
    lines = next(n for least, n in LINES if most >= least) if item.long else short
    return {"as": "lines", "lines": lines}
