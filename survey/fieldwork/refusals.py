"""Refusals about fieldwork: sample points, their interviewers and visits."""

from survey.fieldwork.outcomes import MOST_VISITS
from survey.problems import Conflict, NotFound

unneeded_fieldwork = Conflict.of(
    "fieldwork.unneeded",
    "Only surveys of people who were chosen at random have sample points.",
    "Make a survey of that kind: it is chosen when a survey is begun.",
)
unknown_point = NotFound.of(
    "fieldwork.unknown_point",
    "There is no such sample point here, or it is another interviewer's now.",
    "Go back to the list and choose it there.",
)
unknown_interviewer = NotFound.of(
    "fieldwork.unknown_interviewer",
    "This address is not in use any more, or was never right.",
    "Ask the organiser of the survey for a new one.",
)
too_many_visits = Conflict.of(
    "fieldwork.too_many_visits",
    f"This sample point has {MOST_VISITS} visits already.",
    "Correct one of them: choose its day and part of the day again.",
)
nothing_to_send_back = Conflict.of(
    "fieldwork.nothing_to_send_back",
    "No interview of this sample point can be sent back.",
    "Only an answer that came after the point was added can be, and only once.",
)
changed_points = Conflict.of(
    "fieldwork.changed",
    "Somebody has just changed these sample points, perhaps you in another window.",
    "Nothing was saved. Choose the file again.",
)
