"""Samples of people: weights, estimates, their errors, and the index.

Data that cannot be weighted or estimated from are refused, in words that need no array.
"""

from survey.problems import Invalid

mixed_streams = Invalid.of(
    "streams.mixed",
    "Sampled and open answers were mixed.",
    "Estimate each stream alone: people who wrote in are not a sample of residents.",
)

empty_cell = Invalid.of(
    "weights.empty_cell",
    "Nobody answered in category {cell} of {margin}, but residents live there.",
    "Merge this category with a similar one before raking; no estimate was made.",
)
unknown_cell = Invalid.of(
    "weights.unknown_cell",
    "Someone is in category {cell} of {margin}, which has no target.",
    "Give a target for every category; no estimate was made.",
)
differing_totals = Invalid.of(
    "weights.totals_differ",
    "The margin {margin} adds up to {total:,.0f} residents, the first one to {first:,.0f}.",
    "Take every margin from the same source and year; no estimate was made.",
)
no_convergence = Invalid.of(
    "weights.not_converged",
    "After {cycles} cycles a cell is still {furthest:.1%} from its target.",
    "The margins contradict each other for these respondents: merge some categories.",
)
