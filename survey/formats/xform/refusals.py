"""Refusals of forms that were filled in on phones."""

from survey.problems import Conflict, Malformed, NotFound

unreadable_form = Malformed.of(
    "form.unreadable",
    "This form cannot be read: {why}.",
    "Nothing was saved. Get the blank form again, and fill it in again.",
)
unknown_form = NotFound.of(
    "form.unknown",
    "This address does not have the form that was filled in.",
    "Nothing was saved. Ask whoever gave you the code whether it is for this survey.",
)
unknown_file = NotFound.of("form.no_file", "There is no such form or file at this address.")
changed_form = Conflict.of(
    "form.changed",
    "An answer with this id was sent before, and it was a different one.",
    "The first one stays as it was. Fill in a new form, or correct the sent one in the app.",
)
corrected_before = Conflict.of(
    "form.corrected",
    "The answer that this corrects was erased, or corrected before.",
    "Nothing was changed.",
)
sampled_on_phones = Conflict.of(
    "form.sampled",
    "This survey is for people who were chosen at random, each with an access code.",
    "Phones cannot check the codes. Let people answer on our pages.",
)
codes_on_phones = Conflict.of(
    "form.codes",
    "Each person answers this survey once, with an access code of their own.",
    "Phones cannot check the codes. What is on the phone stays on it until the organiser ends this "
    "limit.",
)
