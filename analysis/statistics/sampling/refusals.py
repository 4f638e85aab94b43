"""Refusals of data that cannot be weighted or estimated from."""

from survey.problems import Invalid


def mixed_streams() -> Invalid:
    return Invalid(
        "streams.mixed",
        "Sampled and open answers were mixed.",
        "Estimate each stream alone: people who chose to write are not a sample of residents.",
    )


def empty_cell(margin: str, cell: int | str) -> Invalid:
    return Invalid(
        "weights.empty_cell",
        f"Nobody answered in category {cell} of {margin}, but residents live there.",
        "Merge this category with a similar one before raking; no estimate was made.",
    )


def unknown_cell(margin: str, cell: int | str) -> Invalid:
    return Invalid(
        "weights.unknown_cell",
        f"Someone is in category {cell} of {margin}, which has no target.",
        "Give a target for every category; no estimate was made.",
    )


def differing_totals(margin: str, total: float, first: float) -> Invalid:
    return Invalid(
        "weights.totals_differ",
        f"The margin {margin} adds up to {total:,.0f} residents, the first one to {first:,.0f}.",
        "Take every margin from the same source and year; no estimate was made.",
    )


def no_convergence(cycles: int, furthest: float) -> Invalid:
    return Invalid(
        "weights.not_converged",
        f"After {cycles} cycles a cell is still {furthest:.1%} from its target.",
        "The margins contradict each other for these respondents: merge some categories.",
    )
