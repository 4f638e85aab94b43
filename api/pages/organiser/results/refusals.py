"""What is said where results cannot be shown as somebody asked."""

from survey.problems import Invalid, NotFound, Unavailable

unknown_results_part = Invalid.of(
    "results.part",
    "These people or this question are not in the results, or too few people answered.",
    "Go back to the results and choose from the lists.",
)
unknown_results_picture = NotFound.of(
    "results.picture", "There is no such picture.", "Open it from the page of results."
)
too_many_streams = Unavailable.of(
    "results.streams",
    "Too many pages with results are open.",
    "Load the page again to see new answers.",
)
unknown_single_answer = NotFound.of(
    "results.answer",
    "This answer cannot be shown: it was deleted, or is not among the newest.",
    "Go back to the results and open it from there.",
)
