"""Refusals of a survey and of what is sent to it."""

from survey.problems import Conflict, Fault, Forbidden, Gone, Invalid, Limited, NotFound

unknown_instrument = NotFound.of(
    "survey.unknown", "There is no survey called {slug!r}.", "Look at the list of open surveys."
)
closed_instrument = Gone.of(
    "survey.closed",
    "The survey {slug!r} is closed.",
    "Nothing was saved. You can still send feedback in the open survey.",
)

unknown_kiosk = NotFound.of(
    "kiosk.unknown",
    "There is no kiosk at this address, or its link was ended.",
    "Ask whoever runs the survey for a new link. Answers on this device stay here.",
)
wrong_kiosk_code = Invalid.of(
    "kiosk.code",
    "This is not the code of this kiosk.",
    "It is on the page of the kiosk, for whoever made it.",
)
too_many_kiosk_codes = Limited.of(
    "kiosk.too_often",
    "There were too many wrong codes from here.",
    "Try again in an hour. What waits on the device stays there.",
)
crowded_kiosk = Limited.of(
    "kiosk.crowded",
    "So many answers came from this connection that those with files have to wait.",
    "Nothing was saved. The device sends it again by itself.",
)

full_survey = Gone.of(
    "survey.full",
    "The survey {slug!r} has all the answers that it takes.",
    "Nothing was saved. You can still send feedback in the open survey.",
)
full_quota = Conflict.of(
    "survey.full_for_group",
    "The survey {slug!r} has all the answers that it takes from this borough or group.",
    "Nothing was saved. You can still send feedback in the open survey.",
)
doubled_quota = Conflict.of(
    "survey.quota_twice",
    "There is a limit for this borough and group already.",
    "Remove it first, then add the new one.",
)
changed_kind = Conflict.of(
    "survey.kind",
    "{slug!r} is a survey of another kind, which cannot be changed.",
    "Publish it under another slug.",
)
too_much_work = Invalid.of(
    "survey.too_much_work",
    "The conditions and calculations of this survey take too long to work out for these answers.",
    "Nothing was saved. Give fewer repeats or shorter answers, or contact whoever runs the survey.",
)
not_your_survey = Forbidden.of(
    "survey.not_yours",
    "“{slug}” is not one of your surveys.",
    "Publish it under another name, or ask an administrator.",
)
handed_over_survey = Forbidden.of(
    "survey.handed_over",
    "The survey “{slug}” was handed over: it is no longer yours.",
    "For a month your list of surveys says who has it: only they and administrators open it.",
)

# The same for no account, a closed one and one of another role: organisers of one group are
# told nothing else of who has an account here.
unknown_new_owner = Invalid.of(
    "survey.new_owner_unknown",
    "Nobody with the address {email} can run surveys here.",
    "Check the address. An administrator can add an account, or give it the role of an organiser.",
)
already_owner = Conflict.of(
    "survey.owner_already", "The survey belongs to {name} already.", "Enter another address."
)
changed_owner = Conflict.of(
    "survey.owner_changed",
    "The survey was handed over while you looked at this page.",
    "See whose it is now, then decide again.",
)
built_in_survey = Forbidden.of(
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


changed_mode = Conflict.of(
    "instrument.mode",
    "{slug!r} is not {mode}: open and sampled answers are never mixed.",
    "Publish it under another slug.",
)

# The problem to raise for an unusable options file; the sentence says where and why.
bad_answer_list = Invalid.of(
    "instrument.list",
    "{file} cannot be used as a list of answers: {sentence}",
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


missing_area = Invalid.of(
    "borough.needed",
    "We need to know which borough this is about.",
    "Send `borough` (an ONS code or name) or `postcode`; only the borough is stored.",
)

missing_access_code = Invalid.of(
    "access_code.needed",
    "This survey is for people who were chosen at random and sent an access code.",
    "Enter the code from your letter, or answer the open survey instead.",
)
unknown_access_code = Invalid.of(
    "access_code.unknown",
    "This access code is wrong, or was used before.",
    "Check it against your letter; each code works once.",
)

counted_form = Conflict.of(
    "paper.counted",
    "This form was typed in before and counts already.",
    "Nothing was saved. Check the number on the form.",
)
unknown_paper_form = NotFound.of(
    "paper.unknown",
    "There is nothing to decide about a form of this number.",
    "Go back to the page of paper forms.",
)

unknown_upload = NotFound.of(
    "upload.unknown", "There is no such upload of this survey.", "Go back to the list of uploads."
)

changed_review = Conflict.of(
    "review.changed",
    "Somebody has decided about some of these answers meanwhile.",
    "Nothing was changed. Look at the list again.",
)

reused_key = Conflict.of(
    "idempotency.conflict",
    "This Idempotency-Key was used before with different content.",
    "Use a new key for new content; what you sent first is unchanged.",
)
weak_key = Invalid.of(
    "idempotency.weak",
    "This Idempotency-Key could be guessed.",
    "Send {fewest} characters or more, {different} of them different, chosen at random; a UUID "
    "will do. Nothing was saved.",
)

missing_survey_password = Forbidden.of(
    "survey.password_missing",
    "This survey has a password.",
    "Ask who sent you the link. Programs send it as the header Survey-Password.",
)
wrong_survey_password = Forbidden.of(
    "survey.password_wrong",
    "This is not the password of this survey.",
    "Check it, or ask who sent you the link.",
)
too_many_survey_passwords = Limited.of(
    "survey.password_tries", "There were too many wrong passwords.", "Wait an hour, then try again."
)
