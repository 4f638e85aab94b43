"""What is said where results cannot be shown as somebody asked."""

from survey.problems import Invalid, NotFound, Unavailable


def unknown_results_part() -> Invalid:
    return Invalid(
        "results.part",
        "These people or this question are not in the results, or too few people answered.",
        "Go back to the results and choose from the lists.",
    )


def unknown_results_picture() -> NotFound:
    return NotFound(
        "results.picture", "There is no such picture.", "Open it from the page of results."
    )


def too_many_streams() -> Unavailable:
    return Unavailable(
        "results.streams",
        "Too many pages with results are open.",
        "Load the page again to see new answers.",
    )


def unknown_single_answer() -> NotFound:
    return NotFound(
        "results.answer",
        "This answer cannot be shown: it was deleted, or is not among the newest.",
        "Go back to the results and open it from there.",
    )
