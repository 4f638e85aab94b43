"""Refusals of forms that were filled in on phones."""

from survey.problems import Conflict, Malformed, NotFound


def unreadable_form(why: str) -> Malformed:
    return Malformed(
        "form.unreadable",
        f"This form cannot be read: {why}.",
        "Nothing was saved. Get the blank form again, and fill it in again.",
    )


def unknown_form() -> NotFound:
    return NotFound(
        "form.unknown",
        "This address does not have the form that was filled in.",
        "Nothing was saved. Ask whoever gave you the code whether it is for this survey.",
    )


def unknown_file() -> NotFound:
    return NotFound("form.no_file", "There is no such form or file at this address.")


def changed_form() -> Conflict:
    return Conflict(
        "form.changed",
        "An answer with this id was sent before, and it was a different one.",
        "The first one stays as it was. Fill in a new form, or correct the sent one in the app.",
    )


def corrected_before() -> Conflict:
    return Conflict(
        "form.corrected",
        "The answer that this corrects was erased, or corrected before.",
        "Nothing was changed.",
    )


def sampled_on_phones() -> Conflict:
    return Conflict(
        "form.sampled",
        "This survey is for people who were chosen at random, each with an access code.",
        "Phones cannot check the codes. Let people answer on our pages.",
    )


def codes_on_phones() -> Conflict:
    return Conflict(
        "form.codes",
        "Each person answers this survey once, with an access code of their own.",
        "Phones cannot check the codes. What is on the phone stays on it until the organiser ends "
        "this limit.",
    )
