"""Refusals of a survey and of what is sent to it."""

from survey.problems import Conflict, Fault, Gone, Invalid, NotFound


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


def bad_answers(faults: tuple[Fault, ...]) -> Invalid:
    first = faults[0]
    return Invalid(
        "answers.invalid",
        f"{first.where}: {first.sentence}",
        "Correct these answers and send everything again. Nothing was saved.",
        faults,
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


def changed_kind(slug: str) -> Conflict:
    return Conflict(
        "survey.kind",
        f"{slug!r} is a survey of another kind, which cannot be changed.",
        "Publish it under another slug.",
    )


def needs_borough() -> Invalid:
    return Invalid(
        "borough.needed",
        "We need to know which borough this is about.",
        "Send `borough` (an ONS code or name) or `postcode`; only the borough is stored.",
    )


def needs_access_code() -> Invalid:
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


def reused_key() -> Conflict:
    return Conflict(
        "idempotency.conflict",
        "This Idempotency-Key was used before with different content.",
        "Use a new key for new content; what you sent first is unchanged.",
    )
