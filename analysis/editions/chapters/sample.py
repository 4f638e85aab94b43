"""The sample: how it was weighted, whether its index holds, and how groups answered each item."""

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec.structs import replace

from analysis import residents
from analysis.disclosure import FEWEST_RESPONDENTS, gates, rounded_base, rounded_figure
from analysis.disclosure.gates import treatments
from analysis.editions import perception
from analysis.editions.chapter import Chapter, ChapterFields, GateStep
from analysis.editions.inputs import EditionInputs, SampledAnswers
from analysis.editions.perception import HELD_BACK, Respondents
from analysis.editions.workings import Workings
from analysis.statistics.sampling import estimates
from analysis.statistics.sampling.estimates import finite_or_none
from analysis.statistics.sampling.variance import Ints
from survey.editions import Edition
from survey.editions.figures import Estimate
from survey.editions.perception import (
    GroupDimension,
    GroupEstimate,
    IndexReliability,
    ItemAgreement,
    Weighting,
)
from survey.sentences import N_, Sentence

MARGINS = {
    "area": N_("borough"),
    "age_sex": N_("age and sex"),
    "ethnicity": N_("ethnic group"),
}
CATEGORY_NAMES: dict[GroupDimension, tuple[str, ...]] = {
    "age": residents.AGES,
    "sex": residents.SEXES,
    "ethnicity": residents.ETHNICITIES,
    "disability": ("yes", "no"),
}


def compute(workings: Workings) -> ChapterFields:
    inputs, asked = workings.inputs, workings.asked
    always = {"weighting": window_weighting(inputs, asked), "reliability": asked.reliable}
    if inputs.kind == "weekly":
        return always
    return always | {
        "agreement": item_agreement(inputs, asked),
        "groups": group_estimates(asked),
    }


def window_weighting(inputs: EditionInputs, asked: Respondents) -> Weighting | None:
    """The weighting of the window; None where nobody answered in it."""
    if not len(asked.sampled):
        return None
    kish = asked.kish
    return Weighting(
        invited=inputs.invited,
        answered=inputs.invited_answered,
        response_rate=response_rate(inputs.invited, inputs.invited_answered),
        n=len(asked.sampled),
        effective_n=kish.n_eff,
        kish=finite_or_none(kish.deff),
        flag=kish.flag,
        trimmed=asked.raked.trimmed_share if asked.raked else None,
        raked=asked.raked is not None,
        margins=tuple(
            Sentence(MARGINS[name]) for name, became in asked.became.items() if len(set(became)) > 1
        ),
        vintage=inputs.population_basis,
        joined=tuple(
            sentence
            for name, became in asked.became.items()
            for sentence in joined_cell_sentences(
                Sentence(MARGINS[name]), became, category_names(inputs, name)
            )
        ),
    )


def response_rate(invited: int | None, answered: int | None) -> float | None:
    """The share of the invited who sent anything; AAPOR's rates look at complete answers."""
    return answered / invited if invited and answered is not None else None


def category_names(inputs: EditionInputs, margin: str) -> Sequence[str]:
    """The names of the categories of a margin."""
    if margin == "area":
        return [area.short for area in inputs.areas]
    return residents.MARGIN_CATEGORIES[margin]


def joined_cell_sentences(
    margin: str, became: tuple[int, ...], names: Sequence[str]
) -> Iterator[str]:
    """Sentences on which cells were joined because one was too thin, without counts."""
    cells = dict.fromkeys(became)
    if len(cells) == 1 < len(became):
        yield Sentence("There were too few answers to weight by {margin}.", margin=margin)
        return
    for cell in cells:
        together = [name for name, at in zip(names, became, strict=True) if at == cell]
        if len(together) > 1:
            *first, last = together
            yield Sentence(
                "Combined when weighting by {margin}: {names} and {last}.",
                margin=margin,
                names=", ".join(first),
                last=last,
            )


def item_agreement(inputs: EditionInputs, asked: Respondents) -> tuple[ItemAgreement, ...]:
    """Percentage that agree (4, 5), with Korn-Graubard limits, and agree less disagree.

    Both are as the question is worded, even if agreeing is the negative answer. A question that
    nobody answered in the window is left out.
    """
    sampled = asked.sampled
    return tuple(
        ItemAgreement(
            item=item,
            agree=asked.agreeing(item, [inputs.city])[0],
            net=estimates.to_estimates(
                asked.means(
                    100 * (sampled.agree[:, at] - sampled.disagree[:, at]), sampled.answered[:, at]
                ),
                [inputs.city],
                stream="sampled",
                method=perception.INDEX_METHOD,
            )[0],
            text=sampled.wording.get(item, ""),
        )
        for at, item in enumerate(sampled.items)
        if sampled.answered[:, at].any()
    )


def group_estimates(asked: Respondents) -> tuple[GroupEstimate, ...]:
    """Estimates for the groups of each dimension; empty where nobody answered.

    First the index (t interval), then the per cent that agree with each of its items
    (Korn-Graubard). People who gave no category are in no group.
    """
    if not len(asked.sampled):
        return ()
    return tuple(
        estimate
        for dimension, domain in entry_categories(asked.sampled).items()
        for estimate in dimension_estimates(asked, dimension, domain)
    )


def entry_categories(sampled: SampledAnswers) -> dict[GroupDimension, Ints]:
    """The category of each entry, -1 if not given; age and sex count only if both are given."""
    both = sampled.kinds["age_sex"]
    return {
        "age": np.where(both >= 0, both % len(residents.AGES), -1),
        "sex": np.where(both >= 0, both // len(residents.AGES), -1),
        "ethnicity": sampled.kinds["ethnicity"],
        "disability": sampled.kinds["disability"],
    }


def dimension_estimates(
    asked: Respondents, dimension: GroupDimension, domain: Ints
) -> list[GroupEstimate]:
    names = CATEGORY_NAMES[dimension]
    index = estimates.to_estimates(
        asked.index(domain, len(names)), names, stream="sampled", method=perception.INDEX_METHOD
    )
    measured = {"index": index} | {
        item: asked.agreeing(item, names, domain) for item in asked.sampled.index
    }
    return [
        GroupEstimate(dimension=dimension, category=name, measure=measure, estimate=estimate)
        for measure, measure_estimates in measured.items()
        for name, estimate in zip(names, measure_estimates, strict=True)
        if estimate.n
    ]


def sample_caveats(safe: Edition) -> tuple[str, ...]:
    """A caveat if no index is published because its items do not measure one thing."""
    apart = safe.reliability is not None and not safe.reliability.publishable
    return (HELD_BACK,) if apart else ()


def gated_weighting(step: GateStep) -> Weighting | None:
    """The gated summary of the weighting, with the response rate of the published numbers."""
    weighting = step.computed.weighting
    if weighting is None:
        return None
    invited, answered = rounded_base(weighting.invited), rounded_base(weighting.answered)
    return replace(
        weighting,
        invited=invited,
        answered=answered,
        response_rate=rounded_figure(answered / invited, 3) if invited and answered else None,
        n=rounded_base(weighting.n),
        # It is never above n, so it would say how large a hidden n is at least.
        effective_n=rounded_figure(weighting.effective_n, 0) if rounded_base(weighting.n) else None,
        kish=rounded_figure(weighting.kish),
        trimmed=rounded_figure(weighting.trimmed) if rounded_base(weighting.n) else None,
    )


def gated_reliability(step: GateStep) -> IndexReliability | None:
    reliability = step.computed.reliability
    if reliability is None:
        return None
    few = (reliability.n or 0) < FEWEST_RESPONDENTS
    alpha, low, high, omega = (
        None if few else rounded_figure(coefficient)
        for coefficient in (reliability.alpha, reliability.low, reliability.high, reliability.omega)
    )
    return replace(
        reliability,
        n=rounded_base(reliability.n),
        alpha=alpha,
        low=low,
        high=high,
        omega=omega,
        item_rest=tuple(
            (item, None if few else rounded_figure(r)) for item, r in reliability.item_rest
        ),
    )


def gated_agreement(step: GateStep) -> tuple[ItemAgreement, ...]:
    """The gated answers to each item. Agree less disagree would reveal a withheld per cent, so both
    are withheld together.
    """
    weighed = gates.has_usable_weights(step.computed.weighting)
    rows = []
    for agreement in step.computed.agreement:
        agree = (
            gates.gated_share(agreement.agree)
            if weighed
            else gates.hidden_estimate(agreement.agree)
        )
        hidden = agree.status == "withheld"
        net = (
            gates.hidden_estimate(agreement.net) if hidden else gates.gated_estimate(agreement.net)
        )
        rows.append(replace(agreement, agree=agree, net=net))
    return tuple(rows)


def gated_groups(step: GateStep) -> tuple[GroupEstimate, ...]:
    """The gated estimates by group; the groups of one dimension form one list of parts of the
    city.
    """
    groups, city = step.computed.groups, step.computed.index[0] if step.computed.index else None
    lists: dict[tuple[str, str], list[GroupEstimate]] = {}
    for group in groups:
        lists.setdefault((group.dimension, group.measure), []).append(group)
    shown: dict[tuple[str, str, str], Estimate] = {}
    for (dimension, measure), rows in lists.items():
        plain = [row.estimate for row in rows]
        gate = gates.gated_estimate if measure == "index" else gates.gated_share
        whole = city if measure == "index" else summed_estimate(plain)
        gated = gates.protect_lone_part(whole, plain, [*map(gate, plain)])
        if not gates.has_usable_weights(step.computed.weighting):
            gated = [*map(gates.hidden_estimate, plain)]
        shown |= {
            (dimension, measure, row.category): estimate
            for row, estimate in zip(rows, gated, strict=True)
        }
    return tuple(
        replace(row, estimate=shown[row.dimension, row.measure, row.category]) for row in groups
    )


def summed_estimate(rows: Sequence[Estimate]) -> Estimate:
    """The whole that the groups of a dimension are parts of: all who were asked the item."""
    return replace(rows[0], n=sum(row.n or 0 for row in rows), status="shown")


CHAPTER = Chapter(
    name="sample",
    compute=compute,
    gates={
        "weighting": gated_weighting,
        "reliability": gated_reliability,
        "agreement": gated_agreement,
        "groups": gated_groups,
    },
    structs={
        Weighting: treatments(
            plain="flag raked margins vintage joined",
            gated="invited answered response_rate n effective_n kish trimmed",
        ),
        IndexReliability: treatments(plain="publishable", gated="n alpha low high omega item_rest"),
        GroupEstimate: treatments(plain="dimension category measure", gated="estimate"),
        ItemAgreement: treatments(plain="item text", gated="agree net"),
    },
)
