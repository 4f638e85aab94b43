"""Refusals of a survey and of what is sent to it."""

from survey.problems import Conflict, Fault, Forbidden, Gone, Invalid, Limited, NotFound


def unknown_instrument(slug: str) -> NotFound:
    return NotFound(
        "survey.unknown",
        f"There is no survey called {slug!r}.",
        "Look at the list of open surveys.",
    )


def closed_instrument(slug: str) -> Gone:
    return Gone(
        "survey.closed",
        f"The survey {slug!r} is closed.",
        "Nothing was saved. You can still send feedback in the open survey.",
    )


def unknown_kiosk() -> NotFound:
    return NotFound(
        "kiosk.unknown",
        "There is no kiosk at this address, or its link was ended.",
        "Ask whoever runs the survey for a new link. Answers on this device stay here.",
    )


def wrong_kiosk_code() -> Invalid:
    return Invalid(
        "kiosk.code",
        "This is not the code of this kiosk.",
        "It is on the page of the kiosk, for whoever made it.",
    )


def too_many_kiosk_codes() -> Limited:
    return Limited(
        "kiosk.too_often",
        "There were too many wrong codes from here.",
        "Try again in an hour. What waits on the device stays there.",
    )


def crowded_kiosk() -> Limited:
    return Limited(
        "kiosk.crowded",
        "So many answers came from this connection that those with files have to wait.",
        "Nothing was saved. The device sends it again by itself.",
    )


def full_survey(slug: str) -> Gone:
    return Gone(
        "survey.full",
        f"The survey {slug!r} has all the answers that it takes.",
        "Nothing was saved. You can still send feedback in the open survey.",
    )


def full_quota(slug: str) -> Conflict:
    return Conflict(
        "survey.full_for_group",
        f"The survey {slug!r} has all the answers that it takes from this borough or group.",
        "Nothing was saved. You can still send feedback in the open survey.",
    )


def doubled_quota() -> Conflict:
    return Conflict(
        "survey.quota_twice",
        "There is a limit for this borough and group already.",
        "Remove it first, then add the new one.",
    )


def changed_kind(slug: str) -> Conflict:
    return Conflict(
        "survey.kind",
        f"{slug!r} is a survey of another kind, which cannot be changed.",
        "Publish it under another slug.",
    )


def too_much_work() -> Invalid:
    return Invalid(
        "survey.too_much_work",
        "The conditions and calculations of this survey take too long to work out for these "
        "answers.",
        "Nothing was saved. Give fewer repeats or shorter answers, or contact whoever runs "
        "the survey.",
    )


def not_your_survey(slug: str) -> Forbidden:
    return Forbidden(
        "survey.not_yours",
        f"“{slug}” is not one of your surveys.",
        "Publish it under another name, or ask an administrator.",
    )


def handed_over_survey(slug: str) -> Forbidden:
    return Forbidden(
        "survey.handed_over",
        f"The survey “{slug}” was handed over: it is no longer yours.",
        "For a month your list of surveys says who has it: only they and administrators open it.",
    )


def unknown_new_owner(email: str) -> Invalid:
    # The same for no account, a closed one and one of another role: organisers of one group are
    # told nothing else of who has an account here.
    return Invalid(
        "survey.new_owner_unknown",
        f"Nobody with the address {email} can run surveys here.",
        "Check the address. An administrator can add an account, or give it the role of an "
        "organiser.",
    )


def already_owner(name: str) -> Conflict:
    return Conflict(
        "survey.owner_already", f"The survey belongs to {name} already.", "Enter another address."
    )


def changed_owner() -> Conflict:
    return Conflict(
        "survey.owner_changed",
        "The survey was handed over while you looked at this page.",
        "See whose it is now, then decide again.",
    )


def built_in_survey() -> Forbidden:
    return Forbidden(
        "survey.of_the_house",
        "This survey is built in and feeds the report.",
        "Ask an administrator to change, close or reopen it, or to make access codes for it.",
    )


def bad_instrument(faults: tuple[Fault, ...]) -> Invalid:
    return Invalid(
        "instrument.invalid",
        "Something in this survey has to be corrected first.",
        "Correct what is listed here, then try again.",
        faults,
    )


def published_instrument(slug: str, version: int) -> Conflict:
    return Conflict(
        "instrument.published",
        f"Version {version} of {slug!r} is published and cannot be changed.",
        f"Publish your change as version {version + 1}.",
    )


def changed_mode(slug: str, mode: str) -> Conflict:
    return Conflict(
        "instrument.mode",
        f"{slug!r} is not {mode}: open and sampled answers are never mixed.",
        "Publish it under another slug.",
    )


def bad_answer_list(file: str, sentence: str) -> Invalid:
    """The problem to raise for an unusable options file; the sentence says where and why."""
    return Invalid(
        "instrument.list",
        f"{file} cannot be used as a list of answers: {sentence}",
        "Correct the file and add it again. Nothing was changed.",
    )


def bad_instrument_file(file: str, sentence: str, *faults: Fault) -> Invalid:
    """The problem to raise for an unusable survey file; the sentence says where and why."""
    return Invalid(
        "instrument.file",
        f"{file} cannot be imported as a survey: {sentence}",
        "Correct the file and import it again. Nothing was saved.",
        faults,
    )


def bad_answers(faults: tuple[Fault, ...]) -> Invalid:
    first = faults[0]
    return Invalid(
        "answers.invalid",
        f"{first.where}: {first.sentence}",
        "Correct these answers and send everything again. Nothing was saved.",
        faults,
    )


def missing_borough() -> Invalid:
    return Invalid(
        "borough.needed",
        "We need to know which borough this is about.",
        "Send `borough` (an ONS code or name) or `postcode`; only the borough is stored.",
    )


def missing_access_code() -> Invalid:
    return Invalid(
        "access_code.needed",
        "This survey is for people who were chosen at random and sent an access code.",
        "Enter the code from your letter, or answer the open survey instead.",
    )


def unknown_access_code() -> Invalid:
    return Invalid(
        "access_code.unknown",
        "This access code is wrong, or was used before.",
        "Check it against your letter; each code works once.",
    )


def counted_form() -> Conflict:
    return Conflict(
        "paper.counted",
        "This form was typed in before and counts already.",
        "Nothing was saved. Check the number on the form.",
    )


def unknown_paper_form() -> NotFound:
    return NotFound(
        "paper.unknown",
        "There is nothing to decide about a form of this number.",
        "Go back to the page of paper forms.",
    )


def unknown_upload() -> NotFound:
    return NotFound(
        "upload.unknown",
        "There is no such upload of this survey.",
        "Go back to the list of uploads.",
    )


def changed_review() -> Conflict:
    return Conflict(
        "review.changed",
        "Somebody has decided about some of these answers meanwhile.",
        "Nothing was changed. Look at the list again.",
    )


def reused_key() -> Conflict:
    return Conflict(
        "idempotency.conflict",
        "This Idempotency-Key was used before with different content.",
        "Use a new key for new content; what you sent first is unchanged.",
    )


def weak_key(fewest: int, different: int) -> Invalid:
    return Invalid(
        "idempotency.weak",
        "This Idempotency-Key could be guessed.",
        f"Send {fewest} characters or more, {different} of them different, "
        "chosen at random; a UUID will do. Nothing was saved.",
    )


def missing_survey_password() -> Forbidden:
    return Forbidden(
        "survey.password_missing",
        "This survey has a password.",
        "Ask who sent you the link. Programs send it as the header Survey-Password.",
    )


def wrong_survey_password() -> Forbidden:
    return Forbidden(
        "survey.password_wrong",
        "This is not the password of this survey.",
        "Check it, or ask who sent you the link.",
    )


def too_many_survey_passwords() -> Limited:
    return Limited(
        "survey.password_tries",
        "There were too many wrong passwords.",
        "Wait an hour, then try again.",
    )
