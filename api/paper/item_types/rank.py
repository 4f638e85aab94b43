"""A box for the place of each option."""

from api.paper.questions import PaperBlock, PaperContext, option_names
from survey.surveys.instruments import Rank


def answer_space(item: Rank, pen: PaperContext) -> PaperBlock:
    return {"as": "rank", "options": option_names(item.options, pen), "remark": pen.words["rank"]}
