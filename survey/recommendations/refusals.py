"""Refusals of the ledger of recommendations."""

from survey.problems import Conflict, NotFound

unknown_recommendation = NotFound.of(
    "recommendation.unknown",
    "There is no recommendation {number} in the ledger.",
    "Look at the list of recommendations.",
)
changed_recommendation = Conflict.of(
    "recommendation.changed",
    "Someone else has changed this recommendation since you opened it.",
    "Look at it again, then make your change.",
)
