"""Refusals about waves of asking people whom the police met."""

from survey.problems import Conflict

unneeded_wave = Conflict.of(
    "wave.unneeded",
    "Waves of asking are only for surveys of people whom the police met.",
    "Make a survey of that kind: it is chosen when a survey is begun.",
)
closed_to_waves = Conflict.of(
    "wave.closed",
    "This survey is closed, so nobody can be asked to answer it.",
    "Open the survey again first.",
)
asked_meanwhile = Conflict.of(
    "wave.asked_meanwhile",
    "Somebody has just asked people of this file, perhaps you in another window.",
    "Nothing was saved. Check the file again: who was asked is left out then.",
)
missing_wave = Conflict.of(
    "wave.over", "This wave has ended, or was never made.", "Go back to the waves of the survey."
)
second_reminder = Conflict.of(
    "wave.reminded",
    "People of this wave were reminded already, and nobody is reminded twice.",
    "Nothing was changed.",
)
nobody_to_remind = Conflict.of(
    "wave.nobody_left",
    "No code in this file belongs to somebody of this wave who has not answered.",
    "Choose the file that you saved when the codes of this wave were made.",
)
