"""Refusals of a complaint and of a step in a case."""

from survey.problems import (
    Conflict,
    Forbidden,
    Invalid,
    Limited,
    NotFound,
    Unauthenticated,
    Unavailable,
)


def complaint_elsewhere() -> Invalid:
    return Invalid(
        "complaint.elsewhere",
        "A complaint has its own address, so that you can follow it.",
        "Send it to POST /api/v1/complaints.",
    )


def changed_case(reference: str) -> Conflict:
    return Conflict(
        "case.changed",
        f"Someone else changed case {reference} in the meantime.",
        "Read the case again, then decide.",
    )


def illegal_transition(reference: str, kind: str, status: str) -> Conflict:
    return Conflict(
        "case.move",
        f"Case {reference} is {status}: '{kind}' cannot follow.",
        "Read the case again; only the steps shown there are possible.",
    )


def unknown_case(reference: str) -> NotFound:
    return NotFound("case.unknown", f"There is no case {reference!r}.", "Check the reference.")


def unexplained_decision() -> Invalid:
    return Invalid(
        "case.unexplained",
        "A case is decided and closed with an explanation that the person will read.",
        "Write what was found and why, in words that the person understands.",
    )


def late_dispute(reference: str) -> Conflict:
    return Conflict(
        "case.too_late",
        f"The decision on case {reference} can no longer be disputed.",
        "Make a new complaint and give the number of this case in it.",
    )


def case_not_overdue(reference: str) -> Conflict:
    return Conflict(
        "case.not_overdue",
        f"Case {reference} is not overdue yet.",
        "The page of the case shows when an answer is due.",
    )


def case_not_yours(reference: str) -> Forbidden:
    return Forbidden(
        "case.not_yours",
        f"Case {reference} is not assigned to you.",
        "Take the case first; this is recorded in its history.",
    )


def case_with_merged_complaints(reference: str) -> Conflict:
    return Conflict(
        "case.has_merged",
        f"Other complaints were merged into case {reference}.",
        "Merge the other way round, or separate those first: a case counts once.",
    )


def sealed_case() -> Unavailable:
    return Unavailable(
        "case.sealed",
        "The words and files of this case cannot be decrypted: their key is missing.",
        "Give every key that was ever used in SOUNDINGS_CONTACT_KEYS, the newest first.",
    )


def mistyped_case_number() -> Invalid:
    return Invalid(
        "case.number_mistyped",
        "This is not a case number.",
        "Check it: two groups of four letters and digits, as the receipt has them.",
    )


def wrong_passphrase() -> Forbidden:
    return Forbidden(
        "case.passphrase_wrong",
        "The number or passphrase is wrong.",
        "Check both.",
    )


def too_many_passphrases() -> Limited:
    return Limited(
        "case.passphrase_tries",
        "There were too many wrong passphrases for this number.",
        "Wait an hour, then try again.",
    )


def case_key_needed() -> Unauthenticated:
    return Unauthenticated(
        "case.key_needed",
        "No key of an open case was sent, or it has ended.",
        "Open the case with number and passphrase at POST /api/v1/case/keys.",
    )


def empty_message() -> Invalid:
    return Invalid(
        "case.no_words", "There are no words in the message.", "Write what you want to say."
    )


def unreadable_receipt() -> Invalid:
    return Invalid(
        "signed_receipt.unreadable",
        "This is not a receipt, or a part of it is missing.",
        "Send all of the text file.",
    )
