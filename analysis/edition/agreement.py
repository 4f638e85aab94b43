"""How the residents of the city answered each question of the survey."""

from analysis import perception
from analysis.edition.respondents import Respondents
from analysis.material import Material
from analysis.statistics import estimates
from survey.samples import Agreement


def of(material: Material, asked: Respondents) -> tuple[Agreement, ...]:
    """Per cent that agree (4, 5) with Korn-Graubard limits, and that less per cent that disagree.

    As the question is put, also where agreeing is the bad end. A question that nobody answered
    in the window is left out.
    """
    sampled = asked.sampled
    return tuple(
        Agreement(
            item=item,
            agree=asked.agreeing(item, [material.city])[0],
            net=estimates.to_estimates(
                asked.means(
                    100 * (sampled.agree[:, at] - sampled.disagree[:, at]), sampled.answered[:, at]
                ),
                [material.city],
                stream="sampled",
                method=perception.METHOD,
            )[0],
            text=sampled.wording.get(item, ""),
        )
        for at, item in enumerate(sampled.items)
        if sampled.answered[:, at].any()
    )
