"""How the residents of the city answered each question of the survey."""

from analysis.editions import perception
from analysis.editions.inputs import EditionInputs
from analysis.editions.respondents import Respondents
from analysis.statistics import estimates
from survey.editions.chapters.sample import ItemAgreement


def item_agreement(material: EditionInputs, asked: Respondents) -> tuple[ItemAgreement, ...]:
    """Per cent that agree (4, 5) with Korn-Graubard limits, and that less per cent that disagree.

    As the question is worded, even if agreeing is the negative answer. A question that nobody
    answered in the window is left out.
    """
    sampled = asked.sampled
    return tuple(
        ItemAgreement(
            item=item,
            agree=asked.agreeing(item, [material.city])[0],
            net=estimates.to_estimates(
                asked.means(
                    100 * (sampled.agree[:, at] - sampled.disagree[:, at]), sampled.answered[:, at]
                ),
                [material.city],
                stream="sampled",
                method=perception.INDEX_METHOD,
            )[0],
            text=sampled.wording.get(item, ""),
        )
        for at, item in enumerate(sampled.items)
        if sampled.answered[:, at].any()
    )
